// What goes with a question in the chat and what comes of its answer, in a real VS Code with an engine whose words the test knows.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { chatContent } from "../../src/chat/chatFile.ts";
import { type ChatPage, type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");
const file = "src/boat.ts";
const original = fs.readFileSync(path.join(import.meta.dirname, "../fixtures/sample-workspace", file), "utf8");
const [before_, after_] = ["  readonly berth: number;", "  readonly berth: string;"];
const changed = original.replace(before_, after_);
/** Longer than what one attachment may take of the scripted model's context. */
const longFile = Array.from({ length: 3600 }, (_, i) => `def buoy${i}(ship):\n    return ship.sees("${i}")\n`).join(
  "\n",
);

let falcon: FalconWindow;
let workbench: Workbench;
let chat: ChatPage;

before(async () => {
  falcon = await openFalcon({}, [
    { text: "It returns whether the ship sees it." },
    { text: `Berths have letters:\n\n\`\`\`ts\n${changed}\`\`\`\n` },
  ]);
  ({ workbench, chat } = falcon);
  fs.writeFileSync(path.join(falcon.editor.workspace, "src/buoys.py"), longFile);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

test("a file that is too long goes with a question in part: its chip, the bar and the answer tell", async () => {
  await chat.open();
  await chat.composer.fill("What does buoy731 return? @file buoys");
  await chat.frame.getByRole("option", { name: "buoys.py" }).click();
  const chip = chat.frame.locator(".composer .chip");
  await chip.getByText("buoys.py").waitFor();
  await chip.locator(".tokens").filter({ hasText: /\d/ }).waitFor();
  await chat.frame
    .getByRole("meter")
    .filter({ hasText: /[\d,]+ \/ [\d,]+/ })
    .waitFor();
  await workbench.screenshot(path.join(pictures, "chat-context.png"));
  await chat.composer.press("Enter");
  const answer = chat.answers.last();
  await answer.getByText("It returns whether").waitFor();
  await answer.getByText(/buoys\.py: only its outline and \d+ of \d+ lines fit/).waitFor();
  await chip.waitFor({ state: "detached" });
});

test("a block of code is applied to the file as changes, and accepted, by the keyboard alone", async () => {
  await workbench.openFile(file);
  await chat.open();
  await chat.ask("Give berths letters.");
  await chat.whenEnded();
  const apply = chat.answers.last().getByRole("button", { name: "Apply to the file" });
  const focused = apply.and(chat.frame.locator(":focus"));
  for (let presses = 0; (await focused.count()) === 0; presses++) {
    assert.ok(presses < 30, "the button is reached");
    await workbench.page.keyboard.press("Shift+Tab");
  }
  await workbench.page.keyboard.press("Enter");
  const accept = workbench.page.locator(".codelens-decoration a").getByText("Accept", { exact: true }).first();
  await accept.waitFor();
  await workbench.screenshot(path.join(pictures, "chat-applied.png"));
  await workbench.page.keyboard.press("Shift+Alt+y");
  await accept.waitFor({ state: "detached" });
  assert.equal(await workbench.save(file), changed);
});

test("a chat of 1,000 messages is chosen from the list, shows its end, and goes on", async () => {
  const messages = Array.from({ length: 500 }, (_, i) => [
    { id: `question ${i}`, role: "user", text: `How high is tide ${i}?`, attachments: [] },
    {
      id: `answer ${i}`,
      role: "assistant",
      text: `Tide ${i} is **high**.\n\n${"Words of it. ".repeat(40)}`,
      state: "done",
    },
  ]).flat();
  const [kept] = fs.globSync(path.join(falcon.editor.userData, "User/workspaceStorage/*/*/chats/*.json"));
  assert.ok(kept, "the chat of the tests before is kept");
  fs.writeFileSync(path.join(path.dirname(kept), "long.json"), chatContent(Date.now(), messages, "Tides"));
  await workbench.runCommand("Falcon: Open Previous Chat…");
  await workbench.quickRow("Tides").click();
  await chat.answers.last().getByText("Tide 499 is high.").waitFor();
  await chat.frame.locator(".message").nth(999).waitFor({ state: "attached" });
  await chat.ask("And now?");
  await chat.questions.getByText("And now?").waitFor();
  await chat.whenEnded();
  assert.equal(await chat.frame.locator(".message").count(), 1_002);
});

test("why a chat in the list cannot be renamed is shown", async () => {
  const [kept] = fs.globSync(path.join(falcon.editor.userData, "User/workspaceStorage/*/*/chats/long.json"));
  assert.ok(kept);
  const gone = path.join(path.dirname(kept), "gone.json");
  const messages = [
    { id: "q", role: "user", text: "Where is it?", attachments: [] },
    { id: "a", role: "assistant", text: "Gone.", state: "done" },
  ];
  fs.writeFileSync(gone, chatContent(Date.now(), messages, "A chat that goes"));
  await workbench.runCommand("Falcon: Open Previous Chat…");
  const row = workbench.quickRow("A chat that goes");
  await row.hover();
  await row.getByRole("button", { name: "Rename" }).click();
  await workbench.page.locator(".quick-input-title").getByText("Rename Chat").waitFor();
  fs.rmSync(gone);
  await workbench.quickInput.press("Enter");
  await workbench.page.locator(".notifications-toasts").getByText("This chat is no longer there").waitFor();
});

test("a file of secrets is attached only when the user says so once more", async () => {
  fs.writeFileSync(path.join(falcon.editor.workspace, ".env"), "TOKEN=secret\n");
  await workbench.openFile(".env");
  await workbench.statusLabel("Inline completions are off for this file").waitFor();
  await chat.open();
  const attach = chat.frame.getByRole("button", { name: "Attach the file" });
  const question = workbench.page.locator(".monaco-dialog-box", { hasText: ".env may hold secrets" });
  const chips = chat.frame.locator(".composer .chip");

  await attach.click();
  await question.waitFor();
  await workbench.screenshot(path.join(pictures, "secrets.png"));
  await question.getByRole("button", { name: "Cancel" }).click();
  await question.waitFor({ state: "detached" });
  assert.equal(await chips.count(), 0);

  await attach.click();
  await question.getByRole("button", { name: "Attach" }).click();
  await chips.filter({ hasText: ".env" }).waitFor();
});
