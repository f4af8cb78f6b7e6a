// VS Code's own chat, in which nobody is signed in, on the model that is loaded.

import assert from "node:assert/strict";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import type { Locator } from "playwright-core";

import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import { modelFile } from "../support/models.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");

/** What a test reads of an element of the page. */
interface Row {
  getAttribute(name: string): string | null;
}

let falcon: FalconWindow;
let workbench: Workbench;
let bar: Locator;

before(async () => {
  falcon = await openFalcon({
    "falcon.model.path": modelFile("slow"),
    "falcon.model.gpu": "off",
    "falcon.model.threads": 1,
    "falcon.chat.maxTokens": 60,
    "chat.disableAIFeatures": false,
    "workbench.secondarySideBar.defaultVisibility": "visible",
  });
  ({ workbench } = falcon);
  bar = workbench.page.locator(".part.auxiliarybar");
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

/** Milliseconds for what VS Code's built-in extension does at its start, and for an answer to its long prompts. */
const timeout = 240_000;

/** Asks once all of the question stands in the composer, and waits for the answer that ends. */
async function ask(question: string): Promise<string> {
  const composer = bar.locator(".interactive-input-part .monaco-editor").first();
  // The list has only those rows that are in sight: a question takes the next one, and its answer the one after it.
  const rows = bar.locator(".interactive-list .monaco-list-row");
  const shown = await rows.evaluateAll((elements: readonly Row[]) =>
    elements.map((row) => Number(row.getAttribute("data-index"))),
  );
  const next = Math.max(-1, ...shown) + 2;
  await composer.click();
  await workbench.page.keyboard.insertText(question);
  await composer.locator(".view-lines").getByText(question).waitFor();
  // A list of participants takes Enter.
  await workbench.page.keyboard.press("Escape");
  await workbench.page.keyboard.press("Enter");
  const response = bar.locator(`.interactive-list .monaco-list-row[data-index="${next}"]`);
  await response.locator(".rendered-markdown").filter({ hasText: /\S/ }).first().waitFor({ timeout });
  await bar.locator(".interactive-response.chat-response-loading").waitFor({ state: "detached", timeout });
  return response.locator(".rendered-markdown").first().innerText();
}

test("one command chooses Falcon in VS Code's chat, which then answers without a sign-in", async () => {
  await workbench.runCommand("Falcon: Use in VS Code's Chat");
  await bar.locator(".chat-input-toolbars").getByText("Slow Falcon 7B").waitFor({ timeout });
  const answer = await ask("What is a berth?");
  await workbench.screenshot(path.join(pictures, "vscode-chat.png"));
  // The model writes words at random; VS Code's own refusals would be sentences about signing in.
  assert.ok(answer.length > 20, answer);
  assert.doesNotMatch(answer, /sign in|Copilot/i);
  assert.equal(await workbench.page.getByText("Sign in to use").count(), 0);
});

test("@falcon explains what is selected, with Falcon's own words for it", async () => {
  await workbench.openFile("src/boat.ts");
  await workbench.selectLines(18, 21);
  const answer = await ask("@falcon /explain");
  await workbench.screenshot(path.join(pictures, "vscode-chat-participant.png"));
  assert.ok(answer.length > 20, answer);
  await bar.locator(".interactive-response").last().getByText("Falcon", { exact: true }).waitFor();
});
