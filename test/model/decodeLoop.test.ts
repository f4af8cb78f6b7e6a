// The decode loop with a real context: who may use the sequences, and when.

import "../support/oneLibuvThread.ts";

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getLlama, type Llama, type LlamaContext, LlamaLogLevel, type LlamaModel, type Token } from "node-llama-cpp";

import { EngineError } from "../../server/engine/engine.ts";
import { BatchCost } from "../../server/engine/llama/decode/batchCost.ts";
import { DecodeLoop } from "../../server/engine/llama/decode/decodeLoop.ts";
import { libraryEvaluator } from "../../server/engine/llama/decode/libraryEvaluator.ts";
import { sampleTokens } from "../../server/engine/llama/decode/sampler.ts";
import { SequencePool } from "../../server/engine/llama/decode/sequencePool.ts";
import type { DecodeRequest } from "../../server/engine/llama/decode/decodeRequest.ts";
import { modelFile } from "../support/models.ts";

let llama: Llama;
let model: LlamaModel;
let context: LlamaContext;
before(async () => {
  llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
  model = await llama.loadModel({ modelPath: modelFile("falcon7b") });
  context = await model.createContext({ sequences: 6, contextSize: 256, threads: 1 });
});
after(() => llama.dispose());

const onFault = (error: unknown) => {
  throw error;
};

test("a request waits for the sequence that is lent, not for what is left to do with its file, and no other is lent after that", async () => {
  const events: string[] = [];
  const idle = Promise.withResolvers<undefined>();
  const sequences = [context.getSequence(), context.getSequence(), context.getSequence()];
  const free = context.getSequence();
  const loop = new DecodeLoop({
    sequences,
    evaluator: libraryEvaluator,
    restore: () => Promise.resolve(false),
    onStep: () => undefined,
    onIdle: () => idle.resolve(undefined),
    onFault,
  });
  const request: DecodeRequest = {
    prompt: model.tokenize("one two three"),
    stable: [],
    priority: "completion",
    async *evaluate(sequence, rest) {
      await sequence.evaluateWithoutGeneratingNewTokens([...rest]);
      yield;
      events.push("evaluated");
      return "stopped";
    },
  };
  const back = Promise.withResolvers<undefined>();
  const rest = Promise.withResolvers<undefined>();
  const lent = loop.lendIdle(async (sequence) => {
    events.push(`lent ${sequences.indexOf(sequence)}`);
    await back.promise;
    events.push("back");
    return () => rest.promise.then(() => void events.push("the rest"));
  });
  await Promise.resolve();
  assert.ok(!loop.isRunning);
  const run = loop.run([request], new AbortController().signal);
  assert.ok(loop.isRunning);
  // Longer than the request would take, which has as many tokens.
  for (let i = 0; i < 3; i++) await free.evaluateWithoutGeneratingNewTokens(model.tokenize("one two three"));
  await free.dispose();
  back.resolve(undefined);
  await Promise.all([run, idle.promise]);
  rest.resolve(undefined);
  await lent;
  assert.deepEqual(events, ["lent 2", "back", "evaluated", "the rest"]);
  assert.ok(!loop.isRunning);

  events.length = 0;
  await loop.lendIdle((sequence) => {
    events.push(`lent ${sequences.indexOf(sequence)}`);
    return Promise.resolve(undefined);
  });
  assert.deepEqual(events, ["lent 0", "lent 2", "lent 1"], "the last used first");
});

test("a fault in a step ends its request with an error of the engine, and the next one is evaluated", async () => {
  const sequence = context.getSequence();
  const loop = new DecodeLoop({
    sequences: [sequence],
    evaluator: libraryEvaluator,
    restore: () => Promise.resolve(false),
    onStep: () => undefined,
    onIdle: () => undefined,
    onFault,
  });
  const request = (evaluate: DecodeRequest["evaluate"]): DecodeRequest => ({
    prompt: model.tokenize("one two three"),
    stable: [],
    priority: "completion",
    evaluate,
  });
  const { signal } = new AbortController();
  const broken = request(async function* (sequence, rest) {
    await sequence.evaluateWithoutGeneratingNewTokens([...rest]);
    yield;
    throw new Error("decode returned 1");
  });
  await assert.rejects(loop.run([broken], signal), new EngineError("decodeFailed", "decode returned 1"));
  assert.equal(sequence.nextTokenIndex, 0);
  const whole = request(async function* (sequence, rest) {
    await sequence.evaluateWithoutGeneratingNewTokens([...rest]);
    yield;
    return "stopped";
  });
  assert.deepEqual(await loop.run([whole], signal), [{ end: "stopped", reused: 0 }]);
});

