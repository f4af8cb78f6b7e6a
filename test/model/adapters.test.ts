// A LoRA adapter gives what the model with the adapter's change in its weights gives, for every architecture.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";

import { inspectAdapter } from "../../server/models/files/inspectAdapter.ts";
import { alpha, rank, writeAdapter } from "../fixtures/adapter.ts";
import { type GgufTensor, writeGguf } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import { assertSmall, differenceOf } from "../support/closeness.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-adapters-"));
const engine = new ModelUnderTest({
  onDied: (reason) => assert.fail(`the model process died: ${reason}`),
});
after(async () => {
  await engine.dispose();
  fs.rmSync(folder, { recursive: true });
});

const text = "const berth = boats[12]; // the boat in the harbour, and its owner\n";

/** Log-probabilities of the text's tokens. */
async function score(file: string, adapter?: { readonly path: string; readonly scale: number }) {
  const plan = {
    path: file,
    contextSize: 256,
    gpu: "off",
    threads: 1,
    ...(adapter && { adapters: [adapter] }),
  } as const;
  await engine.load({ plan });
  const request = { priority: "background", prompt: [], continuations: [text] } as const;
  const [scored] = (await engine.score(request, new AbortController().signal)) ?? [];
  assert.ok(scored);
  return scored.logProbabilities;
}

/** A weight with the change that an adapter makes to it: scale · alpha / rank · B · A. */
function merge({ name, dims, values }: GgufTensor, [a, b]: readonly [GgufTensor, GgufTensor], scale: number) {
  const [input = 0] = dims;
  const merged = values.map((value, i) => {
    let change = 0;
    for (let r = 0; r < rank; r++) {
      change += (b.values[Math.floor(i / input) * rank + r] ?? NaN) * (a.values[r * input + (i % input)] ?? NaN);
    }
    return value + ((scale * alpha) / rank) * change;
  });
  return { name, dims, values: merged };
}

for (const kind of ["falcon7b", "falcon40b", "falcon3", "falconH1", "falconMamba"] as const) {
  describe(models[kind].name, () => {
    test("an adapter, by its scale", async () => {
      const { metadata, tensors } = buildModel(models[kind]);
      const adapter = path.join(folder, `${kind}-adapter.gguf`);
      const halves = writeAdapter(adapter, kind);
      assert.ok(halves.size >= 4);
      inspectAdapter(adapter, modelFile(kind));
      const base = await score(modelFile(kind));
      for (const scale of [1, 0.5]) {
        const merged = path.join(folder, `${kind}-merged.gguf`);
        const changed = tensors.map((tensor) => {
          const pair = halves.get(tensor.name);
          return pair ? merge(tensor, pair, scale) : tensor;
        });
        writeGguf(merged, metadata, changed);
        const expected = await score(merged);
        const change = differenceOf(expected, base);
        assert.ok(change.mean > 0.1, "the adapter changes nothing");
        assertSmall(differenceOf(await score(modelFile(kind), { path: adapter, scale }), expected), 0.01, change);
      }
      assert.deepEqual(await score(modelFile(kind), { path: adapter, scale: 0 }), base);
    });
  });
}
