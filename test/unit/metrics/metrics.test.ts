// What the latest generations say of the model's speed.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import type { Usage } from "../../../server/engine/engine.ts";
import { RecentUsage, speedOf } from "../../../server/metrics/metrics.ts";
import type { ModelInfo } from "../../../src/shared/status.ts";

const model: ModelInfo = {
  name: "",
  path: "",
  demonstration: false,
  architecture: "falcon",
  contextSize: 2048,
  kvCache: "f16",
  flashAttention: false,
  sequences: 2,
  promptRate: 10_000,
  infill: true,
  device: "CPU",
  gpuLayers: 0,
  layers: 33,
  devices: [],
};
const usage: Usage = { prompt: 100, reused: 60, generated: 21, accepted: 0, firstToken: 500, duration: 1500 };

suite("metrics", () => {
  test("nothing is said of nothing, nor of what ended before its first token", () => {
    assert.deepEqual(speedOf([]), {});
    assert.deepEqual(speedOf([{ prompt: 100, reused: 0, generated: 0, accepted: 0, duration: 20 }]), {});
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
    const recent = new RecentUsage();
    recent.add({ ...usage, reused: 0 }, model);
    for (let i = 0; i < 49; i++) recent.add({ ...usage, reused: 100 }, model);
    assert.ok((recent.of(model).reused ?? 1) < 1);
    recent.add({ ...usage, reused: 100 }, model);
    assert.equal(recent.of(model).reused, 1);
  });

  test("all that was evaluated is counted, and nothing that was reused", () => {
    const recent = new RecentUsage();
    for (let i = 0; i < 60; i++) recent.add({ ...usage, prompt: 100, reused: 90, generated: 5 }, model);
    assert.equal(recent.of(model).evaluated, 60 * 15);
  });

  test("what one model did says nothing of another", () => {
    const recent = new RecentUsage();
    recent.add(usage, model);
    const other = { ...model };
    assert.deepEqual(recent.of(other), {});
    recent.add({ ...usage, firstToken: 7 }, other);
    assert.equal(recent.of(other).firstToken, 7);
  });
});
