// Faults of the native code at any moment: each ends the request that it belongs to, and nothing else is lost or hangs.

import "../support/oneLibuvThread.ts";

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  getLlama,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  LlamaLogLevel,
  type LlamaModel,
  type Token,
} from "node-llama-cpp";

import { EngineError, type Priority } from "../../server/engine/engine.ts";
import { DecodeLoop, type DecodeLoopOptions } from "../../server/engine/llama/decode/decodeLoop.ts";
import { chooseEvaluator, type Evaluator } from "../../server/engine/llama/decode/evaluator.ts";
import { libraryEvaluator } from "../../server/engine/llama/decode/libraryEvaluator.ts";
import type { DecodeRequest } from "../../server/engine/llama/decode/decodeRequest.ts";
import { sampleTokens } from "../../server/engine/llama/decode/sampler.ts";
import { replaceMethod } from "../support/addon.ts";
import { modelFile } from "../support/models.ts";

/** Throws at one call of all that are made. */
class Fault {
  /** Calls of each method until now. */
  readonly calls = new Map<string, number>();
  #method = "";
  #call = 0;
  thrown = false;

  /** @param call from 1; none for 0 */
  arm(method: string, call: number): void {
    this.calls.clear();
    [this.#method, this.#call, this.thrown] = [method, call, false];
  }

  called(method: string): void {
    const call = (this.calls.get(method) ?? 0) + 1;
    this.calls.set(method, call);
    if (method !== this.#method || call !== this.#call) return;
    this.thrown = true;
    throw new Error(`${method} fails`);
  }
}

/** Whatever is called of a sequence, or of a generator that it gives, is told to the fault first. */
function withFault<T extends object>(target: T, fault: Fault, prefix = ""): T {
  return new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || typeof name === "symbol") {
        return name === Symbol.asyncIterator ? () => withFault(target, fault, prefix) : value;
      }
      return (...parameters: unknown[]) => {
        const method = `${prefix}${name}`;
        // A method that is async rejects.
        try {
          fault.called(method);
        } catch (thrown) {
          const error = thrown as Error;
          if (["compareContextTokens", "evaluate", "_resolveSamplerConfig"].includes(name)) throw error;
          return Promise.reject(error);
        }
        const result: unknown = Reflect.apply(value, target, parameters);
        return name === "evaluate" ? withFault(result as object, fault, "evaluate.") : result;
      };
    },
  });
}

/** What is called of the addon's context is told to the fault first, too. */
function addFault(context: LlamaContext, fault: Fault): void {
  for (const name of ["initBatch", "addToBatch", "decodeBatch", "sampleToken", "setThreads"]) {
    replaceMethod(context, name, (original) => (...parameters) => {
      try {
        fault.called(name);
      } catch (thrown) {
        const error = thrown as Error;
        if (name === "decodeBatch" || name === "sampleToken") return Promise.reject(error);
        throw error;
      }
      return original(...parameters);
    });
  }
}

