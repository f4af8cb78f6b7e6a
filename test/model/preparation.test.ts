// What a GPU does once is done after the load, and gives way to requests. The steps are the same on the CPU.

import "../support/oneLibuvThread.ts";

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { getLlama, type Llama, type LlamaContextSequence, LlamaLogLevel, type LlamaModel } from "node-llama-cpp";

import type { DecodeRequest } from "../../server/engine/llama/decode/decodeRequest.ts";
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

const options = { onPromptRate: () => undefined, log, longest: Infinity };

function start(sequences: readonly LlamaContextSequence[]): { preparation: Preparation; loop: DecodeLoop } {
  const preparation: Preparation = new Preparation({ ...options, sequences, whileIdle: (use) => loop.whileIdle(use) });
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
  return { preparation, loop };
}

/** A request that evaluates its prompt. */
function read(prompt: string): DecodeRequest {
  return {
    prompt: model.tokenize(prompt),
    stable: [],
    priority: "background",
    async *evaluate(sequence, rest) {
      await sequence.evaluateWithoutGeneratingNewTokens([...rest]);
      yield;
      return "stopped";
    },
  };
}

test("a request goes before what is left, keeps its sequence, and the rest is done after it", async () => {
  const { preparation, loop } = start(sequences);
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

test("the batches are pieces of prompts, and next tokens of several sequences", async () => {
  for (const sequence of sequences) await sequence.clearHistory();
  const evaluated: string[] = [];
  const whileIdle: DecodeLoop["whileIdle"] = async (use) => {
    const lengths = sequences.map(() => 0);
    const originals = sequences.map((sequence) => sequence.evaluate.bind(sequence));
    for (const [i, sequence] of sequences.entries()) {
      sequence.evaluate = (tokens, options) => {
        lengths[i] = tokens.length;
        return (originals[i] ?? assert.fail())(tokens, options);
      };
    }
    await use();
    for (const [i, sequence] of sequences.entries()) sequence.evaluate = originals[i] ?? assert.fail();
    evaluated.push(lengths.filter((length) => length > 0).join("+"));
    return true;
  };
  const rates: number[] = [];
  const onPromptRate = (rate: number) => rates.push(rate);
  const preparation = new Preparation({ ...options, onPromptRate, sequences, whileIdle });
  await preparation.goOn();
  await preparation.done;
  const pieces = ["1", "2", "4", "8", "16", "32", "64", "128", "256", "512"];
  assert.deepEqual(evaluated, [...pieces, "1+1", "1+1+1"]);
  assert.ok(rates.length === 1 && rates.every((rate) => rate > 100 && rate < Infinity), String(rates));
});

test("what takes long is not evaluated, but for the first time of a piece, which compiles it", async () => {
  for (const sequence of sequences) await sequence.clearHistory();
  const [first] = sequences;
  assert.ok(first);
  const evaluated: number[] = [];
  const evaluate = first.evaluate.bind(first);
  first.evaluate = async function* (tokens, evaluation) {
    const isFirst = !evaluated.includes(tokens.length);
    evaluated.push(tokens.length);
    if (tokens.length === 4 ? isFirst : tokens.length === 32) await sleep(1200);
    yield* evaluate(tokens, evaluation);
  };
  let rate = 0;
  const preparation = new Preparation({
    ...options,
    longest: 4,
    onPromptRate: (each) => (rate = each),
    sequences: [first],
    whileIdle: async (use) => (await use(), true),
  });
  await preparation.goOn();
  first.evaluate = evaluate;
  assert.deepEqual(evaluated, [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32]);
  assert.ok(rate > 0 && rate <= 32 / 1.19, String(rate));
});

test("where a request has used the only sequence meanwhile, the rate of a short piece is not told", async () => {
  const [first] = sequences;
  assert.ok(first);
  await first.clearHistory();
  let left = 3;
  const preparation = new Preparation({
    ...options,
    onPromptRate: () => assert.fail("a rate is told"),
    sequences: [first],
    whileIdle: async (use) => {
      await use();
      if (--left === 0) await first.evaluateWithoutGeneratingNewTokens(model.tokenize("let boat = find(37);"));
      return true;
    },
  });
  await preparation.goOn();
  await preparation.done;
  await first.clearHistory();
});

test("one that is stopped, or fails, keeps nobody waiting", async () => {
  const stopped = new Preparation({ ...options, sequences, whileIdle: () => assert.fail("nothing runs") });
  stopped.stop();
  await stopped.goOn();
  await stopped.done;
  const logged: string[] = [];
  const failing = new Preparation({
    ...options,
    sequences,
    whileIdle: () => Promise.reject(new Error("the device was lost")),
    log: (message) => logged.push(message),
  });
  await failing.goOn();
  await failing.done;
  assert.match(logged.join("\n"), /the device was lost/);
});

test("it ends also where a private request used the only sequence, or one is aborted while it waits", async () => {
  for (const sequence of sequences) await sequence.clearHistory();
  const [alone] = sequences;
  assert.ok(alone);
  const single = start([alone]);
  await single.loop.run([{ ...read("let boat = find(37);\n"), private: true }], new AbortController().signal);
  await single.preparation.done;
  assert.equal(single.preparation.left, 0);
  await alone.clearHistory();
  const { preparation, loop } = start(sequences);
  void preparation.goOn();
  const aborted = new AbortController();
  const ended = loop.run([read("let pier = find(37);\n")], aborted.signal);
  aborted.abort();
  await ended;
  await preparation.done;
  assert.equal(preparation.left, 0);
});

test("told to go on while it ends for a request, it goes on", async () => {
  for (const sequence of sequences) await sequence.clearHistory();
  let calls = 0;
  const preparation: Preparation = new Preparation({
    ...options,
    sequences,
    whileIdle: async (use) => {
      calls++;
      if (calls !== 2) await use();
      else void preparation.goOn();
      return calls !== 2;
    },
  });
  await preparation.goOn();
  assert.equal(preparation.left, 0);
});

test("after a failure nothing is evaluated any more, and nothing held, when a request may begin", async () => {
  const [first, second, third] = sequences;
  assert.ok(first && second && third);
  for (const sequence of sequences) await sequence.clearHistory();
  const evaluate = first.evaluate.bind(first);
  let atEnd: number | undefined;
  const whileIdle: DecodeLoop["whileIdle"] = async (use) => {
    try {
      await use();
    } finally {
      atEnd = second.nextTokenIndex;
    }
    return true;
  };
  const logged: string[] = [];
  const preparation = new Preparation({ ...options, sequences, whileIdle, log: (line) => logged.push(line) });
  first.evaluate = (tokens, options) => {
    if (preparation.left > 1) return evaluate(tokens, options);
    throw new Error("the device was lost");
  };
  let held: number | undefined;
  const clear = second.clearHistory.bind(second);
  second.clearHistory = async () => {
    held = second.nextTokenIndex;
    await clear();
  };
  await preparation.goOn();
  first.evaluate = evaluate;
  second.clearHistory = clear;
  assert.equal(held, 1);
  assert.equal(atEnd, 0);
  assert.match(logged.join("\n"), /the device was lost/);
});
