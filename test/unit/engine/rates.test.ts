// Whether a saved context is read: by rates that a bad moment does not settle for good.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Measured } from "../../../server/engine/llama/load/measurements.ts";
import { Rates } from "../../../server/engine/llama/promptCache/rates.ts";

class Remembered {
  values: Measured = {};

  remember(changes: Measured): void {
    this.values = { ...this.values, ...changes };
  }
}

test("after a bad measurement a context is read again after some prompts", () => {
  const rates = new Rates(new Remembered(), 1);
  rates.hasRead(20_000_000, 32_000);
  const refused = Array.from({ length: 10 }, () => rates.isWorthReading(20_000_000, 2000)).lastIndexOf(false);
  assert.equal(refused, 4);
});

test("small files tell nothing of the disk, and what may take any time is written", () => {
  const remembered = new Remembered();
  const rates = new Rates(remembered, 1);
  rates.hasRead(99_999, 1000);
  rates.hasWritten(99_999, 1000);
  assert.deepEqual(remembered.values, {});
  rates.hasWritten(100_000, 100_000);
  assert.equal(rates.isWrittenIn(1000, 50), false);
  assert.equal(rates.isWrittenIn(1_000_000_000, Infinity), true);
});
