// The packed extension in several windows of a real VS Code on one folder: their chats, also of windows that close, and the one
// model that they share with a Neovim.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, suite, test } from "node:test";

import { ChatPage, type FalconWindow, openFalcon, processIds } from "../support/falconWindow.ts";
import { modelFile } from "../support/models.ts";
import { NeovimUnderTest } from "../support/neovim.ts";
import type { Workbench } from "../support/workbench.ts";

/** A window with its chat in sight. */
interface Window {
  readonly workbench: Workbench;
  readonly chat: ChatPage;
}

async function openChat(workbench: Workbench): Promise<Window> {
  const chat = new ChatPage(workbench);
  await workbench.whenReady();
  await chat.open();
  return { workbench, chat };
}

/** Leaves a chat that has questions: that they go shows that the command ran. */
async function newChat({ workbench, chat }: Window): Promise<void> {
  await workbench.runCommand("Falcon: New Chat");
  await chat.questions.first().waitFor({ state: "detached" });
}

async function askAndWait({ chat }: Window, question: string): Promise<void> {
  await chat.ask(question);
  await chat.questions.filter({ hasText: question }).waitFor();
  await chat.whenEnded();
}

async function openList({ workbench }: Window): Promise<void> {
  await workbench.runCommand("Falcon: Open Previous Chat…");
  await workbench.page.getByPlaceholder("Choose a chat to go on with").waitFor();
  await workbench.quickRows.first().waitFor();
}

/** The titles of the list of previous chats, newest first. */
async function previousChats(window: Window): Promise<string[]> {
  await openList(window);
  const titles = await window.workbench.quickRows.locator(".label-name").allInnerTexts();
  await window.workbench.leaveQuickInput();
  await window.workbench.quickInput.waitFor({ state: "detached" });
  return titles.filter((title) => title !== "");
}

async function openPreviousChat(window: Window, title: string): Promise<void> {
  await openList(window);
  await window.workbench.quickRow(title).click();
  await window.chat.questions.filter({ hasText: title }).waitFor();
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}]+/gu, "");
}

suite("windows on one folder", () => {
  let falcon: FalconWindow;
  let a: Window;
  let b: Window;
  const warnings: string[] = [];

  before(async () => {
    falcon = await openFalcon({
      "falcon.model.path": modelFile("falcon7b"),
      "falcon.model.gpu": "off",
      "falcon.model.threads": 1,
      "falcon.chat.maxTokens": 16,
    });
    a = await openChat(falcon.workbench);
    b = await openChat(await falcon.workbench.openBeside());
  });
  after(() => falcon.dispose());

  test("show the chats of all, also when they open anew", async () => {
    await askAndWait(a, "alpha");
    await askAndWait(b, "other");
    await newChat(b);
    await askAndWait(b, "beta");
    await newChat(a);
    await askAndWait(a, "gamma");
    assert.deepEqual(await previousChats(b), ["gamma", "beta", "other", "alpha"]);

    await a.workbench.reload();
    await b.workbench.closeWindow();
    a = await openChat(a.workbench);
    assert.deepEqual(await previousChats(a), ["gamma", "beta", "other", "alpha"]);
  });

  test("that go on with one chat keep what is asked in both", async () => {
    b = await openChat(await a.workbench.openBeside());
    for (const window of [a, b]) await openPreviousChat(window, "alpha");
    await askAndWait(a, "alpha of the one");
    await askAndWait(b, "alpha of the other");
    await b.workbench.toast("changed in another window").waitFor();
    assert.deepEqual(await previousChats(a), ["alpha", "alpha", "gamma", "beta", "other"]);
    for (const [index, question] of ["alpha of the other", "alpha of the one"].entries()) {
      await openList(a);
      await a.workbench.quickRows.nth(index).click();
      await a.chat.questions.filter({ hasText: question }).waitFor();
      assert.equal(await a.chat.questions.count(), 2);
    }
  });

  test("see that one deletes a chat", async () => {
    await openList(a);
    const row = a.workbench.quickRow("gamma");
    await row.hover();
    await row.getByRole("button", { name: "Delete" }).click();
    await row.waitFor({ state: "detached" });
    await a.workbench.leaveQuickInput();
    assert.deepEqual(await previousChats(b), ["alpha", "alpha", "beta", "other"]);
    await b.workbench.closeWindow();
  });

  test("tell it when chats cannot be kept, and keep them as soon as they can", async () => {
    const storage = path.join(falcon.editor.userData, "User/workspaceStorage");
    const [folder = "", ...others] = fs.globSync("*/*/chats", { cwd: storage }).map((each) => path.join(storage, each));
    assert.deepEqual(others, [], "the windows have one folder");
    fs.renameSync(folder, `${folder}.away`);
    fs.writeFileSync(folder, "a file in the place of the folder");
    await newChat(a);
    await askAndWait(a, "delta");
    await a.workbench.toast("Chats are not kept").waitFor();
    fs.rmSync(folder);
    fs.renameSync(`${folder}.away`, folder);
    await askAndWait(a, "delta again");
    assert.deepEqual(await previousChats(a), ["delta", "alpha", "alpha", "beta", "other"]);
    const kept = fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), "utf8"));
    assert.equal(kept.filter((text) => text.includes("delta again")).length, 1);
  });

  test("keep seven chats with files of 96 KB, and VS Code does not warn of a large state", async () => {
    a.workbench.page.on("console", (message) => warnings.push(message.text()));
    const line = "A harbour master keeps the berths of the harbour in order.\n";
    const content = line.repeat(Math.ceil(96_000 / line.length)).slice(0, 96_000);
    fs.writeFileSync(path.join(falcon.editor.workspace, "long.txt"), content);
    await a.workbench.openFile("long.txt");
    for (let i = 0; i < 7; i++) {
      await newChat(a);
      await a.chat.frame.getByRole("button", { name: "Attach the file" }).click();
      await a.chat.frame.getByText("long.txt", { exact: true }).waitFor();
      await askAndWait(a, `About the file, ${i}`);
    }
    await a.workbench.reload();
    a = await openChat(a.workbench);
    await a.chat.questions.getByText("long.txt").waitFor();
    assert.equal((await previousChats(a)).filter((title) => title.startsWith("About")).length, 7);
    assert.deepEqual(
      warnings.filter((text) => text.includes("large extension state")),
      [],
    );
  });

  test("that close in the middle of an answer leave what had come of it, interrupted, and it can be asked again", async () => {
    // Slow enough to be watched.
    falcon.editor.changeSettings({ "falcon.model.path": modelFile("slow"), "falcon.chat.maxTokens": 1500 });
    const closing = await openChat(await a.workbench.openBeside());
    // Until the settings have come to rest, the model before is ready.
    await closing.workbench.statusLabel("Slow Falcon 7B").waitFor();
    await openPreviousChat(closing, "beta");
    await newChat(closing);
    await closing.chat.ask("Tell me of falcons.");
    await closing.chat.watchGrowth(5);
    const shown = (await closing.chat.answers.last().locator(".markdown").textContent()) ?? "";
    await closing.workbench.closeWindow();

    const opened = await openChat(await a.workbench.openBeside());
    const answer = opened.chat.answers.last();
    await answer.locator(".standing.interrupted").waitFor();
    const kept = (await answer.locator(".markdown").textContent()) ?? "";
    // What had come last may have been half of a word or of a mark, and was drawn otherwise.
    assert.ok(shown.length > 20 && lettersOf(kept).startsWith(lettersOf(shown).slice(0, -10)), `${shown}\n${kept}`);
    await answer.getByRole("button", { name: "Try again" }).click();
    assert.ok((await opened.chat.watchGrowth(3)).length > 3);
    await opened.chat.stop.click();
    await opened.chat.whenEnded();
    assert.equal(await opened.chat.answers.count(), 1);
  });
});

