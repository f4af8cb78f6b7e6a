// What outlives a window that is loaded anew, and what does not.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { type FalconWindow, openFalcon, pictureFailure, processIds } from "../support/falconWindow.ts";
import { modelFile } from "../support/models.ts";

let falcon: FalconWindow;

before(async () => {
  falcon = await openFalcon({
    "falcon.model.path": modelFile("falcon7b"),
    "falcon.model.gpu": "off",
    "falcon.model.threads": 1,
  });
  await falcon.workbench.whenReady();
});
afterEach((context) => pictureFailure(context, falcon));
after(() => falcon.dispose());

test("a window that is loaded anew never has two models in memory", async () => {
  const [old] = processIds(falcon.editor, "engine.cjs");
  assert.ok(old);
  let most = 0;
  let watching = true;
  const watch = async () => {
    while (watching) {
      most = Math.max(most, processIds(falcon.editor, "engine.cjs").length);
      await sleep(20);
    }
  };
  const watched = watch();
  await falcon.workbench.reload();
  await falcon.workbench.whenReady();
  watching = false;
  await watched;
  assert.equal(most, 1);
  assert.notEqual(processIds(falcon.editor, "engine.cjs")[0], old);
});
