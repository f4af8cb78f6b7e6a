// Ghost text of the packed extension on the screen of a real VS Code, and where the status bar says that it is on.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { askDirectly, healedInfill } from "../support/askDirectly.ts";
import { type FalconWindow, openFalcon, pictureFailure } from "../support/falconWindow.ts";
import { modelFile } from "../support/models.ts";
import type { Workbench } from "../support/workbench.ts";

const pictures = path.join(import.meta.dirname, "../../out/screenshots/e2e");
const model = modelFile("falcon7b");
const prefix = "function add(a, b) {\n  return add";
const suffix = " + 1;\n}\n";
const maxTokens = 48;

let falcon: FalconWindow;
let workbench: Workbench;

before(async () => {
  falcon = await openFalcon({
    "falcon.model.path": model,
    "falcon.model.gpu": "off",
    "falcon.model.threads": 1,
    "falcon.inlineCompletion.maxTokens": maxTokens,
    "[ruby]": { "falcon.inlineCompletion.enabled": false },
  });
  ({ workbench } = falcon);
  await workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

/**
 * Opens a new file that lacks the last character of `prefix`, and types it. After several keys the ghost text may be what is left
 * of the one that an earlier key asked for.
 */
async function typeLast(name: string): Promise<void> {
  fs.writeFileSync(path.join(falcon.editor.workspace, name), prefix.slice(0, -1) + suffix);
  await workbench.openFile(name);
  await workbench.goTo(2, 12);
  await workbench.type(prefix.slice(-1));
}

test("the ghost text is what the model writes when it is asked directly; Tab takes it into the saved file", async () => {
  await typeLast("taken.js");
  const text = await askDirectly(model, maxTokens, healedInfill(prefix, suffix));
  const expected = text.split("\n", 1)[0]?.trimEnd() ?? "";
  assert.ok(expected.length > 3);
  await workbench.whenGhostIs(expected);

  // What follows may be offered at once.
  await workbench.page.keyboard.press("Tab");
  assert.equal(await workbench.save("taken.js"), prefix + expected + suffix);
});

test("Escape dismisses the ghost text", async () => {
  await typeLast("dismissed.js");
  await workbench.ghostText();
  await workbench.page.keyboard.press("Escape");
  await workbench.whenNoGhost();
  assert.equal(await workbench.save("dismissed.js"), prefix + suffix);
});

test("typing something else dismisses the ghost text, and another takes its place", async () => {
  await typeLast("typed-on.js");
  const first = await workbench.ghostText();
  const other = first.startsWith("z") ? "y" : "z";
  await workbench.type(other);
  await assert.doesNotReject(until(async () => (await workbench.ghostText()) !== first));
  assert.equal(await workbench.save("typed-on.js"), prefix + other + suffix);
});

test("a completion of several lines is shown and taken whole", async () => {
  const name = "lines.py";
  // No other file has its names, so that none is context.
  fs.writeFileSync(path.join(falcon.editor.workspace, name), "def merge(left, right):\n    retu\n");
  await workbench.openFile(name);
  await workbench.goTo(2, 9);
  await workbench.type("r");
  const ghost = await workbench.ghostText();
  const text = await askDirectly(model, maxTokens, healedInfill("def merge(left, right):\n    retur", "\n"));
  assert.ok(text.startsWith(ghost), `${JSON.stringify(ghost)} begins ${JSON.stringify(text)}`);
  await workbench.page.keyboard.press("Tab");
  assert.equal(await workbench.save(name), `def merge(left, right):\n    retur${ghost}\n`);
});

test("the status bar menu switches completions off and on", async () => {
  const begun = performance.now();
  await typeLast("before.js");
  await workbench.ghostText();
  const usual = performance.now() - begun;

  await choose("Turn Off Inline Completions");
  await workbench.statusLabel("Inline completions are off").waitFor();
  await typeLast("off.js");
  await sleep(2 * usual);
  assert.equal(await workbench.ghost.count(), 0);

  await choose("Turn On Inline Completions");
  await workbench.statusLabel("Inline completions are on").waitFor();
  await typeLast("on.js");
  assert.notEqual(await workbench.ghostText(), "");
});

test("the status bar follows a change of the language", async () => {
  await workbench.openFile("src/boat.ts");
  await workbench.statusLabel("Inline completions are on").waitFor();
  await workbench.runCommand("Change Language Mode");
  await workbench.page.getByPlaceholder("Select Language Mode").fill("Ruby");
  await workbench.quickRow("Ruby").click();
  await workbench.statusLabel("Inline completions are off for ruby").waitFor();
});

test("while the log has the focus, status bar and menu mean the editor that commands mean", async () => {
  await workbench.runCommand("Falcon: Show Log");
  await workbench.page.locator(".part.panel .view-line").first().click();
  await workbench.statusLabel("Inline completions are off for ruby").waitFor();
  await workbench.status("Falcon").click();
  await workbench.quickRow("Turn On Inline Completions for ruby").waitFor();
  await workbench.screenshot(path.join(pictures, "menu.png"));
  await workbench.leaveQuickInput();
});

test("nothing left this machine, neither from the page nor from any process", () => {
  for (const bundle of ["server.cjs", "engine.cjs", "bootstrap-fork"]) {
    assert.ok(
      falcon.watchedProcesses().some((file) => file.includes(bundle)),
      `${bundle} is watched`,
    );
  }
  assert.deepEqual(falcon.foreignAddresses(), []);
});

async function choose(item: string): Promise<void> {
  await workbench.status("Falcon").click();
  await workbench.quickRow(item).click();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error("It did not come to hold.");
    await sleep(50);
  }
}
