import assert from "node:assert/strict";
import { test } from "node:test";

import { Pause } from "../../../server/completion/pause.ts";
import { requestAt } from "../../support/cursor.ts";

const longest = 80;
const inWord = requestAt("let x = ab║");

/** After keys in such intervals, and answers that took so long. */
function pauseAfter(intervals: readonly number[], latencies: readonly number[]): Pause {
  const pause = new Pause();
  let now = 0;
  for (const interval of [0, ...intervals]) pause.keyCame((now += interval));
  for (const latency of latencies) pause.answered(latency);
  return pause;
}

test("an idle engine is asked at once, until it shows that it is slower than the keys come", () => {
  assert.equal(new Pause().length(inWord, longest, true), 0);
  assert.equal(pauseAfter([200, 200], [150, 150]).length(inWord, longest, true), 0);
  assert.equal(pauseAfter([100, 100], [150, 150]).length(inWord, longest, true), longest);
  assert.equal(pauseAfter([], [1000]).length(inWord, longest, true), longest);
});

test("one slow answer among quick ones, and the rests between runs of typing, change nothing", () => {
  assert.equal(pauseAfter([200, 200, 200], [50, 3000, 50]).length(inWord, longest, true), 0);
  assert.equal(pauseAfter([100, 60_000, 100, 60_000], [150]).length(inWord, longest, true), longest);
  assert.equal(pauseAfter([200, 200, 60], [150]).length(inWord, longest, true), 0);
  const slowerNow = pauseAfter([...Array<number>(20).fill(60), ...Array<number>(9).fill(200)], [150]);
  assert.equal(slowerNow.length(inWord, longest, true), 0);
  const quickAgain = pauseAfter([200], [...Array<number>(20).fill(3000), ...Array<number>(9).fill(50)]);
  assert.equal(quickAgain.length(inWord, longest, true), 0);
});

test("a busy engine is asked after the pause, of which half does where the next key is further away", () => {
  assert.equal(pauseAfter([200], [10]).length(inWord, longest, false), longest);
  for (const picture of ["f(║", "  ║", "let x = ║", "║"]) {
    assert.equal(pauseAfter([200], [10]).length(requestAt(picture), longest, false), longest / 2, picture);
  }
  assert.equal(pauseAfter([200], [10]).length(inWord, 0, false), 0);
});
