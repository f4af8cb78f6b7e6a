// What the latest generations say of the model's speed.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { Usage } from "../../../server/engine/engine.ts";
import { speedOf, withUsage } from "../../../server/metrics/metrics.ts";

const usage: Usage = { prompt: 100, reused: 60, generated: 21, guessed: 0, firstToken: 500, duration: 1500 };

suite("figures", () => {
  test("nothing is said of nothing, nor of what ended before its first token", () => {
    assert.deepEqual(speedOf([]), {});
    assert.deepEqual(speedOf([{ prompt: 100, reused: 0, generated: 0, guessed: 0, duration: 20 }]), {});
  });

  test("the first token counts to the prompt, and the others make the speed", () => {
    assert.deepEqual(speedOf([usage]), { tokensPerSecond: 20, firstToken: 500, reused: 0.6 });
    const one = { ...usage, generated: 1, duration: 500 };
    assert.deepEqual(speedOf([one]), { firstToken: 500, reused: 0.6 });
  });

  test("one slow start is not typical", () => {
    const slow = { ...usage, firstToken: 20_000, duration: 21_000 };
    assert.equal(speedOf([usage, slow, usage]).firstToken, 500);
  });

  test("what is long past is forgotten", () => {
    let recent: readonly Usage[] = [];
    recent = withUsage(recent, { ...usage, reused: 0 });
    for (let i = 0; i < 50; i++) recent = withUsage(recent, { ...usage, reused: 100 });
    assert.equal(speedOf(recent).reused, 1);
    assert.equal(recent.length, 50);
  });
});