for (const [name, evaluated] of [
  ["falcon7b", "directly"],
  ["falconH1", "directly"],
  ["falcon7b", "by the library"],
  ["falconH1", "by the library"],
] as const) {
  describe(`${name}, evaluated ${evaluated}`, () => {
    let llama: Llama;
    let model: LlamaModel;
    let sequences: readonly LlamaContextSequence[];
    let evaluator: Evaluator;
    const fault = new Fault();
    before(async () => {
      llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
      model = await llama.loadModel({ modelPath: modelFile(name) });
      const context = await model.createContext({ sequences: 3, contextSize: 256, threads: 1 });
      const checkpoints = { max: 8, interval: false } as const;
      sequences = Array.from({ length: 3 }, () => withFault(context.getSequence({ checkpoints }), fault));
      const fail = (message: string) => assert.fail(message);
      evaluator = evaluated === "directly" ? chooseEvaluator(sequences, fail) : libraryEvaluator;
      if (evaluated === "directly") addFault(context, fault);
    });
    after(() => llama.dispose());

    function startLoop(options: Partial<DecodeLoopOptions> = {}): DecodeLoop {
      return new DecodeLoop({
        sequences,
        evaluator,
        restore: () => Promise.resolve(false),
        onStep: () => undefined,
        onIdle: () => undefined,
        onFault: () => undefined,
        ...options,
      });
    }

    /** A request that writes some tokens, and what it wrote. */
    function writing(text: string, priority: Priority, count = 6): { request: DecodeRequest; written: Token[] } {
      const prompt = model.tokenize(text);
      const written: Token[] = [];
      const request: DecodeRequest = {
        prompt,
        stable: [Math.floor(prompt.length / 2)],
        priority,
        evaluate: (sequence, rest, evaluator) =>
          sampleTokens(evaluator, sequence, rest, { temperature: 0 }, (token) =>
            written.push(token) < count ? token : undefined,
          ),
      };
      return { request, written };
    }

    const never = new AbortController().signal;

    /** All that a loop does: prompts that are copied, shared and cut back, requests that wait, and one that is aborted. */
    async function work(loop: DecodeLoop): Promise<readonly PromiseSettledResult<unknown>[]> {
      const run = async (requests: readonly DecodeRequest[], signal = never) =>
        (await Promise.allSettled([loop.run(requests, signal)]))[0];
      const copies = [1, 2, 3].map(() => writing("let pier = find(piers, 2);", "completion").request);
      const copied = await run(copies);
      const controller = new AbortController();
      const aborted = run([writing("let boat = find(boats, 1);", "chat", 500).request], controller.signal);
      const others = [
        run([writing("let boat = find(boats, 2);", "completion").request]),
        run([writing("if (boat) {", "background").request]),
      ];
      await Promise.race([...others, sleep(50)]);
      controller.abort();
      others.push(run([writing("let pier = moor(piers, 2);", "completion").request]));
      return [copied, await aborted, ...(await Promise.all(others))];
    }

    /** What each sequence writes when all are used at once, after whatever was in them. */
    async function write(loop: DecodeLoop): Promise<readonly (readonly Token[])[]> {
      const requests = ["let boat = 1;", "let pier = 2;", "if (boat) {"].map((text) => writing(text, "completion"));
      await Promise.all(requests.map(({ request }) => loop.run([request], never)));
      return requests.map(({ written }) => written);
    }

    test("for every call of every method, all requests end and the next ones are right", async () => {
      fault.arm("", 0);
      const faults: unknown[] = [];
      const loop = startLoop({ onFault: (error) => faults.push(error) });
      const right = await write(loop);
      fault.arm("", 0);
      const ends = await work(loop);
      assert.ok(ends.every(({ status }) => status === "fulfilled"));
      const calls = new Map(fault.calls);
      assert.ok(calls.size >= 8, [...calls.keys()].join());
      for (const [method, count] of calls) {
        let failures = 0;
        // Of many calls that are the same, some.
        for (let call = 1; call <= count; call += Math.ceil(count / 12)) {
          fault.arm(method, call);
          for (const end of await work(loop)) {
            if (end.status === "fulfilled") continue;
            failures++;
            assert.ok(end.reason instanceof EngineError && end.reason.failure === "decodeFailed", String(end.reason));
          }
          fault.arm("", 0);
          assert.deepEqual(await write(loop), right, `after call ${call} of ${method}`);
        }
        // Who gets no copy of a state evaluates its prompt.
        const isMadeGood = /State|clearHistory/.test(method);
        assert.equal(failures > 0, !isMadeGood, `${failures} requests fail by ${method}`);
      }
      assert.deepEqual(faults, []);
    });

    test("a sequence that cannot be cleared after a fault is cleared before it is used", async () => {
      fault.arm("", 0);
      const right = await write(startLoop());
      const loop = startLoop();
      const broken: DecodeRequest = {
        ...writing("let boat = 2; let boat = 3;", "completion").request,
        evaluate: async function* (sequence, rest) {
          await sequence.evaluateWithoutGeneratingNewTokens([...rest]);
          fault.arm("clearHistory", 1);
          yield;
          throw new Error("it breaks");
        },
      };
      await assert.rejects(loop.run([broken], never), new EngineError("decodeFailed", "it breaks"));
      assert.ok(fault.thrown);
      await sleep(0);
      const lent: LlamaContextSequence[] = [];
      await loop.lendIdle((sequence) => Promise.resolve(void lent.push(sequence)));
      assert.equal(lent.length, 2, "what a fault left is not saved");
      assert.deepEqual(await write(loop), right);
    });

    test("what is called back may fail: all that run end, and the next ones are right", async () => {
      fault.arm("", 0);
      const right = await write(startLoop());
      for (const name of ["restore", "onStep", "onIdle"] as const) {
        const faults: unknown[] = [];
        let isArmed = true;
        const fail = () => {
          if (isArmed) throw new Error(`${name} fails`);
        };
        const loop = startLoop({
          [name]: name === "restore" ? () => Promise.resolve().then(fail) : fail,
          onFault: (error) => faults.push(error),
        });
        const { request } = writing("something else", "completion");
        const ends = await Promise.allSettled([loop.run([request], never), loop.run([request], never)]);
        const failed = ends.filter(({ status }) => status === "rejected").length;
        assert.equal(failed, { restore: 2, onStep: 2, onIdle: 0 }[name], name);
        await sleep(0);
        assert.equal(faults.length, { restore: 0, onStep: 1, onIdle: 1 }[name], name);
        isArmed = false;
        assert.deepEqual(await write(loop), right);
      }
    });

    test("a use of a lent sequence that fails is told to who lent it, and to nobody else", async () => {
      fault.arm("", 0);
      const right = await write(startLoop());
      const loop = startLoop();
      const use = () => Promise.reject(new Error("the disk is full"));
      await assert.rejects(loop.lendIdle(use), { message: "the disk is full" });
      assert.deepEqual(await write(loop), right);
      await assert.rejects(loop.lendIdle(use), { message: "the disk is full" });
    });
  });
}
