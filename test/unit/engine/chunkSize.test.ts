// How the size of prompt chunks follows the speed of the machine: simulated, so that nothing depends on this one's.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "../../support/fastCheck.ts";

import { ChunkSize, divideTokens } from "../../../server/engine/llama/decode/chunkSize.ts";
import { batchSize } from "../../../server/engine/plan/buffers.ts";

/** A machine by what a step takes: so many milliseconds, and so many tokens a second on top of them. */
interface Machine {
  readonly overhead: number;
  readonly rate: number;
}

/** Milliseconds of a step. Those who decode beside the prompt have a token in it each. */
function stepTime({ overhead, rate }: Machine, tokens: number, running: number): number {
  return overhead + ((tokens + running - 1) / rate) * 1000;
}

/** Evaluates a prompt and returns its steps. */
function evaluate(chunkSize: ChunkSize, machine: Machine, prompt: number, running = 1) {
  const steps: { readonly tokens: number; readonly time: number }[] = [];
  for (let rest = prompt; rest > 0;) {
    const tokens = Math.min(chunkSize.next(running, true), rest);
    const time = stepTime(machine, tokens, running);
    steps.push({ tokens, time });
    chunkSize.evaluated(tokens, time);
    rest -= tokens;
  }
  return steps;
}

const total = (steps: readonly { readonly time: number }[]) => steps.reduce((sum, { time }) => sum + time, 0);

/** From 0.1 to 100,000 tokens a second; a step costs as much as up to eight tokens, and a tenth of a millisecond. */
const machines = fc
  .record({ exponent: fc.double({ min: -1, max: 5, noNaN: true }), tokens: fc.double({ min: 0, max: 8, noNaN: true }) })
  .map(({ exponent, tokens }): Machine => {
    const rate = 10 ** exponent;
    return { rate, overhead: 0.1 + (tokens / rate) * 1000 };
  });
const prompts = fc.integer({ min: 1, max: 5000 });
const runnings = fc.integer({ min: 1, max: 4 });

/**
 * A second, or a token where that takes longer; alone also sixteen, if they take three by the rate of the step before. Where
 * that was a long one, they take half as much again, since a step costs as much as up to eight more.
 */
function longestStep(machine: Machine, running: number): number {
  const time = stepTime(machine, 16, running);
  const sixteen = running === 1 && time <= 1.5 * 3000 ? time : 0;
  return Math.max(1000, stepTime(machine, 1, running), sixteen) + 1e-6;
}

test("no step takes longer than a second, than one token, or than sixteen where that is not much longer", () => {
  const work = fc.array(fc.tuple(prompts, runnings), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(machines, work, (machine, requests) => {
      const chunkSize = new ChunkSize();
      for (const [prompt, running] of requests) {
        for (const { time } of evaluate(chunkSize, machine, prompt, running)) {
          assert.ok(time <= longestStep(machine, running), `${time} ms`);
        }
      }
    }),
  );
});

test("where the speed changes, one step is too long, and none after it", () => {
  fc.assert(
    fc.property(machines, machines, runnings, (before, after, running) => {
      const chunkSize = new ChunkSize();
      evaluate(chunkSize, before, 2000, running);
      const [, ...later] = evaluate(chunkSize, after, 2000, running);
      for (const { time } of later) assert.ok(time <= longestStep(after, running), `${time} ms`);
    }),
  );
});

test("what it takes to learn the speed is a few percent of the first prompt, and nothing of a later one", () => {
  fc.assert(
    fc.property(machines, runnings, (machine, running) => {
      const chunkSize = new ChunkSize();
      const first = evaluate(chunkSize, machine, 4000, running);
      const second = evaluate(chunkSize, machine, 4000, running);
      const settled = second.at(-2)?.tokens ?? 4000;
      const best = total(evaluate(fixed(settled), machine, 4000, running));
      // Beside the steps that the first one is ahead by, each as long as its overhead.
      const learning = 5 * stepTime(machine, 0, running);
      assert.ok(total(first) <= 1.05 * best + learning, `${total(first)} ms, ${best} ms at best`);
      assert.ok(total(second) <= 1.03 * best + stepTime(machine, 0, running), `${total(second)} ms, ${best} at best`);
    }),
  );
});

