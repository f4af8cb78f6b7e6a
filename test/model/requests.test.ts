// What can be asked of a model besides a greedy text: sampling, candidates, healing, guessing, schemas, scores, limits.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { dirname } from "node:path";
import { after, before, describe, test } from "node:test";

import type { GenerateRequest, JsonSchema } from "../../server/engine/engine.ts";
import { writeGguf } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import { assertSmall, differenceOf } from "../support/closeness.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

const engine = new ModelUnderTest({
  onDied: (reason) => assert.fail(`the model process died: ${reason}`),
});
after(() => engine.dispose());

const kinds = ["falcon7b", "falcon40b", "falcon3", "falconH1", "falconMamba"] as const;
const never = new AbortController().signal;
const file = Array.from({ length: 60 }, (_, i) => `const berth${i} = boats[${(i * 37) % 101}];\n`).join("");

function load(name: keyof typeof models) {
  const plan = { path: modelFile(name), contextSize: 2048, gpu: "off", threads: 1 } as const;
  return engine.load({ plan });
}

function generate(request: Partial<GenerateRequest>, onText: (text: string) => void = () => undefined) {
  const defaults = { priority: "completion", prompt: ["the boat"], maxTokens: 30, temperature: 0, stop: [] } as const;
  return engine.generate({ ...defaults, ...request }, onText, never);
}

async function texts(requests: readonly Partial<GenerateRequest>[]): Promise<string[]> {
  const all: string[] = [];
  for (const request of requests) all.push((await generate(request)).text);
  return all;
}

/** Checks that log-probabilities differ by no more than another size of batch rounds them. */
function assertRounded(some: readonly number[], others: readonly number[]): void {
  assertSmall(
    differenceOf(some, others),
    1e-3,
    differenceOf(
      others,
      others.map(() => 0),
    ),
  );
}

for (const name of kinds) {
  describe(models[name].name, () => {
    before(() => load(name));

    test("candidates write what each writes alone, and their prompt is evaluated once", async () => {
      // Short, since a batch of three rounds otherwise than one alone, which at times makes another choice.
      const request = { prompt: [file], temperature: 1, seed: 11, maxTokens: 10 };
      const alone = await texts([request, { ...request, seed: 12 }, { ...request, seed: 13 }]);
      assert.equal(new Set(alone).size, 3);
      await load(name);
      const { text, alternatives, usage } = await generate({ ...request, candidates: 3 });
      assert.deepEqual([text, ...alternatives], alone);
      assert.equal(usage.generated, 30);
      assert.equal(usage.reused, 0);
    });

    test("more candidates than there are sequences", async () => {
      const request = { prompt: ["one"], temperature: 1, seed: 5, maxTokens: 5 };
      const { text, alternatives } = await generate({ ...request, candidates: 7 });
      assert.deepEqual(
        [text, ...alternatives],
        await texts([0, 1, 2, 3, 4, 5, 6].map((i) => ({ ...request, seed: 5 + i }))),
      );
    });

    test("a score says how likely each token is, and whether it is the likeliest", async () => {
      const [likeliest = ""] = await texts([{ prompt: [file], maxTokens: 1 }]);
      const continuations = [likeliest, `${likeliest} boat`, "boat"];
      const scores = await engine.score({ priority: "background", prompt: [file], continuations }, never);
      assert.deepEqual(
        scores?.map(({ greedy }) => greedy),
        [true, false, false],
      );
      const [first, both] = scores.map(({ logProbabilities }) => logProbabilities);
      assert.equal(first?.length, 1);
      assertRounded(both?.slice(0, 1) ?? [], first);
      assert.ok(
        [...first, ...(both ?? [])].every((each) => each < 0 && each > -40),
        JSON.stringify(scores),
      );
    });

    test("a cursor cuts nothing off what is scored, and nothing weighs nothing", async () => {
      const request = { priority: "background", prompt: [`${file}const bo`], continuations: ["ats = 1;", ""] } as const;
      const [whole, nothing] = (await engine.score(request, never)) ?? [];
      assert.deepEqual(nothing, { logProbabilities: [], greedy: true, evaluated: 0 });
      const [cut] = (await engine.score({ ...request, prompt: [...request.prompt, { cursor: true }] }, never)) ?? [];
      assert.deepEqual({ ...cut, evaluated: whole?.evaluated }, whole);
      assert.deepEqual(await engine.score({ ...request, prompt: [], continuations: [""] }, never), [nothing]);
    });

    test("a prompt that holds nothing has a text all the same", async () => {
      const [text, again] = await texts([{ prompt: [] }, { prompt: [""] }]);
      assert.ok(text);
      assert.equal(again, text);
    });

    test("a text weighs the same however it is cut into prompt and continuation", async () => {
      const scoreOf = async (at: number) => {
        const scores = await engine.score(
          { priority: "background", prompt: [file.slice(0, at)], continuations: [file.slice(at, 900)] },
          never,
        );
        return scores?.[0]?.logProbabilities ?? [];
      };
      const all = await scoreOf(0);
      // At the ends of lines, which no token spans.
      for (const at of [file.indexOf("\n", 300) + 1, file.indexOf("\n", 700) + 1]) {
        const part = await scoreOf(at);
        assert.ok(part.length > 20 && part.length < all.length);
        assertRounded(part, all.slice(-part.length));
      }
    });
  });
}

