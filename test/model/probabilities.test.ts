// How likely each generated token was: told beside the text, which stays the same.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const model = new ModelUnderTest();
before(() => model.load({ plan: { path: modelFile("falcon7b"), contextSize: 512, gpu: "off", threads: 1 } }));
after(() => model.dispose());

const never = new AbortController().signal;
const prompt = ["The bird that "];

function generate(options: { readonly probabilities?: boolean; readonly temperature?: number }) {
  const request = { priority: "completion", prompt, maxTokens: 12, temperature: 0, stop: [], ...options } as const;
  return model.generate(request, () => undefined, never);
}

test("a text is the same where its tokens' probabilities are told", async () => {
  const [plain, told] = [await generate({}), await generate({ probabilities: true })];
  assert.equal(told.text, plain.text);
  assert.equal(plain.tokens, undefined);
  assert.equal(told.tokens?.length, told.usage.generated);
  assert.equal(told.tokens.at(-1)?.end, told.text.length);
});

test("none is told of a text that chance has a part in", async () => {
  assert.equal((await generate({ probabilities: true, temperature: 1 })).tokens, undefined);
});
