// What is called for many times runs once, after a rest.

import assert from "node:assert/strict";
import { test } from "node:test";

import { afterRest } from "../../../src/afterRest.ts";

test("runs once after the last of several calls", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let runs = 0;
  const work = afterRest(1000, () => runs++);
  for (let digit = 0; digit < 4; digit++) {
    work.soon();
    context.mock.timers.tick(999);
  }
  assert.equal(runs, 0);
  context.mock.timers.tick(1);
  assert.equal(runs, 1);
  context.mock.timers.tick(10_000);
  assert.equal(runs, 1);
});

test("runs at once when asked to, and not a second time", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let runs = 0;
  const work = afterRest(1000, () => runs++);
  work.soon();
  work.now();
  assert.equal(runs, 1);
  work.soon();
  work.cancel();
  context.mock.timers.tick(10_000);
  assert.equal(runs, 1);
});
