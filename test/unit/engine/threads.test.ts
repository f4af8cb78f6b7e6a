import assert from "node:assert/strict";
import { test } from "node:test";

import { StepThreads, Threads } from "../../../server/engine/llama/decode/threads.ts";

/** Steps of 50 ms on a machine that has so many cores to spare; returns how many threads there were in each. */
function run(most: number, spare: (step: number) => number, steps: number): number[] {
  const threads = new Threads(most);
  return Array.from({ length: steps }, (_, step) => {
    const before = threads.count;
    threads.stepped(50, 50 * Math.min(before, spare(step)));
    return before;
  });
}

const share = (counts: readonly number[], count: number) =>
  counts.filter((each) => each === count).length / counts.length;

test("all threads where their cores are free", () => {
  assert.equal(
    share(
      run(8, () => 8, 1000),
      8,
    ),
    1,
  );
  assert.equal(
    share(
      run(1, () => 1, 1000),
      1,
    ),
    1,
  );
});

test("as many as there are cores to spare, after the first steps", () => {
  for (const [most, spare] of [
    [2, 1.2],
    [8, 5],
    [8, 0.5],
  ] as const) {
    const counts = run(most, () => spare, 4000).slice(20);
    assert.ok(
      share(counts, Math.max(1, Math.floor(spare))) > 0.95,
      `${most} threads, ${spare} cores: ${counts.slice(0, 50).join(" ")}`,
    );
  }
});

test("one more after the other when cores come free", () => {
  const counts = run(4, (step) => (step < 200 ? 1 : 4), 600);
  assert.equal(counts[150], 1);
  assert.equal(counts.at(-1), 4);
});

test("a machine that is busy for long is asked less and less often", () => {
  const counts = run(2, () => 1, 8000);
  const trials = counts.flatMap((count, step) => (count === 2 && counts[step - 1] === 1 ? [step] : []));
  assert.ok(trials.length >= 4 && trials.length <= 40, trials.join(" "));
});

test("short steps are judged together", () => {
  const threads = new Threads(2);
  for (let i = 0; i < 20; i++) threads.stepped(4, 2);
  assert.equal(threads.count, 2);
  for (let i = 0; i < 10; i++) threads.stepped(4, 2);
  assert.equal(threads.count, 1);
});

test("where tokens leave threads without a core, prompts keep theirs, and the other way round", () => {
  for (const isPromptHeldUp of [true, false]) {
    const counts: number[] = [];
    const threads = new StepThreads(2, (count) => counts.push(count));
    for (let step = 0; step < 20; step++) {
      const isPrompt = step % 2 === 0;
      threads.begin(isPrompt)(100, isPrompt === isPromptHeldUp ? 100 : 200);
    }
    const [ofPrompts, ofTokens] = [counts.at(-2), counts.at(-1)];
    assert.deepEqual([ofPrompts, ofTokens], isPromptHeldUp ? [1, 2] : [2, 1]);
  }
});