test("a fast machine evaluates full batches after three steps, and at once after a short prompt", () => {
  for (const machine of [
    { overhead: 1, rate: 10_000 },
    { overhead: 20, rate: 8000 },
  ]) {
    const chunkSize = new ChunkSize();
    const first = evaluate(chunkSize, machine, 5000).map(({ tokens }) => tokens);
    assert.ok(first.indexOf(batchSize) <= 3, String(first));
    for (const short of [3, 20, 200]) {
      evaluate(chunkSize, machine, short);
      assert.equal(evaluate(chunkSize, machine, 5000)[0]?.tokens, batchSize);
    }
  }
});

test("a machine that has become slower shows it in short steps, too", () => {
  const chunkSize = new ChunkSize();
  evaluate(chunkSize, { overhead: 1, rate: 10_000 }, 5000);
  const slow = { overhead: 100, rate: 10 };
  evaluate(chunkSize, slow, 1);
  const [first, second] = evaluate(chunkSize, slow, 5000);
  assert.ok(first && first.time < 5000 && second && second.time < 2500, `${first?.time} ms, ${second?.time} ms`);
});

test("a slow machine is given as much at once as fits into a second: fewer tokens are evaluated at a lower rate", () => {
  // Falcon-7B on two cores: a token alone takes 140 ms, and 52 ms with others.
  const machine = { overhead: 90, rate: 19 };
  const [, ...steps] = evaluate(new ChunkSize(), machine, 500);
  assert.ok(total(steps) / total(evaluate(fixed(64), machine, 499)) < 1.1);
});

test("a slower one is given sixteen tokens, which are multiplied at once, and one for which that takes too long no more than fit into a second", () => {
  for (const rate of [8, 12, 40]) {
    const sizes = evaluate(new ChunkSize(), { overhead: 200, rate }, 500).map(({ tokens }) => tokens);
    assert.deepEqual(new Set(sizes.slice(4, -1)), new Set([16]), String(sizes));
  }
  const slower = evaluate(new ChunkSize(), { overhead: 200, rate: 4.9 }, 100).map(({ tokens }) => tokens);
  assert.ok(
    slower.every((tokens) => tokens <= 4),
    String(slower),
  );
});

test("first steps in which a GPU compiles its shaders teach nothing for long", () => {
  const chunkSize = new ChunkSize();
  for (let i = 0; i < 3; i++) chunkSize.evaluated(chunkSize.next(1, false), 20_000);
  const sizes = evaluate(chunkSize, { overhead: 20, rate: 8000 }, 5000).map(({ tokens }) => tokens);
  assert.ok(sizes.indexOf(batchSize) <= 4, String(sizes));
});

test("a step's tokens go to the first prompts, once each prompt has one", () => {
  assert.deepEqual(divideTokens(100, [80, 50, 7]), [80, 19, 1]);
  assert.deepEqual(divideTokens(100, [10, 20, 5]), [10, 20, 5]);
  assert.deepEqual(divideTokens(2, [80, 50, 7]), [1, 1, 0]);
  assert.deepEqual(divideTokens(10, [0, 50, 7]), [0, 9, 1]);
});

test("a step's tokens are all used, and none stands still while there is one for each", () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 512 }), lengths, (room, longest) => {
      const given = divideTokens(room, longest);
      const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
      assert.equal(sum(given), Math.min(room, sum(longest)));
      assert.ok(given.every((length, i) => length <= (longest[i] ?? 0)));
      if (room >= longest.length) assert.ok(given.every((length, i) => length > 0 || longest[i] === 0));
    }),
  );
});

/** Chunks of one size. */
function fixed(tokens: number): ChunkSize {
  const chunkSize = new ChunkSize();
  chunkSize.next = () => tokens;
  return chunkSize;
}

test("a step beside a completion takes half the time of one beside answers alone", () => {
  const chunkSize = new ChunkSize();
  evaluate(chunkSize, { overhead: 1, rate: 1000 }, 2000, 4);
  const [beside, without] = [chunkSize.next(4, true), chunkSize.next(4, false)];
  assert.ok(beside > 20 && Math.abs(without - 2 * beside) <= 1, `${beside} and ${without} tokens`);
});
