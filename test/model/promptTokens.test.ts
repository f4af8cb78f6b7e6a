// From a prompt to tokens: a text's are the tokenizer's own, and what spells a special token in it is text.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import fc from "../support/fastCheck.ts";
import { getLlama, type Llama, LlamaLogLevel, type LlamaModel } from "node-llama-cpp";

import { chatMarkers, formatOf, renderTurns } from "../../server/chat/formats.ts";
import type { ChatTurn } from "../../src/shared/chat.ts";
import type { PromptPart } from "../../server/engine/engine.ts";
import { tokenizePrompt } from "../../server/engine/llama/text/tokenizePrompt.ts";
import { Vocabulary } from "../../server/engine/llama/text/vocabulary.ts";
import { models, writeModel } from "../fixtures/models.ts";
import { modelFile } from "../support/models.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-prompt-tokens-"));
let llama: Llama;
/** Kept, since a model that is garbage collected before it is disposed keeps llama from ever being. */
const loaded: LlamaModel[] = [];
before(async () => {
  llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.disabled });
});
after(async () => {
  for (const model of loaded) await model.dispose();
  await llama.dispose();
  fs.rmSync(folder, { recursive: true });
});

interface Tokenizer {
  readonly model: LlamaModel;
  readonly vocabulary: Vocabulary;
}

async function load(modelPath: string): Promise<Tokenizer> {
  const model = await llama.loadModel({ modelPath, vocabOnly: true });
  loaded.push(model);
  return { model, vocabulary: new Vocabulary(model) };
}

async function tokensOf({ model, vocabulary }: Tokenizer, parts: readonly PromptPart[]): Promise<readonly number[]> {
  return (await tokenizePrompt(model, vocabulary, parts)).tokens;
}

const instructed = ["falcon3", "falconH1", "falconMamba"] as const;

for (const name of instructed) {
  describe(`${models[name].name}, whose turn tokens are of another type`, () => {
    let control: Tokenizer;
    before(async () => {
      control = await load(modelFile(name));
    });

    for (const markerType of ["userDefined", "normal"] as const) {
      test(`${markerType}: the prompt is the same`, async () => {
        const file = path.join(folder, `${name}-${markerType}.gguf`);
        writeModel(file, { ...models[name], markerType });
        const other = await load(file);
        const markersOf = ({ vocabulary }: Tokenizer) => chatMarkers.filter((each) => vocabulary.markers.has(each));
        assert.deepEqual(markersOf(other), markersOf(control));
        assert.ok(markersOf(other).length > 0);

        const format = formatOf({ name: "", path: "", architecture: "", markers: markersOf(other) });
        const text = fc
          .array(fc.constantFrom(...chatMarkers, "<|", "|>", "<", "user", "im_end|>", " ", "\n", "a.", ">>", "é"))
          .map((pieces) => pieces.join(""));
        await fc.assert(
          fc.asyncProperty(text, text, async (question, answer) => {
            const turns: readonly ChatTurn[] = [
              { role: "user", text: question },
              { role: "assistant", text: answer },
              { role: "user", text: "x" },
            ];
            const parts = renderTurns(turns, format);
            assert.deepEqual(await tokensOf(other, parts), await tokensOf(control, parts));
          }),
          { numRuns: 300 },
        );
      });
    }
  });
}

for (const name of ["falcon7b", "falcon3", "falconH1"] as const) {
  test(`${models[name].name}: a long text has the tokens of the whole, however it is sliced`, async () => {
    const tokenizer = await load(modelFile(name));
    const { bos, shouldPrependBosToken } = tokenizer.model.tokens;
    const piece = fc.constantFrom(
      ..."a|ab|boat|1|12345|.|, |'s|it's|_|(|) {|\n|\n\n| |    |\t|\r\n|é|世界|🦅|//|**|\u0301|`".split("|"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 20, maxLength: 60 }), fc.nat(), async (pieces, seed) => {
        // With a place to cut at, now and then: a text is cut anywhere where it has none.
        const cuttable = `${pieces.join("")} boat`;
        const text = cuttable.repeat(70_000 / cuttable.length);
        const direct = tokenizer.model.tokenize(text, false);
        const expected = shouldPrependBosToken && bos !== null ? [bos, ...direct] : direct;
        assert.deepEqual(await tokensOf(tokenizer, [text]), expected);
        const place = seed % text.length;
        const { tokens, stable } = await tokenizePrompt(tokenizer.model, tokenizer.vocabulary, [
          text.slice(0, place),
          { stable: true },
          text.slice(place),
        ]);
        assert.deepEqual(tokens, expected);
        const before = await tokensOf(tokenizer, [text.slice(0, place)]);
        const shared = before.findIndex((token, i) => token !== expected[i]);
        assert.deepEqual(stable, [shared < 0 ? before.length : shared]);
      }),
      { numRuns: 20 },
    );
  });
}

test("who counts the tokens of a long text lets others have their turn, and reads no further than a limit", async () => {
  const { model, vocabulary } = await load(modelFile("falcon7b"));
  const text = "const berth = boats[12];\n".repeat(20_000);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  try {
    const { tokens } = await tokenizePrompt(model, vocabulary, [text]);
    assert.ok(turns >= 10, `${turns} turns`);
    const { tokens: counted } = await tokenizePrompt(model, vocabulary, [text], 1000);
    assert.ok(counted.length > 1000 && counted.length < 20_000 && tokens.length > 100_000, String(counted.length));
  } finally {
    clearInterval(timer);
  }
});

test("a text that is a thousand times as long takes no longer to read up to a limit", async () => {
  const { model, vocabulary } = await load(modelFile("falcon7b"));
  const timed = async (text: string) => {
    const start = performance.now();
    await tokenizePrompt(model, vocabulary, [text], 100);
    return performance.now() - start;
  };
  const short = await timed("漢".repeat(30_000));
  const long = await timed("漢".repeat(30_000_000));
  assert.ok(long < 100 * short + 500, `${long} ms, ${short} ms`);
});
