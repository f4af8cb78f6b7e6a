import assert from "node:assert/strict";
import { test } from "node:test";

import { BatchCost } from "../../../server/engine/llama/decode/batchCost.ts";

/** Steps of one sequence and of several in turn, as a chat in every third step beside a completion makes them. */
function measured(one: number, several: number, sequences: number, count = 90): BatchCost {
  const cost = new BatchCost();
  for (let i = 0; i < count; i++) {
    if (i % 3 === 0) cost.stepped(sequences, several);
    else cost.stepped(1, one);
  }
  return cost;
}

test("a GPU's batch costs little more than one sequence, a processor's nearly as much as each by itself", () => {
  assert.ok(measured(5, 5.6, 2).isSmall);
  assert.ok(measured(5, 7, 4).isSmall);
  assert.ok(!measured(1.2, 1.8, 2).isSmall);
  assert.ok(!measured(7.7, 16, 4).isSmall);
});

test("what is not known yet costs much", () => {
  const cost = new BatchCost();
  for (let i = 0; i < 100; i++) cost.stepped(2, 5);
  assert.ok(!cost.isSmall);
  assert.ok(!measured(5, 5.6, 2, 30).isSmall);
});

test("one step that something else delayed changes nothing, and a lasting change counts", () => {
  const cost = measured(5, 5.6, 2, 300);
  cost.stepped(2, 15);
  assert.ok(cost.isSmall);
  for (let i = 0; i < 50; i++) cost.stepped(2, 9);
  assert.ok(!cost.isSmall);
});