describe("sampling", () => {
  before(() => load("falcon7b"));

  test("a seed makes a text repeatable, and another seed another text", async () => {
    const request = { temperature: 1, seed: 7 };
    const [a, b, c] = await texts([request, request, { ...request, seed: 8 }]);
    assert.equal(a, b);
    assert.notEqual(a, c);
    const [d, e] = await texts([{ temperature: 1 }, { temperature: 1 }]);
    assert.notEqual(d, e);
    // It is llama.cpp's word for a seed of its own choice.
    const highest = { temperature: 1, seed: 2 ** 32 - 1 };
    const [f, g] = await texts([highest, highest]);
    assert.equal(f, g);
  });

  test("with one token to choose from, any temperature is greedy", async () => {
    const [greedy] = await texts([{}]);
    const hot = { temperature: 5, seed: 3 };
    assert.deepEqual(
      await texts([
        { ...hot, topK: 1 },
        { ...hot, topP: 1e-6 },
        { ...hot, minP: 1 },
      ]),
      [greedy, greedy, greedy],
    );
    const [loose] = await texts([{ ...hot, topK: 0, topP: 1, minP: 0 }]);
    assert.notEqual(loose, greedy);
  });
});

describe("limits", () => {
  before(() => load("slow"));

  test("a time limit returns what there is", async () => {
    let streamed = "";
    const { text, stopReason, usage } = await generate(
      { maxTokens: 1500, timeLimit: 1000 },
      (piece) => (streamed += piece),
    );
    assert.equal(stopReason, "limit");
    assert.ok(usage.generated > 0 && usage.generated < 1500, JSON.stringify(usage));
    assert.equal(text, streamed);
  });

  test("usage tells the times", async () => {
    const { usage } = await generate({ prompt: [file], maxTokens: 10 });
    assert.ok(
      usage.firstToken !== undefined && usage.firstToken > 10 && usage.firstToken < usage.duration,
      JSON.stringify(usage),
    );
  });
});

describe("a word that the prompt cuts", () => {
  before(() => load("falcon7b"));

  test("is healed: the text goes on as if the prompt had not begun the word", async () => {
    let healed = 0;
    let differently = 0;
    for (let i = 0; i < 12; i++) {
      const before = `${file.slice(0, 400 + 30 * i)};\n`;
      const [text = ""] = await texts([{ prompt: [before] }]);
      const cut = text.slice(0, 2);
      // Where the two characters are a token of their own, which the first token of the text begins with.
      if ((await engine.countTokens([before + cut])) !== (await engine.countTokens([before])) + 1) continue;
      const prompt = [before + cut, { cursor: true }] as const;
      const { text: rest, alternatives } = await generate({ prompt, candidates: 2 });
      if (`${cut}${rest}` !== text) continue;
      healed++;
      assert.deepEqual(alternatives, [rest]);
      const [plain] = await texts([{ prompt: [before + cut] }]);
      if (plain !== rest) differently++;
    }
    assert.ok(healed >= 4 && differently >= 4, `${healed} healed, ${differently} unlike the text without`);
  });

  test("what the text begins with is not part of it, and no stop string is found there", async () => {
    const request = { prompt: ["boats[", { cursor: true }] as const, stop: ["boats["], maxTokens: 8 };
    let streamed = "";
    const { text, usage } = await generate(request, (piece) => (streamed += piece));
    assert.equal(text, streamed);
    assert.equal(usage.generated, 8);
  });

  test("a prompt of nothing but a cursor, or of one token, is as it is", async () => {
    for (const prompt of [
      ["a", { cursor: true }],
      [{ role: "eos" }, { cursor: true }],
    ] as const) {
      assert.deepEqual(await texts([{ prompt }]), await texts([{ prompt: prompt.slice(0, 1) }]));
    }
  });
});

test("wrong guesses leave no trace", async () => {
  await load("falcon7b");
  for (const prompt of [file, `${file}${file.slice(0, 500)}`, "one one"]) {
    const request = { prompt: [prompt], maxTokens: 120 };
    const [plain, guessed] = [await generate(request), await generate({ ...request, repeatsPrompt: true })];
    assert.equal(guessed.text, plain.text);
  }
});

