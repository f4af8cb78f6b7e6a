// How fast a model is: of a process that dies in the middle it is not known.

import assert from "node:assert/strict";
import { test } from "node:test";

import { measureSpeed } from "../../../../server/models/cuda/compareBackends.ts";
import { scriptedModel } from "../../../support/scriptedModel.ts";

test("a process that dies in the last round fails the measurement", async () => {
  let round = 0;
  const model = {
    ...scriptedModel({}, () => (++round < 4 ? "end" : "interrupted")),
    countTokens: () => Promise.resolve(16),
  };
  await assert.rejects(measureSpeed(model, new AbortController().signal), { failure: "died" });
  assert.equal(round, 4);
});
