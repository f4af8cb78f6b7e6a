// Downloads in a real VS Code: bytes that are not those of the hub's hash, and two windows that want one file.

import assert from "node:assert/strict";
import fs from "node:fs";
import { after, afterEach, before, test } from "node:test";

import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import { HubServer } from "../support/hubServer.ts";
import { modelFile } from "../support/models.ts";
import type { Workbench } from "../support/workbench.ts";

const small = "Falcon3 1B Instruct";
const large = "Falcon3 3B Instruct";
const contents = new Map([
  [small, fs.readFileSync(modelFile("falcon7b"))],
  [large, fs.readFileSync(modelFile("falcon40b"))],
]);

let hub: HubServer;
let falcon: FalconWindow;
let workbench: Workbench;

before(async () => {
  hub = await HubServer.start();
  for (const [name, content] of contents) hub.offer(name, content);
  falcon = await openFalcon({
    "falcon.model.gpu": "off",
    "falcon.model.threads": 1,
    "falcon.models.hub": hub.endpoint,
  });
  ({ workbench } = falcon);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(async () => {
  await falcon.dispose();
  await hub.stop();
});

async function download(window: Workbench, name: string): Promise<void> {
  await window.listModels(name);
  const row = window.quickRow(name);
  await row.hover();
  await row.getByRole("button", { name: "For Ghost Text Only" }).click();
  const accept = { name: "Accept and Download", exact: true };
  await window.page.locator(".monaco-dialog-box").getByRole("button", accept).click();
}

/** What there is of models in the models folder, whole or not. */
const onDisk = () => fs.globSync("**/*.{gguf,part,part.json}", { cwd: falcon.editor.userData });

test("bytes with another hash are deleted and offered nowhere, and trying again brings the right ones", async () => {
  const wrong = Buffer.from(contents.get(small) ?? []);
  wrong[wrong.length - 1] = ~(wrong.at(-1) ?? 0);
  hub.storeFaults.push((_, response) => response.end(wrong));
  await download(workbench, small);
  const toast = workbench.toast("do not have the hash that its source names, and were deleted");
  await toast.waitFor();
  assert.deepEqual(onDisk(), []);
  await workbench.listModels(small);
  await workbench.quickRow(small).waitFor();
  // A row that VS Code uses again keeps the heading that it showed before, out of sight.
  const offered = workbench.quickRow(small).getByText("on this disk").filter({ visible: true });
  assert.equal(await offered.count(), 0);
  await workbench.leaveQuickInput();

  await toast.getByRole("button", { name: "Try Again" }).click();
  await workbench.statusLabel("Ghost text: Tiny Falcon 7B").waitFor();
  await workbench.listModels(small);
  await offered.waitFor();
  await workbench.leaveQuickInput();
});

test("two windows that want one file download it once, and each uses it", async () => {
  const other = await workbench.openBeside();
  await other.statusLabel("Ghost text: Tiny Falcon 7B").waitFor();
  const middle = Math.floor((contents.get(large)?.length ?? 0) / 2);
  hub.requests.length = 0;
  hub.cuts = [middle];
  await download(workbench, large);
  await workbench
    .status("↓ ")
    .filter({ hasText: /↓ [1-9]/ })
    .waitFor();
  await download(other, large);
  await other.toast("Another window downloads this file").waitFor();
  hub.cut();
  // A window that only hears of the other one's choice loads nothing.
  const inMemory = "Ghost text: Tiny Falcon 40B: 2048 tokens of context, on CPU";
  for (const window of [workbench, other]) await window.statusLabel(inMemory).waitFor();
  const ranges = hub.requests.filter(({ server }) => server === "store").map(({ headers }) => headers.range);
  assert.deepEqual(ranges, [undefined, `bytes=${middle}-`]);
  assert.equal(onDisk().filter((file) => file.includes("Falcon3-3B")).length, 1);
});
