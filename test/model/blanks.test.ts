// The white space before the cursor, in every architecture: the text goes on as the likeliest one that begins with it.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { getLlama, LlamaLogLevel, type Token, TokenBias } from "node-llama-cpp";

import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const engine = new ModelUnderTest({ onDied: (reason) => assert.fail(reason) });
after(() => engine.dispose());

const before = "function moor(boat) {\n  for (const berth of berths) {\n    if (berth.free) {";
const blanks = ["\n      ", "\n", "\n\n\t\t", "  ", "\n    \n      "];
const maxTokens = 12;

/** The likeliest tokens one by one, of those that spell a text until that is spelled; by a look at each token. */
async function spellDirectly(file: string, text: string, blank: string): Promise<string> {
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
  try {
    await using model = await llama.loadModel({ modelPath: file });
    const context = await model.createContext({ contextSize: 512, threads: 1, flashAttention: false });
    const all = [...model.iterateAllTokens()].filter((token) => !model.isSpecialToken(token));
    const texts = new Map(all.map((token) => [token, model.detokenize([token])]));
    const { bos, shouldPrependBosToken } = model.tokens;
    const written: Token[] = [];
    const options = {
      temperature: 0,
      tokenBias: () => {
        const left = blank.slice(model.detokenize(written).length);
        const admitted = all.filter((token) => {
          const spelled = texts.get(token) ?? "";
          return spelled !== "" && (spelled.startsWith(left) || left.startsWith(spelled));
        });
        return TokenBias.for(model).set(left === "" ? [] : admitted, { logit: 1000 });
      },
    };
    const prompt = [...(shouldPrependBosToken && bos !== null ? [bos] : []), ...model.tokenize(text)];
    for await (const token of context.getSequence().evaluate(prompt, options))
      if (written.push(token) === maxTokens) break;
    const spelled = model.detokenize(written);
    assert.ok(spelled.startsWith(blank));
    return spelled.slice(blank.length);
  } finally {
    await llama.dispose();
  }
}

for (const name of ["falcon7b", "falcon40b", "falcon3", "falconH1", "falconMamba"] as const) {
  test(`${name} goes on after a line break and an indentation, with blanks or tabs, and so do candidates`, async () => {
    await engine.load({ plan: { path: modelFile(name), contextSize: 512, gpu: "off", threads: 1 } });
    for (const blank of blanks) {
      const expected = await spellDirectly(modelFile(name), before, blank);
      const { text, alternatives } = await engine.generate(
        {
          priority: "completion",
          prompt: [before + blank, { cursor: true }],
          maxTokens,
          candidates: 2,
          temperature: 0,
          stop: [],
        },
        () => undefined,
        new AbortController().signal,
      );
      assert.deepEqual([text, ...alternatives], [expected, expected], JSON.stringify(blank));
    }
  });
}

test("what is longer than an indentation, such as 99,000 blanks, is left as it is", async () => {
  await engine.load({ plan: { path: modelFile("falcon7b"), contextSize: 2048, gpu: "off", threads: 1 } });
  const request = { priority: "completion", maxTokens: 4, temperature: 0, stop: [] } as const;
  const { usage } = await engine.generate(
    { ...request, prompt: [`${before}\n${" ".repeat(200)}`, { cursor: true }] },
    () => undefined,
    new AbortController().signal,
  );
  assert.ok(usage.generated <= 4);
  assert.ok((await engine.countTokens([`${" ".repeat(99_000)}y`, { cursor: true }])) > 1000);
});