test("once all is aborted, no step is counted in which nothing is evaluated", async () => {
  const sizes: number[] = [];
  const idle = Promise.withResolvers<undefined>();
  class Seen extends BatchCost {
    override stepped(sequences: number): void {
      sizes.push(sequences);
    }
  }
  const loop = new DecodeLoop({
    sequences: [context.getSequence()],
    evaluator: libraryEvaluator,
    batchCost: new Seen(),
    restore: () => Promise.resolve(false),
    onStep: () => undefined,
    onIdle: () => idle.resolve(undefined),
    onFault,
  });
  const aborted = new AbortController();
  const request: DecodeRequest = {
    prompt: model.tokenize("one"),
    stable: [],
    priority: "completion",
    async *evaluate(sequence, rest) {
      await sequence.evaluateWithoutGeneratingNewTokens([...rest]);
      yield;
      aborted.abort();
      yield;
      return "stopped";
    },
  };
  assert.deepEqual(await loop.run([request], aborted.signal), [{ end: "aborted", reused: 0 }]);
  await idle.promise;
  assert.deepEqual(sizes, [1]);
});

test("a request without a token is refused", async () => {
  const loop = new DecodeLoop({
    sequences: [context.getSequence()],
    evaluator: libraryEvaluator,
    restore: () => Promise.resolve(false),
    onStep: () => undefined,
    onIdle: () => undefined,
    onFault,
  });
  const request: DecodeRequest = { prompt: [], stable: [], priority: "chat", evaluate: () => assert.fail() };
  await assert.rejects(loop.run([request], new AbortController().signal), { failure: "decodeFailed" });
});

test("what is evaluated in a step is in the order of the sequences, however urgent it is", async () => {
  /** Of each batch, the first token of each request in it. */
  const batches: number[][] = [];
  const ordered = await model.createContext({
    sequences: 4,
    contextSize: 256,
    threads: 1,
    batching: {
      itemPrioritizationStrategy: ({ items }) => {
        batches.push(items.map(({ tokens: [token = -1] }) => token));
        return items.map((item) => ({ item, processAmount: item.tokens.length }));
      },
    },
  });
  const sequences = Array.from({ length: 4 }, () => ordered.getSequence());
  const loop = new DecodeLoop({
    sequences,
    evaluator: libraryEvaluator,
    restore: () => Promise.resolve(false),
    onStep: () => undefined,
    onIdle: () => undefined,
    onFault,
  });
  /** Evaluates the number of its sequence again and again, once its prompt of such numbers is evaluated. */
  const request = (priority: DecodeRequest["priority"], length: number, steps: number): DecodeRequest => ({
    prompt: Array<Token>(length).fill(starts++ as Token),
    stable: [],
    priority,
    evaluate: (sequence, rest, evaluator) => {
      const [number = assert.fail()] = rest;
      assert.equal(sequence, sequences[number]);
      return sampleTokens(evaluator, sequence, rest, {}, () => (steps-- > 0 ? number : undefined));
    },
  });
  let starts = 0;
  const run = (...requests: readonly DecodeRequest[]) =>
    requests.map((each) => loop.run([each], new AbortController().signal));
  const chats = run(request("chat", 2, 40), request("chat", 100, 30));
  while (batches.length < 5) await new Promise(setImmediate);
  await Promise.all([...chats, ...run(request("completion", 100, 20), request("completion", 1, 20))]);
  for (const batch of batches)
    assert.deepEqual(
      batch,
      batch.toSorted((a, b) => a - b),
    );
  assert.ok(new Set(batches.map(String)).size >= 4, "many are together in a batch");
  assert.ok(batches.some((batch) => batch.length === 4));
});

test("a newcomer gets an empty sequence beside those that run, then one between or beside them, then the least recently used", async () => {
  const all = await model.createContext({ sequences: 5, contextSize: 256, threads: 1 });
  const sequences = Array.from({ length: 5 }, () => all.getSequence());
  const pool = new SequencePool(sequences, () => Promise.resolve(false));
  /** Takes a sequence for a prompt like no other, evaluates it, and gives the sequence's place. */
  const take = async (text: string): Promise<number> => {
    const prompt = model.tokenize(text);
    const { sequence } = await pool.take(
      { prompt, stable: [], priority: "chat", evaluate: () => assert.fail() },
      false,
    );
    await sequence.evaluateWithoutGeneratingNewTokens(prompt);
    return sequences.indexOf(sequence);
  };
  const giveBack = (...places: readonly number[]) => {
    for (const place of places) pool.giveBack(sequences[place] ?? assert.fail());
  };
  assert.deepEqual([await take("one"), await take("two"), await take("three")], [0, 1, 2]);
  giveBack(0, 1, 2);
  // Nothing runs: the first that is empty, and from then on those beside it.
  assert.deepEqual([await take("four"), await take("five")], [3, 4]);
  giveBack(4);
  // All hold something: 2 and 4 are beside 3, and 2 was used longer ago; then 1 is beside 2, and 0 is not.
  assert.deepEqual([await take("six"), await take("seven"), await take("eight")], [2, 1, 0]);
  giveBack(1, 0, 2, 3);
  assert.equal(await take("nine"), 4, "nothing runs: the least recently used");
  for (const text of ["ten", "eleven", "twelve", "thirteen"]) await take(text);
  giveBack(0, 2);
  // 0 was used longer ago, but without 2 those that run would be two groups.
  assert.deepEqual([await take("fourteen"), await take("fifteen")], [2, 0]);
});
