// A request's sampling in the library's terms.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as library from "node-llama-cpp";

import { Healing } from "../../server/engine/llama/text/healing.ts";
import { samplingOptions } from "../../server/engine/llama/text/sampling.ts";
import { Vocabulary } from "../../server/engine/llama/text/vocabulary.ts";
import { modelFile } from "../support/models.ts";

test("of a vocabulary, at most a thousand tokens are candidates", async () => {
  await using llama = await library.getLlama({
    gpu: false,
    build: "never",
    maxThreads: 1,
    logLevel: library.LlamaLogLevel.error,
  });
  await using model = await llama.loadModel({ modelPath: modelFile("falcon7b") });
  const vocabulary = new Vocabulary(model);
  const healing = new Healing(library, model, vocabulary);
  const parts = { library, model, healing, seed: 1, cut: "", written: [], prompt: [] };
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
