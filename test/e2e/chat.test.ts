// The chat of the packed extension in a real VS Code: streaming, stopping, what survives a reload and what survives a kill.

import assert from "node:assert/strict";
import path from "node:path";
import process from "node:process";
import { after, afterEach, before, test } from "node:test";

import { type ChatPage, type FalconWindow, openFalcon, pictureFailure, processIds } from "../support/falconWindow.ts";
import { modelFile } from "../support/models.ts";
import type { Theme, Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");

/** What the tests need of an element. */
interface Linkable {
  readonly ownerDocument: { createElement(name: "a"): Link };
  append(link: Link): void;
}

interface Link {
  textContent: string;
  readonly dataset: Record<string, string>;
}

let falcon: FalconWindow;
let workbench: Workbench;
let chat: ChatPage;

before(async () => {
  falcon = await openFalcon({
    "falcon.model.path": modelFile("slow"),
    "falcon.model.gpu": "off",
    "falcon.model.threads": 1,
    // Enough to be watched, stopped and killed.
    "falcon.chat.maxTokens": 1500,
  });
  ({ workbench, chat } = falcon);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

test("an answer grows on the screen before it ends, and stops when it is told to", async () => {
  await chat.open();
  await chat.ask("Tell me of falcons.");
  const lengths = await chat.watchGrowth(5);
  assert.ok(lengths.length > 5, `lengths while it was written: ${lengths.join(", ")}`);

  await chat.stop.click();
  await chat.frame.locator(".standing.stopped").waitFor();
});

test("Explain Selection quotes the code with its place, and its answer streams", async () => {
  await workbench.openFile("src/boat.ts");
  await workbench.selectLines(18, 21);
  await chat.run("Falcon: Explain Selection");
  const question = chat.questions.last();
  await question.getByText("boat.ts:18-21").waitFor();
  assert.match(await question.locator(".quote").innerText(), /nightsBetween[^]*Math\.ceil/);
  assert.ok((await chat.watchGrowth(3)).length > 3);
  await chat.stop.click();
  await chat.whenEnded();

  // The chip leads back to the code.
  await workbench.openFile("src/fees.ts");
  await question.getByRole("button", { name: "boat.ts:18-21" }).click();
  await workbench.page.locator('.tab.active[data-resource-name="boat.ts"]').waitFor();
});

test("the history is there after a reload", async () => {
  const shown = await chat.answers.allInnerTexts();
  await workbench.reload();
  await workbench.whenReady();
  await chat.open();
  await chat.answers.nth(shown.length - 1).waitFor();
  assert.deepEqual(await chat.answers.allInnerTexts(), shown);
});

test("a link opens the very address that is written", async () => {
  const address = "https://example.com/a%20b/100%25?key=myval%23b&q=1+%2B+1&x=a%26b%2Fc";
  // The model of this test writes no links.
  await chat.answers
    .last()
    .locator(".markdown")
    .last()
    .evaluate((node: Linkable, href) => {
      const link = node.ownerDocument.createElement("a");
      link.textContent = "the page";
      link.dataset["href"] = href;
      node.append(link);
    }, address);
  await chat.answers.last().getByText("the page").click();
  // VS Code asks first, and offers to copy what it would open.
  await workbench.page.locator(".monaco-dialog-box").getByRole("button", { name: "Copy" }).click();
  assert.equal(await workbench.page.evaluate("navigator.clipboard.readText()"), address);
});

for (const bundle of ["server.cjs", "engine.cjs"]) {
  test(`killing ${bundle} in the middle of an answer interrupts it; asking again works`, async () => {
    await chat.ask(`What if ${bundle} dies?`);
    await chat.watchGrowth(2);
    const pids = processIds(falcon.editor, bundle);
    assert.equal(pids.length, 1, `one process runs ${bundle}`);
    process.kill(pids[0] ?? 0, "SIGKILL");
    await chat.answers.last().locator(".standing.interrupted").waitFor();
    const answers = await chat.answers.count();

    await workbench.whenReady();
    await chat.answers.last().getByRole("button", { name: "Try again" }).click();
    assert.ok((await chat.watchGrowth(3)).length > 3);
    assert.equal(await chat.answers.count(), answers);
    await chat.stop.click();
    await chat.whenEnded();
    assert.notDeepEqual(processIds(falcon.editor, bundle), pids);
  });
}

test("it can be looked at in every theme, and in a narrow side bar", async () => {
  const bodyClasses: Record<Theme, string> = {
    "Dark Modern": "vscode-dark",
    "Light Modern": "vscode-light",
    "Default High Contrast": "vscode-high-contrast",
    "Default High Contrast Light": "vscode-high-contrast-light",
  };
  for (const [theme, bodyClass] of Object.entries(bodyClasses)) {
    await workbench.setTheme(theme as Theme);
    await chat.frame.locator(`body.${bodyClass}`).waitFor();
    await workbench.screenshot(path.join(pictures, `chat-${theme.toLowerCase().replaceAll(" ", "-")}.png`));
  }
  await workbench.setTheme("Dark Modern");
  await workbench.narrowSideBar();
  await workbench.screenshot(path.join(pictures, "chat-narrow.png"));
  assert.ok((await chat.overflow()) <= 0, "the page is not wider than the side bar");
});

test("nothing left this machine", () => {
  assert.deepEqual(falcon.foreignAddresses(), []);
});
