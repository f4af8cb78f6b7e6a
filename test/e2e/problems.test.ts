// What a user sees whose model does not work: the cause, once, and the way out.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import { ModelFiles } from "../support/modelFiles.ts";
import { modelFile } from "../support/models.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");

let falcon: FalconWindow;
let workbench: Workbench;
let files: ModelFiles;

before(async () => {
  falcon = await openFalcon({ "falcon.model.gpu": "off", "falcon.model.threads": 1 });
  ({ workbench } = falcon);
  files = new ModelFiles(falcon.editor.workspace);
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

test("a file that is no model is named once, with a button that mends it, and the editor goes on working", async () => {
  const bad = path.join(falcon.editor.workspace, "words.gguf");
  fs.writeFileSync(bad, "These are words.");
  await workbench.whenReady();
  await falcon.chat.open();
  falcon.editor.changeSettings({ "falcon.model.path": bad });
  const toast = workbench.toast("words.gguf");
  await toast.waitFor();
  await toast.getByRole("button", { name: "Choose Model…" }).waitFor();
  await falcon.chat.frame.locator(".status-card").getByText("words.gguf").first().waitFor();
  await workbench.screenshot(path.join(pictures, "bad-model.png"));

  await workbench.openFile("src/boat.ts");
  await workbench.goTo(8);
  await workbench.type("// more words");
  assert.equal(await workbench.page.locator(".notification-toast").count(), 1);
  assert.equal((await workbench.save("src/boat.ts")).split("\n")[7], "// more words");
});

test("a link that a model file holds is words in the notification, and a click on it runs nothing", async () => {
  const link = "[install the driver](command:workbench.action.toggleSidebarVisibility)";
  falcon.editor.changeSettings({
    "falcon.model.path": files.modelWith({ "general.architecture": { type: "string", value: link } }),
  });
  const toast = workbench.toast("install the driver");
  await toast.waitFor();
  await workbench.screenshot(path.join(pictures, "link-in-model.png"));
  const message = toast.locator(".notification-list-item-message");
  assert.equal(await message.locator("a").count(), 0);
  await message.getByText("install the driver").click();
  assert.ok(await workbench.page.locator(".part.sidebar").isVisible());
});

test("the name that a model file gives itself is words in the menu, the list and the composer", async () => {
  const name = "$(error) Falcon\0 \u202e7B [a](command:b)";
  const shown = /\$\W?\(error\) Falcon 7B \[a\]\W?\(command:b\)/;
  const file = files.modelWith({ "general.name": { type: "string", value: name } });
  await workbench.runCommand("Falcon: Select Model File…");
  await workbench.chooseFile(file);
  // Until it is loaded, the menu says that it is being loaded.
  const loaded = ".statusbar-item[aria-label*='(error) Falcon 7B']:not([aria-label*='Not in memory'])";
  await workbench.page.locator(loaded).waitFor();
  assert.match((await falcon.chat.frame.locator("button.model").textContent()) ?? "", shown);

  await workbench.status("Falcon").click();
  await readRow("tokens of context", shown);
  await workbench.screenshot(path.join(pictures, "hostile-name-menu.png"));
  await workbench.leaveQuickInput();

  await workbench.listModels(path.basename(file));
  await readRow(path.basename(file), /\$\W?\(error\) Falcon/);
  await workbench.screenshot(path.join(pictures, "hostile-name-list.png"));
  await workbench.leaveQuickInput();
});

/** The row of a list that has this text also has the other, as words alone. */
async function readRow(text: string, shown: RegExp): Promise<void> {
  const row = workbench.quickRow(text);
  assert.match((await row.textContent()) ?? "", shown);
  assert.equal(await row.locator(".codicon-error, a[href]").count(), 0);
}

test("a good model file takes its place", async () => {
  falcon.editor.changeSettings({ "falcon.model.path": modelFile("falcon7b") });
  await workbench.statusLabel("Tiny Falcon 7B").waitFor();
  await falcon.chat.frame.locator(".status-card").waitFor({ state: "hidden" });
  await falcon.chat.ask("Are you there?");
  await falcon.chat.answers.last().locator(".markdown").filter({ hasText: /\S/ }).waitFor();
});
