// Batches that are given to the addon directly: the same texts as by the library, in one native call a step.

import "../support/oneLibuvThread.ts";

import assert from "node:assert/strict";
import process from "node:process";
import { after, before, test } from "node:test";
import {
  getLlama,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  LlamaLogLevel,
  type LlamaModel,
  type Token,
  TokenBias,
} from "node-llama-cpp";

import type { Priority } from "../../server/engine/engine.ts";
import { DecodeLoop } from "../../server/engine/llama/decode/decodeLoop.ts";
import type { DecodeRequest } from "../../server/engine/llama/decode/decodeRequest.ts";
import { chooseEvaluator, type Evaluator, type SamplingOptions } from "../../server/engine/llama/decode/evaluator.ts";
import { libraryEvaluator } from "../../server/engine/llama/decode/libraryEvaluator.ts";
import { sampleTokens } from "../../server/engine/llama/decode/sampler.ts";
import { scoreTokens } from "../../server/engine/llama/decode/scorer.ts";
import { sampleDraftedTokens } from "../../server/engine/llama/decode/speculation.ts";
import { replaceMethod } from "../support/addon.ts";
import { modelFile } from "../support/models.ts";

let llama: Llama;
let model: LlamaModel;
let context: LlamaContext;
let sequences: readonly LlamaContextSequence[];
before(async () => {
  llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.disabled });
  model = await llama.loadModel({ modelPath: modelFile("falcon7b") });
  context = await model.createContext({ sequences: 4, contextSize: 256, threads: 1, flashAttention: false });
  sequences = Array.from({ length: 4 }, () => context.getSequence());
});
after(() => llama.dispose());

const never = new AbortController().signal;
const directly = () => chooseEvaluator(sequences, (message) => assert.fail(message));

function startLoop(evaluator: Evaluator, onStep: () => void = () => undefined): DecodeLoop {
  return new DecodeLoop({
    sequences,
    evaluator,
    restore: () => Promise.resolve(false),
    onStep,
    onIdle: () => undefined,
    onFault: (error) => assert.fail(String(error)),
  });
}

interface Writing {
  readonly request: DecodeRequest;
  readonly written: readonly Token[];
}

function writing(
  text: string,
  options: () => SamplingOptions = () => ({}),
  count = 20,
  priority: Priority = "completion",
) {
  const prompt = model.tokenize(text);
  const written: Token[] = [];
  const request: DecodeRequest = {
    prompt,
    stable: [],
    priority,
    evaluate: (sequence, rest, evaluator) =>
      sampleTokens(evaluator, sequence, rest, options(), (token) => (written.push(token) < count ? token : undefined)),
  };
  return { request, written } satisfies Writing;
}

/** What each writes when they are run at once, or one after the other. */
async function write(loop: DecodeLoop, writings: readonly Writing[], atOnce: boolean) {
  if (atOnce) await Promise.all(writings.map(({ request }) => loop.run([request], never)));
  else for (const { request } of writings) await loop.run([request], never);
  return writings.map(({ written }) => written);
}

const texts = [
  "let boat = 1;",
  "if (boat) {",
  "const piers = find(piers, 2);",
  "one two three",
  "return",
  "moor the boat",
];
const greedy = () => texts.map((text, i) => writing(text, undefined, 12 + 3 * i));

test("together, in whatever order they come, they write what each writes alone through the library", async () => {
  const alone = await write(startLoop(libraryEvaluator), greedy(), false);
  assert.equal(new Set(alone.map(String)).size, texts.length);
  const evaluator = directly();
  assert.deepEqual(await write(startLoop(evaluator), greedy(), false), alone);
  const loop = startLoop(evaluator);
  for (const order of [
    [0, 1, 2, 3, 4, 5],
    [5, 2, 0, 4, 1, 3],
    [3, 5, 4, 2, 1, 0],
    [1, 4, 0, 5, 3, 2],
  ]) {
    const writings = greedy();
    const shuffled = order.map((i) => writings[i] ?? assert.fail());
    assert.deepEqual(
      await write(loop, shuffled, true),
      order.map((i) => alone[i]),
    );
  }
});

