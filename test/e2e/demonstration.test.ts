// What a user has who has set nothing: the model that comes with the extension, named for what it is.

import assert from "node:assert/strict";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import { openUnfinishedLine, restOfLine } from "../support/unfinishedLine.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");

let falcon: FalconWindow;
let workbench: Workbench;

before(async () => {
  // Without chance, so that the answer is the same each time.
  falcon = await openFalcon({ "falcon.chat.temperature": 0 });
  ({ workbench } = falcon);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

test("the status bar and the chat name the demonstration model, and offer to choose another", async () => {
  await workbench.status("Falcon Demo").waitFor();
  await falcon.chat.open();
  const card = falcon.chat.frame.locator(".status-card");
  await card.getByText("Falcon Tiny Demo is a demonstration model").waitFor();
  await card.getByRole("button", { name: "Choose Model…" }).waitFor();
  await workbench.screenshot(path.join(pictures, "demonstration.png"));
});

test("ghost text ends a line as the lines above it end, as one types and when the chat is asked to", async () => {
  await openUnfinishedLine(workbench);
  await workbench.whenGhostIs(restOfLine);
  await workbench.screenshot(path.join(pictures, "demonstration-completion.png"));
  await workbench.page.keyboard.press("Escape");
  await workbench.whenNoGhost();
  await falcon.chat.open();
  await falcon.chat.frame.getByRole("button", { name: "Complete the line at the cursor" }).click();
  await workbench.whenGhostIs(restOfLine);
  await workbench.page.keyboard.press("Escape");
});

test("an explanation names the function that was selected", async () => {
  await workbench.openFile("src/boat.ts");
  await workbench.selectLines(18, 21);
  await falcon.chat.run("Falcon: Explain Selection");
  await falcon.chat.answers.last().waitFor();
  await falcon.chat.whenEnded();
  const answer = await falcon.chat.answers.last().locator(".markdown").innerText();
  await workbench.screenshot(path.join(pictures, "demonstration-explanation.png"));
  assert.match(answer, /nightsBetween/);
});

test("a function that was selected is documented by a comment in a block of code", async () => {
  await workbench.openFile("src/boat.ts");
  await workbench.selectLines(18, 21);
  await falcon.chat.run("Falcon: Document Selection");
  await falcon.chat.frame.locator(".user .command").getByText("Document this function").waitFor();
  await falcon.chat.whenEnded();
  const code = falcon.chat.answers.last().locator(".code-block code");
  assert.match(await code.innerText(), /^\/\*\* \S/);
});

test("a question gets no invented answer: it says what the model can do, with the button that chooses another", async () => {
  await falcon.chat.open();
  await falcon.chat.ask("What does a harbour master do?");
  const answer = falcon.chat.answers.last();
  await answer.getByText("Falcon Tiny Demo is a demonstration model").waitFor();
  await workbench.screenshot(path.join(pictures, "demonstration-question.png"));
  await answer.getByRole("button", { name: "Try again" }).waitFor();
  await answer.getByRole("button", { name: "Choose Model…" }).click();
  await workbench.quickInput.waitFor();
  await workbench.leaveQuickInput();
});
