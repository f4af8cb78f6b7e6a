// Healing of words that a prompt cuts, with a vocabulary as large as Falcon3's: what it costs at a key, and what it gives.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as library from "node-llama-cpp";
import type { Llama, LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";

import { Healing } from "../../server/engine/llama/text/healing.ts";
import { Vocabulary } from "../../server/engine/llama/text/vocabulary.ts";
import fc from "../support/fastCheck.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

let llama: Llama;
let model: LlamaModel;
let vocabulary: Vocabulary;
before(async () => {
  const logLevel = library.LlamaLogLevel.error;
  llama = await library.getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel });
  model = await llama.loadModel({ modelPath: modelFile("largeVocabulary") });
  vocabulary = new Vocabulary(model);
});
after(() => llama.dispose());

/** Texts of tokens that begin few, many and most of the others. */
const cuts = [" ", "s", " s", "p", " p", " the", "on"];

test("the tokens that begin with a text are found without a look at the others", () => {
  const all = [...model.iterateAllTokens()].filter((token) => !model.isSpecialToken(token));
  const texts = all.map((token) => model.detokenize([token]));
  for (const cut of [...cuts, "\u{10ffff}", "nothing begins so"]) {
    const expected = all.filter((_, i) => texts[i]?.startsWith(cut));
    assert.deepEqual(
      [...vocabulary.beginningWith(cut)].sort((a, b) => a - b),
      expected,
    );
    assert.equal(vocabulary.countBeginningWith(cut), expected.length);
  }
  const counts = new Map<string, number>();
  for (const text of texts)
    for (let i = 1; i <= text.length; i++) counts.set(text.slice(0, i), (counts.get(text.slice(0, i)) ?? 0) + 1);
  const isStart = (text: string) => (counts.get(text) ?? 0) > 1000 && (counts.get(text) ?? 0) <= 10_000;
  const starts = [...new Set(texts)].filter((text) => isStart(text) && !/[\n\uFFFD]/.test(text));
  assert.ok(starts.length > 20);
  assert.deepEqual([...vocabulary.startsOf(1000, 10_000)].sort(), starts.sort());
});

test("a key collects five hundred tokens at most, and binds the choice to ten thousand at most", () => {
  let collected = 0;
  let bound = 0;
  const sizes = new Map<unknown, number>();
  const counting = {
    ...library,
    TokenBias: {
      for: (model: LlamaModel) => {
        const bias = library.TokenBias.for(model);
        const set = bias.set.bind(bias);
        bias.set = (tokens, value) => {
          const { length } = tokens as readonly Token[];
          collected += length;
          sizes.set(bias, length);
          return set(tokens, value);
        };
        return bias;
      },
    },
  } as unknown as typeof library;
  const healing = new Healing(counting, model, vocabulary);
  assert.ok(vocabulary.countBeginningWith(" ") > 60_000);
  for (const cut of [...cuts, "\n", "\n    ", "\n\n\t\t", "    "]) {
    collected = 0;
    const bias = healing.bind(cut);
    assert.ok(collected <= 500 + cut.length, `${collected} tokens for "${cut}"`);
    bound = Math.max(bound, sizes.get(bias) ?? 0);
    const beginnings = cut.trim() === "" ? vocabulary.beginningsOf(cut).length : 0;
    if (bias) assert.equal(sizes.get(bias), vocabulary.countBeginningWith(cut) + beginnings);
    else assert.equal(cut, " ");
  }
  assert.ok(bound > 5000 && bound <= 10_000, `${bound}`);
});