test("seeds, penalties, grammars and biases choose what they choose through the library", async () => {
  const grammar = await llama.getGrammarFor("json_arr");
  const { LlamaGrammarEvaluationState } = await import("node-llama-cpp");
  const [boat = assert.fail(), pier = assert.fail()] = [...model.tokenize("boat"), ...model.tokenize("pier")];
  const makers: readonly (() => SamplingOptions)[] = [
    () => ({ temperature: 1, seed: 7 }),
    () => ({ temperature: 0.7, seed: 8, topK: 5, topP: 0.8, minP: 0.01 }),
    () => ({ repeatPenalty: { penalty: 1.3, punishTokens: [boat, pier] } }),
    () => {
      let calls = 0;
      const first = new TokenBias(model.tokenizer).set([boat], { logit: 1000 });
      const others = new TokenBias(model.tokenizer).set([pier], "never");
      return { tokenBias: () => (calls++ === 0 ? first : others) };
    },
    () => ({ temperature: 1, seed: 9, grammarEvaluationState: new LlamaGrammarEvaluationState({ model, grammar }) }),
  ];
  const all = () => makers.map((options, i) => writing(texts[i] ?? "", options));
  const byLibrary = await write(startLoop(libraryEvaluator), all(), false);
  assert.equal(byLibrary[3]?.[0], boat);
  assert.deepEqual(await write(startLoop(directly()), all(), false), byLibrary);
  assert.deepEqual(await write(startLoop(directly()), all(), true), byLibrary);
});

test("how likely each greedy choice is, among the likeliest eight, is told without another choice", async () => {
  const evaluator = directly();
  const [plain] = await write(startLoop(evaluator), [writing(texts[0] ?? "")], false);
  const told: number[] = [];
  const telling = writing(texts[0] ?? "", () => ({ temperature: 0, onProbability: (each) => told.push(each) }));
  assert.deepEqual(await write(startLoop(evaluator), [telling], false), [plain]);
  const scored: number[] = [];
  const prompt = model.tokenize(texts[0] ?? "");
  const request: DecodeRequest = {
    prompt,
    stable: [],
    priority: "completion",
    evaluate: (sequence, rest) =>
      scoreTokens(evaluator, sequence, rest, telling.written, 2048, ({ logProbability }) => {
        scored.push(Math.exp(logProbability));
      }),
  };
  await startLoop(evaluator).run([request], never);
  assert.ok(scored.length > 0);
  for (const [i, ofAll] of scored.entries()) {
    const probability = told[i] ?? NaN;
    assert.ok(probability >= ofAll - 0.001 && probability > 0.12 && probability < 1.001, `${probability} of ${ofAll}`);
  }
});

test("a step is one batch in the order of the sequences, and its samples are queued behind it at once", async () => {
  using replaced = new DisposableStack();
  const calls: string[] = [];
  const note = (name: string, told: (parameters: readonly unknown[]) => string) =>
    replaceMethod(context, name, (original) => (...parameters) => {
      calls.push(told(parameters));
      const result = original(...parameters);
      if (result instanceof Promise) void result.then(() => calls.push(`${name} ends`));
      return result;
    });
  replaced.use(note("initBatch", () => "initBatch"));
  replaced.use(note("addToBatch", ([id]) => String(id)));
  replaced.use(note("decodeBatch", () => "decodeBatch"));
  replaced.use(note("sampleToken", () => "sampleToken"));
  const steps: (readonly string[])[] = [];
  const loop = startLoop(directly(), () => steps.push(calls.splice(0)));
  await write(loop, greedy(), true);
  const counts = steps.map((step) => {
    const ids = step.filter((call) => /^\d/.test(call));
    assert.deepEqual(ids, ids.toSorted(), "in order");
    const samples = step.filter((call) => call === "sampleToken");
    assert.deepEqual(
      step.filter((call) => call !== "sampleToken ends"),
      ["initBatch", ...ids, "decodeBatch", ...samples, "decodeBatch ends"],
    );
    return samples.length;
  });
  assert.ok(counts.includes(4) && counts.length < greedy().length * 27, String(counts));
});

