// Which editor the status bar, the menu and the chat mean, and what they do with a file of secrets.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import { modelFile } from "../support/models.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");

let falcon: FalconWindow;
let workbench: Workbench;

before(async () => {
  falcon = await openFalcon({
    "falcon.model.path": modelFile("falcon7b"),
    "falcon.model.gpu": "off",
    "falcon.model.threads": 1,
    "[python]": { "falcon.inlineCompletion.enabled": false },
  });
  ({ workbench } = falcon);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

test("the status bar follows a change of the language", async () => {
  await workbench.openFile("src/boat.ts");
  await workbench.statusLabel("Inline completions are on").waitFor();
  await workbench.runCommand("Change Language Mode");
  await workbench.page.getByPlaceholder("Select Language Mode").fill("Python");
  await workbench.quickRow("Python").click();
  await workbench.statusLabel("Inline completions are off for python").waitFor();
});

test("while the log has the focus, status bar and menu mean the editor that commands mean", async () => {
  await workbench.runCommand("Falcon: Show Log");
  await workbench.page.locator(".part.panel .view-line").first().click();
  await workbench.statusLabel("Inline completions are off for python").waitFor();
  await workbench.status("Falcon").click();
  await workbench.quickRow("Turn On Inline Completions for python").waitFor();
  await workbench.screenshot(path.join(pictures, "menu.png"));
  await workbench.leaveQuickInput();
});

test("a file of secrets is attached only when the user says so once more", async () => {
  fs.writeFileSync(path.join(falcon.editor.workspace, ".env"), "TOKEN=secret\n");
  await workbench.openFile(".env");
  await workbench.statusLabel("Inline completions are off for this file").waitFor();
  await falcon.chat.open();
  const attach = falcon.chat.frame.getByRole("button", { name: "Attach the file" });
  const question = workbench.page.locator(".monaco-dialog-box", { hasText: ".env may hold secrets" });
  const chips = falcon.chat.frame.locator(".chip");

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
