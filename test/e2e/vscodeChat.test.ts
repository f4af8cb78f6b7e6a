// VS Code's own chat, in which nobody is signed in, on a model whose words the test knows.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import type { Locator } from "playwright-core";

import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import { until } from "../support/processes.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");
const picture = (name: string) => workbench.screenshot(path.join(pictures, `vscode-chat-${name}.png`));
const boat = "src/boat.ts";
const original = fs.readFileSync(path.join(import.meta.dirname, "../fixtures/sample-workspace", boat), "utf8");
const renamed = original.replace("const days", "const nights").replace("ceil(days)", "ceil(nights)");
const model = "Scripted Falcon3 Instruct";

/** A call in the words of Falcon3. */
const call = (filePath: string, oldString: string, newString: string) =>
  `<tool_call>\n${JSON.stringify([{ name: "replace_string_in_file", arguments: { filePath, oldString, newString } }])}\n</tool_call>`;

/** Milliseconds for what VS Code's built-in extension does at its start. */
const timeout = 240_000;

let falcon: FalconWindow;
let workbench: Workbench;
let bar: Locator;

before(async () => {
  falcon = await openFalcon(
    {
      "chat.disableAIFeatures": false,
      "workbench.secondarySideBar.defaultVisibility": "visible",
    },
    (workspace) => [
      // Its own words come back with what the tool says of them.
      { to: "successfully edited", text: "The nights are counted." },
      { to: "name them nights", text: call(path.join(workspace, boat), original, renamed) },
      { to: "call them nights", text: call(path.join(workspace, boat), original, renamed) },
      { to: "What is a berth?", text: "A place for **one** boat." },
      { text: "It counts the nights." },
    ],
  );
  ({ workbench } = falcon);
  bar = workbench.page.locator(".part.auxiliarybar");
  await workbench.whenReady();
  // Until it is loaded it has the name that its file tells.
  await falcon.chat.open();
  await workbench.statusLabel(model).waitFor();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

/** Asks once all of the question stands in the composer, and waits for the words of its answer. */
async function ask(question: string, answer: string): Promise<void> {
  const composer = bar.locator(".interactive-input-part .monaco-editor").first();
  await composer.click();
  // VS Code writes the last participant there.
  await workbench.page.keyboard.press("Control+a");
  await workbench.page.keyboard.press("Backspace");
  await workbench.page.keyboard.insertText(question);
  await composer.locator(".view-lines").getByText(question).waitFor();
  // A list of participants takes Enter.
  await workbench.page.keyboard.press("Escape");
  await workbench.page.keyboard.press("Enter");
  await bar.locator(".interactive-response", { hasText: answer }).first().waitFor({ timeout });
}

test("one command chooses Falcon in VS Code's chat, which then answers without a sign-in", async () => {
  await workbench.runCommand("Falcon: Use in VS Code's Chat");
  const tools = bar.locator(".chat-input-toolbars");
  await tools.getByText(model).waitFor({ timeout });
  await tools.getByText("Ask", { exact: true }).waitFor({ timeout });
  await ask("What is a berth?", "A place for one boat.");
  await picture("ask");
  assert.equal(await workbench.page.getByText("Sign in to use").count(), 0);
});

test("@falcon explains what is selected, with Falcon's own words for it", async () => {
  await workbench.openFile(boat);
  await workbench.selectLines(18, 21);
  await ask("@falcon /explain", "It counts the nights.");
  await picture("participant");
});

test("inline chat changes the selected code by a tool that the model calls", async () => {
  await workbench.openFile(boat);
  await workbench.selectLines(18, 21);
  const { page } = workbench;
  await page.keyboard.press("Control+i");
  await page.locator(".inline-chat-widget .monaco-editor.focused").first().waitFor({ timeout });
  await page.keyboard.insertText("call them nights");
  await page.keyboard.press("Enter");
  await page.locator(".editor-instance .view-line", { hasText: "const nights" }).first().waitFor({ timeout });
  await picture("inline");
  await page.keyboard.press("Control+Enter");
  await until(
    "the change is kept",
    () => fs.readFileSync(path.join(falcon.editor.workspace, boat), "utf8") === renamed,
  );
  // Where it closes, the focus goes to the editor, and closes a list that is open by then.
  await page.locator(".inline-chat-widget").filter({ visible: true }).waitFor({ state: "detached" });
});

test("Agent edits a file by a tool that the model calls, and goes on with what the tool says", async () => {
  fs.writeFileSync(path.join(falcon.editor.workspace, boat), original);
  await workbench.runCommand("Chat: Open Chat (Agent)");
  await bar.locator(".chat-input-toolbars").getByText("Agent", { exact: true }).waitFor({ timeout });
  await ask("name them nights", "The nights are counted.");
  await picture("agent");
  await until(
    "the file is changed",
    () => fs.readFileSync(path.join(falcon.editor.workspace, boat), "utf8") === renamed,
  );
});