test("a request has one sampler, which is configured once", async () => {
  const { _bindings: bindings } = llama as unknown as { readonly _bindings: Record<string, unknown> };
  const Sampler = bindings["AddonSampler"] as new (...parameters: unknown[]) => {
    applyConfig(config: object): void;
    dispose(): void;
  };
  const counts = { made: 0, configured: 0, disposed: 0 };
  bindings["AddonSampler"] = class extends Sampler {
    constructor(...parameters: unknown[]) {
      super(...parameters);
      counts.made++;
    }
    override applyConfig(config: object): void {
      counts.configured++;
      super.applyConfig(config);
    }
    override dispose(): void {
      counts.disposed++;
      super.dispose();
    }
  };
  try {
    await write(startLoop(directly()), greedy(), true);
  } finally {
    bindings["AddonSampler"] = Sampler;
  }
  assert.deepEqual(counts, { made: texts.length, configured: texts.length, disposed: texts.length });
});

test("when llama.cpp refuses a batch, its requests fail, its sequences are empty, and the next texts are right", async () => {
  const right = await write(startLoop(directly()), greedy(), false);
  const loop = startLoop(directly());
  let batches = 0;
  let spoilt: Disposable | undefined;
  const writings = greedy().slice(0, 4);
  using replaced = new DisposableStack();
  replaced.use(
    replaceMethod(context, "decodeBatch", (original) => () => {
      if (++batches === 4) {
        // Tokens that do not follow those before.
        spoilt = replaceMethod(
          context,
          "addToBatch",
          (add) =>
            (id, position, ...rest) =>
              add(id, Number(position) + 9, ...rest),
        );
      } else spoilt?.[Symbol.dispose]();
      return original();
    }),
  );
  const ends = await Promise.allSettled(writings.map(({ request }) => loop.run([request], never)));
  assert.deepEqual(
    ends.map((end) => end.status === "rejected" && (end.reason as Error).message),
    Array(4).fill("Eval has failed"),
  );
  assert.deepEqual(
    sequences.map(({ nextTokenIndex, contextTokens }) => [nextTokenIndex, contextTokens.length]),
    Array(4).fill([0, 0]),
  );
  assert.deepEqual(await write(loop, greedy(), true), right);
});

test("a refused batch leaves its sequences empty before anybody else clears them", async () => {
  const evaluator = directly();
  const [sequence = assert.fail()] = sequences;
  await sequence.clearHistory();
  const tokens = model.tokenize("const piers = find(piers, 2);");
  const right = await evaluator.sampler(sequence, {}).sample(tokens, 1);
  const misplaced = replaceMethod(
    context,
    "addToBatch",
    (add) =>
      (id, position, ...rest) =>
        add(id, Number(position) + 9, ...rest),
  );
  await assert.rejects(evaluator.evaluate(sequence, tokens), { message: "Eval has failed" });
  misplaced[Symbol.dispose]();
  assert.deepEqual([sequence.nextTokenIndex, sequence.contextTokens], [0, []]);
  assert.deepEqual(await evaluator.sampler(sequence, {}).sample(tokens, 1), right);
  await sequence.clearHistory();
});

test("what has no room in the context fails alone", async () => {
  const right = await write(startLoop(directly()), greedy(), false);
  const loop = startLoop(directly());
  const endless = writing("one", undefined, Infinity);
  const [end, written] = await Promise.all([
    Promise.allSettled([loop.run([endless.request], never)]),
    write(loop, greedy(), true),
  ]);
  assert.equal(end[0].status, "rejected");
  assert.match(String(end[0].reason), /the context is full/);
  assert.deepEqual(written, right);
});