describe("a model whose text goes round in a circle", () => {
  const path = `${fs.mkdtempSync(`${os.tmpdir()}/falcon-requests-`)}/repeating.gguf`;
  before(async () => {
    // Without attention every token depends on the one before alone: soon one comes back, and all that follow it.
    const { metadata, tensors } = buildModel(models.falcon7b);
    const withoutAttention = tensors.map((tensor) =>
      tensor.name.endsWith("attn_output.weight") ? { ...tensor, values: tensor.values.map(() => 0) } : tensor,
    );
    writeGguf(path, metadata, withoutAttention);
    const plan = { path, contextSize: 2048, gpu: "off", threads: 1 } as const;
    await engine.load({ plan });
  });
  after(() => fs.rmSync(dirname(path), { recursive: true }));

  test("a penalty keeps it from repeating itself", async () => {
    const repeated = async (repeatPenalty: number) => {
      const pieces: string[] = [];
      await generate({ prompt: ["the"], maxTokens: 60, repeatPenalty }, (piece) => pieces.push(piece));
      return pieces.length - new Set(pieces).size;
    };
    assert.ok((await repeated(1)) > 3);
    assert.equal(await repeated(100), 0);
  });

  test("its tokens are guessed, and the text is the same", async () => {
    for (const prompt of [file, "the boat", "one"]) {
      const request = { prompt: [prompt], maxTokens: 400 };
      const [plain, guessed] = [await generate(request), await generate({ ...request, repeatsPrompt: true })];
      assert.equal(guessed.text, plain.text);
      assert.equal(guessed.usage.generated, plain.usage.generated);
      assert.equal(plain.usage.accepted, 0);
      assert.ok(guessed.usage.accepted > 100, `${guessed.usage.accepted} tokens were guessed`);
    }
  });

  test("a guess does not reach over the end of the context, whose beginning would be dropped for it", async () => {
    const prompt = [`a harbour of its own\n${file}`];
    const room = 2048 - (await engine.countTokens(prompt));
    const { usage } = await generate({ prompt, maxTokens: room, repeatsPrompt: true });
    assert.ok(usage.generated === room && usage.accepted > 100, JSON.stringify(usage));
    const again = await generate({ prompt, maxTokens: 1 });
    assert.equal(again.usage.reused, again.usage.prompt - 1);
  });

  test("guessed beside other requests, and cut by a limit in the middle of a guess", async () => {
    const request = { prompt: ["one"], repeatsPrompt: true };
    const lengths = [397, 398, 399, 400, 401];
    const all = await Promise.all(lengths.map((maxTokens) => generate({ ...request, maxTokens })));
    const plain = await texts(lengths.map((maxTokens) => ({ prompt: ["one"], maxTokens })));
    assert.deepEqual(
      all.map(({ text }) => text),
      plain,
    );
  });
});

for (const name of kinds) {
  describe(`a schema, with ${models[name].name}`, () => {
    before(() => load(name));

    const schemas: readonly JsonSchema[] = [
      { type: "object", properties: { kind: { enum: ["bug", "idea"] }, votes: { type: "integer" } } },
      { type: "array", items: { type: "boolean" } },
      { enum: ["yes", "no"] },
    ];

    test("binds the text to JSON of its shape", async () => {
      let whole = 0;
      for (const [i, schema] of schemas.entries()) {
        for (const seed of [1, 2, 3]) {
          const { text, stopReason } = await generate({ schema, temperature: 1, seed, maxTokens: 300 });
          if (stopReason === "limit") continue;
          whole++;
          const value: unknown = JSON.parse(text);
          assert.equal(text, text.trimEnd());
          if (i === 0) assert.deepEqual(Object.keys(value as object), ["kind", "votes"]);
          if (i === 1) assert.ok(Array.isArray(value) && value.every((each) => typeof each === "boolean"));
          if (i === 2) assert.ok(value === "yes" || value === "no");
        }
      }
      assert.ok(whole >= 5, `${whole} of 9 came to an end`);
    });

    test("characters of several tokens are streamed whole", async () => {
      const words = "日本語 🙂 é";
      const pieces: string[] = [];
      const { text } = await generate({ schema: { enum: [words] } }, (piece) => pieces.push(piece));
      assert.equal(JSON.parse(text), words);
      for (const piece of pieces) assert.ok(!piece.includes("\uFFFD") && piece.isWellFormed(), JSON.stringify(pieces));
      assert.ok(pieces.length > 5, JSON.stringify(pieces));
    });

    test("a stop string that spans tokens ends the text before it, and no part of it is streamed", async () => {
      for (const stop of ["cdefgh", "hij", "j", "日本"]) {
        const words = "ab cdefghij 日本語";
        let streamed = "";
        const { text, stopReason } = await generate({ schema: { enum: [words] }, stop: [stop] }, (piece) => {
          streamed += piece;
          const parts = Array.from(stop, (_, i) => stop.slice(0, i + 1));
          assert.ok(!parts.some((part) => streamed.endsWith(part)), streamed);
        });
        assert.deepEqual([text, stopReason], [`"${words.slice(0, words.indexOf(stop))}`, "end"]);
        assert.equal(streamed, text);
      }
    });
  });
}