test("a text is spelled whatever is chosen, and what was chosen stays where it spells it", () => {
  const healing = new Healing(library, model, vocabulary);
  const spellWith = (text: string, ...choices: readonly string[]) => {
    const spelling = healing.spell(text);
    const taken: Token[] = [];
    for (let i = 0; !spelling.isDone; i++) {
      const [chosen] = model.tokenize(choices[i] ?? "x");
      assert.ok(chosen !== undefined);
      taken.push(spelling.take(chosen));
    }
    assert.equal(spelling.bias, undefined);
    return model.detokenize(taken);
  };
  assert.equal(spellWith("\n  ", "\n", " ", " the"), "\n  the");
  assert.equal(spellWith("\n  ", "\n", "the"), "\n  ");
  assert.equal(spellWith("\t\n\t", "the"), "\t\n\t");
  assert.equal(spellWith(" ", " the"), " the");
  assert.equal(spellWith(" ", "the"), " ");
  assert.equal(spellWith("the", "t", "h", "e"), "the");
  assert.equal(spellWith("🦅é\n", "x"), "🦅é\n");
  const characters = fc.array(fc.constantFrom(" ", "\n", "\t", "a", "the", "é", "🦅"), { minLength: 1, maxLength: 9 });
  const choices = fc.array(fc.constantFrom(" ", "\n", "\t", "a", "t", "the", " the", "é", "🦅"), { maxLength: 9 });
  fc.assert(
    fc.property(characters, choices, (text, chosen) => {
      assert.ok(spellWith(text.join(""), ...chosen).startsWith(text.join("")));
    }),
  );
});

describe("text after a word that the prompt cuts", () => {
  const engine = new ModelUnderTest({ onDied: (reason) => assert.fail(reason) });
  let sequence: LlamaContextSequence;
  before(async () => {
    const plan = { path: modelFile("largeVocabulary"), contextSize: 512, gpu: "off", threads: 1 } as const;
    await engine.load({ plan });
    const context = await model.createContext({ contextSize: 512, threads: 1, flashAttention: false });
    sequence = context.getSequence();
  });
  after(() => engine.dispose());

  /** The likeliest tokens after others. */
  async function write(tokens: readonly Token[], count: number, tokenBias?: library.TokenBias): Promise<Token[]> {
    await sequence.clearHistory();
    const written: Token[] = [];
    const options = { temperature: 0, ...(tokenBias && { tokenBias }) };
    for await (const token of sequence.evaluate([...tokens], options)) if (written.push(token) === count) break;
    return written;
  }

  /** The model's texts begin with it. */
  const tokenize = (text: string) => [model.tokens.bos ?? assert.fail(), ...model.tokenize(text)];
  const words = ["return", "class", "int", "for", "get", "out", "name", "data", "his", "were", "more", "with"];
  const begin = (i: number) => `let boat${i} = find(${i}); ${words[i] ?? ""}`;
  async function generate(prompt: string) {
    const request = {
      priority: "completion",
      prompt: [prompt, { cursor: true }],
      maxTokens: 6,
      temperature: 0,
    } as const;
    return (await engine.generate({ ...request, stop: [] }, () => undefined, new AbortController().signal)).text;
  }

  test("one of few tokens is bound to begin with what was cut off", async () => {
    for (let i = 0; i < 4; i++) {
      const tokens = [...tokenize(begin(i)), ...model.tokenize(" s")];
      const bias = library.TokenBias.for(model).set([...vocabulary.beginningWith(" s")], { logit: 1000 });
      const [first] = await write(tokens.slice(0, -1), 1, bias);
      assert.ok(first !== undefined);
      const rest = await write([...tokens.slice(0, -1), first], 5);
      assert.equal(` s${await generate(`${begin(i)} s`)}`, model.detokenize([first, ...rest]));
    }
  });

  test("after a space the model chooses freely, and where that is no word, the space stays as it is", async () => {
    const kinds = new Set<boolean>();
    for (let i = 0; i < 12; i++) {
      const tokens = tokenize(begin(i));
      const [space, ...more] = model.tokenize(" ");
      assert.ok(space !== undefined && more.length === 0);
      const [chosen] = await write(tokens, 1);
      assert.ok(chosen !== undefined);
      const isWord = model.detokenize([chosen]).startsWith(" ");
      kinds.add(isWord);
      const first = isWord ? chosen : space;
      const rest = await write([...tokens, first], 5);
      assert.equal(` ${await generate(`${begin(i)} `)}`, model.detokenize([first, ...rest]));
    }
    assert.equal(kinds.size, 2);
  });
});
