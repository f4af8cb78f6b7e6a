// A request's sampling in the library's terms.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as library from "node-llama-cpp";

import { samplingOptions } from "../../server/engine/llama/text/sampling.ts";
import { modelFile } from "../support/models.ts";

test("of a vocabulary, at most a thousand tokens are candidates", async () => {
  await using llama = await library.getLlama({
    gpu: false,
    build: "never",
    maxThreads: 1,
    logLevel: library.LlamaLogLevel.error,
  });
  await using model = await llama.loadModel({ modelPath: modelFile("falcon7b") });
  const parts = { library, model, seed: 1, spelling: undefined, written: [], prompt: [] };
  for (const [asked, given] of [
    [undefined, 40],
    [0, 1000],
    [7, 7],
    [5000, 1000],
  ] as const) {
    const { topK } = await samplingOptions({ temperature: 1, ...(asked !== undefined && { topK: asked }) }, parts);
    assert.equal(topK, given);
  }
});
