// What runs before the first request, so that its tokens are as fast as later ones.

import "../support/oneLibuvThread.ts";

import assert from "node:assert/strict";
import { test } from "node:test";
import * as library from "node-llama-cpp";

import { chooseEvaluator, type Evaluator } from "../../server/engine/llama/decode/evaluator.ts";
import { loadModel } from "../../server/engine/llama/load/loadModel.ts";
import { Healing } from "../../server/engine/llama/text/healing.ts";
import { warmCode } from "../../server/engine/llama/warmCode.ts";
import { planFile } from "../../server/models/plan/plannedFile.ts";
import { modelFile } from "../support/models.ts";

test("tokens go the way of a request's, in a bounded number, and leave the sequence empty", async () => {
  const plan = { path: modelFile("falcon7b"), contextSize: 512, gpu: "off", threads: 1 } as const;
  const nothing = () => undefined;
  const loaded = await loadModel(
    library,
    { plan, planned: planFile(plan.path).planned, markers: [] },
    nothing,
    nothing,
  );
  const [sequence = assert.fail()] = loaded.sequences;
  const evaluator = chooseEvaluator(loaded.sequences, (message) => assert.fail(message));
  let sampled = 0;
  const counted: Evaluator = {
    evaluate: (...parameters) => evaluator.evaluate(...parameters),
    alone: (evaluate) => evaluator.alone(evaluate),
    sampler: (...parameters) => {
      const sampler = evaluator.sampler(...parameters);
      return {
        sample: (...asked) => {
          sampled++;
          return sampler.sample(...asked);
        },
        dispose: () => sampler.dispose(),
      };
    },
  };
  const healing = new Healing(library, loaded.model, loaded.vocabulary);
  await warmCode({ ...loaded, library, healing }, sequence, counted);
  assert.ok(sampled > 0 && sampled <= 512, String(sampled));
  assert.equal(sequence.nextTokenIndex, 0);
  await loaded.llama.dispose();
});