test("more than a batch holds is evaluated in several", async () => {
  const small = await model.createContext({
    sequences: 3,
    contextSize: 256,
    batchSize: 16,
    threads: 1,
    flashAttention: false,
  });
  const three = Array.from({ length: 3 }, () => small.getSequence());
  const evaluator = chooseEvaluator(three, (message) => assert.fail(message));
  const tokens = texts.map((text) => model.tokenize(text.repeat(3)).slice(0, 9));
  const chosen = await Promise.all(
    three.map((sequence, i) => evaluator.sampler(sequence, {}).sample(tokens[i] ?? [], 2)),
  );
  for (const [i, sequence] of three.entries()) {
    assert.equal(sequence.nextTokenIndex, 9);
    await sequence.clearHistory();
    const alone = await libraryEvaluator.sampler(sequence, {}).sample(tokens[i] ?? [], 2);
    assert.deepEqual(chosen[i], alone);
  }
  await small.dispose();
});

test("guesses are right or leave no trace, and are of three tokens or more", async () => {
  const prompt = model.tokenize("boat pier boat pier boat pier boat");
  const write = async (evaluator: Evaluator) => {
    const written: Token[] = [];
    let accepted = 0;
    const onToken = (token: Token) => (written.push(token) < 100 ? token : undefined);
    const request: DecodeRequest = {
      prompt,
      stable: [],
      priority: "chat",
      evaluate: (sequence, rest, each) =>
        sampleDraftedTokens(each, sequence, prompt, rest, {}, onToken, (more) => (accepted += more)),
    };
    await startLoop(evaluator).run([request], never);
    return { written, accepted };
  };
  const lengths: number[] = [];
  const direct = directly();
  const counted: Evaluator = {
    evaluate: (...parameters) => direct.evaluate(...parameters),
    alone: (evaluate) => direct.alone(evaluate),
    sampler: (...parameters) => {
      const sampler = direct.sampler(...parameters);
      return {
        sample: (tokens, count) => {
          lengths.push(count);
          return sampler.sample(tokens, count);
        },
        dispose: () => sampler.dispose(),
      };
    },
  };
  assert.deepEqual(await write(counted), await write(libraryEvaluator));
  assert.ok(lengths.includes(1) && lengths.includes(4), String(lengths));
  assert.ok(!lengths.includes(2) && !lengths.includes(3), String(lengths));
});

test("where the library lacks a member, or its threads keep no order, its own way serves", async () => {
  const right = await write(startLoop(directly()), greedy(), false);
  const messages: string[] = [];
  const choose = (some: readonly LlamaContextSequence[]) => chooseEvaluator(some, (message) => messages.push(message));
  for (const name of ["initBatch", "addToBatch", "decodeBatch", "sampleToken", "setThreads", "disposeSequence"]) {
    const replaced = replaceMethod(context, name, () => undefined);
    assert.equal(choose(sequences), libraryEvaluator, name);
    replaced[Symbol.dispose]();
    assert.match(messages.at(-1) ?? "", new RegExp(`this version has no .*${name}`));
  }
  for (const name of [
    "_sequenceId",
    "_nextTokenIndex",
    "_contextTokens",
    "_resolveSamplerConfig",
    "_context",
    "model",
  ]) {
    const lacking = new Proxy(sequences[0] ?? assert.fail(), {
      get: (target, key): unknown => (key === name ? undefined : Reflect.get(target, key, target)),
    });
    assert.equal(choose([lacking]), libraryEvaluator, name);
  }
  process.env["UV_THREADPOOL_SIZE"] = "4";
  const evaluator = choose(sequences);
  process.env["UV_THREADPOOL_SIZE"] = "1";
  assert.equal(evaluator, libraryEvaluator);
  assert.deepEqual(await write(startLoop(evaluator), greedy(), true), right);
});
