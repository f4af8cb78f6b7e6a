// What a GPU does once is done after the load, and gives way to requests. The steps are the same on the CPU.

import "../support/oneLibuvThread.ts";

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getLlama, type Llama, type LlamaContextSequence, LlamaLogLevel, type LlamaModel } from "node-llama-cpp";

import { DecodeLoop } from "../../server/engine/llama/decode/decodeLoop.ts";
import { libraryEvaluator } from "../../server/engine/llama/decode/libraryEvaluator.ts";
import { Preparation } from "../../server/engine/llama/load/preparation.ts";
import { modelFile } from "../support/models.ts";

let llama: Llama;
let model: LlamaModel;
let sequences: readonly LlamaContextSequence[];
before(async () => {
  llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
  model = await llama.loadModel({ modelPath: modelFile("falconH1") });
  const context = await model.createContext({ sequences: 3, contextSize: 1024, threads: 1 });
  sequences = Array.from({ length: 3 }, () => context.getSequence());
});
after(() => llama.dispose());

const log = (message: string) => assert.fail(message);

test("a request goes before what is left, keeps its sequence, and the rest is done after it", async () => {
  const preparation: Preparation = new Preparation({ sequences, lendIdle: (use) => loop.lendIdle(use), log });
  const loop = new DecodeLoop({
    sequences,
    evaluator: libraryEvaluator,
    restore: () => Promise.resolve(false),
    onStep: () => undefined,
    onIdle: () => void preparation.goOn(),
    onFault: (error) => {
      throw error;
    },
  });
  const all = preparation.left;
  assert.ok(all > 6, `${all} batches`);
  const begun = preparation.goOn();
  assert.ok(preparation.isRunning);
  const prompt = model.tokenize("let boat = find(37);\n");
  let leftAtEnd: number | undefined;
  let held: LlamaContextSequence | undefined;
  await loop.run(
    [
      {
        prompt,
        stable: [],
        priority: "background",
        async *evaluate(sequence, rest) {
          await sequence.evaluateWithoutGeneratingNewTokens([...rest]);
          yield;
          leftAtEnd = preparation.left;
          held = sequence;
          return "stopped";
        },
      },
    ],
    new AbortController().signal,
  );
  assert.ok(leftAtEnd !== undefined && leftAtEnd >= all - 1, `${leftAtEnd} of ${all}`);
  await begun;
  await preparation.done;
  assert.equal(preparation.left, 0);
  assert.deepEqual(held?.contextTokens, prompt);
  for (const sequence of sequences) if (sequence !== held) assert.equal(sequence.nextTokenIndex, 0);
});

test("the batches are next tokens of one and several sequences, drafts, and pieces of prompts", async () => {
  for (const sequence of sequences) await sequence.clearHistory();
  const evaluated: string[] = [];
  const lend: DecodeLoop["lendIdle"] = async (use) => {
    const lengths = sequences.map(() => 0);
    const originals = sequences.map((sequence) => sequence.evaluate.bind(sequence));
    for (const [i, sequence] of sequences.entries()) {
      sequence.evaluate = (tokens, options) => {
        lengths[i] = tokens.length;
        return (originals[i] ?? assert.fail())(tokens, options);
      };
    }
    await use(sequences[0] ?? assert.fail());
    for (const [i, sequence] of sequences.entries()) sequence.evaluate = originals[i] ?? assert.fail();
    evaluated.push(lengths.filter((length) => length > 0).join("+"));
  };
  const preparation = new Preparation({ sequences, lendIdle: lend, log });
  await preparation.goOn();
  await preparation.done;
  assert.deepEqual(evaluated, ["1", "1+1", "1+1+1", "4", "8", "32", "64", "512"]);
});

test("one that is stopped, or fails, keeps nobody waiting", async () => {
  const stopped = new Preparation({ sequences, lendIdle: () => assert.fail("nothing is lent"), log });
  stopped.stop();
  await stopped.goOn();
  await stopped.done;
  const logged: string[] = [];
  const failing = new Preparation({
    sequences,
    lendIdle: () => Promise.reject(new Error("the device was lost")),
    log: (message) => logged.push(message),
  });
  await failing.goOn();
  await failing.done;
  assert.match(logged.join("\n"), /the device was lost/);
});
