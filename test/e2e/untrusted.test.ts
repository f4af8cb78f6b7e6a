// A folder that the user does not trust: nothing of it chooses the model, git is not run in it, and its prompts are not read.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import type { Workbench } from "../support/workbench.ts";

let falcon: FalconWindow;
let workbench: Workbench;

before(async () => {
  falcon = await openFalcon(
    {
      "security.workspace.trust.enabled": true,
      "security.workspace.trust.startupPrompt": "never",
      "security.workspace.trust.banner": "never",
      "git.enabled": true,
    },
    undefined,
    (workspace) => {
      const write = (file: string, text: string) => {
        fs.mkdirSync(path.dirname(path.join(workspace, file)), { recursive: true });
        fs.writeFileSync(path.join(workspace, file), text);
      };
      write(".vscode/settings.json", JSON.stringify({ "falcon.model.path": path.join(workspace, "their.gguf") }));
      write(".falcon/prompts/their.md", "---\nname: their-prompt\n---\nSay what they want.\n");
    },
  );
  ({ workbench } = falcon);
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

test("ghost text is there, from the user's own model", async () => {
  await workbench.whenReady();
  await workbench.openFile("src/boat.ts");
  await workbench.goTo(8);
  await workbench.type("export function berthOf(");
  assert.notEqual((await workbench.ghostText()).trim(), "");
});

test("git is not run, and the folder's prompts are not taken", async () => {
  await workbench.runCommand("Falcon: Write Commit Message");
  await workbench.toast("This workspace is not trusted, so that git is not run in it.").waitFor();
  await workbench.runCommand("Falcon: Run Prompt…");
  await workbench.toast("Prompt files are read in workspaces that you trust.").waitFor();
});

test("once it is trusted, git is run and its prompts are offered; the model is the user's own still", async () => {
  await workbench.toast("Prompt files").getByRole("button", { name: "Manage Trust" }).click();
  const trust = workbench.page.locator(".workspace-trust-editor");
  await trust.getByRole("button", { name: "Trust", exact: true }).click();
  await trust.getByText("You trust this folder").waitFor();
  await workbench.runCommand("Close Modal Editor");
  await trust.waitFor({ state: "detached" });
  await workbench.runCommand("Falcon: Run Prompt…");
  await workbench.quickRow("their-prompt").waitFor();
  await workbench.leaveQuickInput();
  const { chat } = falcon;
  await chat.open();
  await chat.composer.fill("@changes");
  await chat.frame.getByRole("option").first().waitFor();
  await workbench.page.keyboard.press("Enter");
  await chat.frame.getByText("The workspace is in no git repository.").waitFor();
  assert.equal(await workbench.toast("their.gguf").count(), 0);
  assert.equal(await workbench.statusLabel("Falcon Tiny Demo").count(), 1);
});
