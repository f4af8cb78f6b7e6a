// Ghost text and the chat of the packed extension on a real llama-server, on the screen of a real VS Code.

import assert from "node:assert/strict";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { type FalconWindow, openFalcon, pictureFailure, processIds } from "../support/falconWindow.ts";
import { type RunningServer, startLlamaServer } from "../support/llamaServer.ts";
import { openUnfinishedLine, restOfLine } from "../support/unfinishedLine.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");

let llama: RunningServer;
let falcon: FalconWindow;
let workbench: Workbench;

before(async () => {
  llama = await startLlamaServer();
  falcon = await openFalcon({
    "falcon.servers": [{ name: "box", address: llama.address, kind: "llama-server" }],
    "falcon.backend": "box",
    "falcon.chat.temperature": 0,
  });
  ({ workbench } = falcon);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(async () => {
  await falcon.dispose();
  await llama.dispose();
});

test("the status bar says where the model runs, and that text goes there", async () => {
  await workbench.status("Falcon on box").waitFor();
  await workbench.statusLabel("Text leaves this machine").waitFor();
  await falcon.chat.open();
  await falcon.chat.frame.getByText("Answers come from the server box").waitFor();
  await workbench.screenshot(path.join(pictures, "remote.png"));
});

test("ghost text comes from the server", async () => {
  await openUnfinishedLine(workbench);
  await workbench.whenGhostIs(restOfLine);
  await workbench.page.keyboard.press("Escape");
});

test("an explanation comes from the server, and no model process runs here", async () => {
  await workbench.openFile("src/boat.ts");
  await workbench.selectLines(18, 21);
  await falcon.chat.run("Falcon: Explain Selection");
  await falcon.chat.answers.last().waitFor();
  await falcon.chat.whenEnded();
  assert.match(await falcon.chat.answers.last().locator(".markdown").innerText(), /nightsBetween/);
  assert.deepEqual(processIds(falcon.editor, "engine.cjs"), []);
});