test("three windows and a Neovim have ghost text of one model, and again when its process was killed", async (t) => {
  const falcon = await openFalcon({});
  // What came last goes first: Neovim's files lie in the editor's folder.
  const opened: (() => unknown)[] = [() => falcon.dispose()];
  t.after(async () => {
    for (const close of opened.toReversed()) await close();
  });
  const home = path.dirname(falcon.editor.userData);
  const windows = [falcon.workbench, await falcon.workbench.openBeside(), await falcon.workbench.openBeside()];
  for (const window of windows) await window.whenReady();
  const [server = ""] = fs.globSync(path.join(home, "extensions/*/dist/server.cjs"));
  const folder = path.join(home, "neovim");
  const file = path.join(folder, "boats.py");
  fs.mkdirSync(folder);
  fs.writeFileSync(file, "import os\nimport sys\n\nfor name in os.listdir(");
  const env = { FALCON_SERVICE_FOLDER: path.join(home, "services") };
  const neovim = await NeovimUnderTest.open(folder, file, { server, env });
  opened.push(() => {
    neovim.kill();
  });
  const models = () => processIds(falcon.editor, "engine.cjs");

  const [first, second] = ["const tide = moon + ", "\nconst wind = sail + "] as const;
  for (const window of windows) {
    await window.page.bringToFront();
    await window.openFile("src/boat.ts");
    await window.goTo(8);
    await window.type(first);
    assert.notEqual(await window.ghostText(), "");
  }
  await neovim.type("GA");
  assert.notEqual(await neovim.ghostText(), "");
  const [model, ...others] = models();
  assert.ok(model !== undefined);
  assert.deepEqual(others, [], "they have one model");

  process.kill(model, "SIGKILL");
  for (const window of windows) {
    await window.page.bringToFront();
    await window.page.keyboard.press("Escape");
    await window.type(second);
    assert.notEqual(await window.ghostText(), "");
  }
  await neovim.type("<Esc>Goprint(os.path.join(");
  assert.notEqual(await neovim.ghostText(), "");
  assert.equal(models().length, 1);
  assert.notDeepEqual(models(), [model]);
});
