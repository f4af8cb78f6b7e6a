// The figures of the last hour: sums in short intervals, and no more of them than an hour has.

import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../../server/metrics/history.ts";

const usage = { prompt: 100, reused: 40, generated: 11, accepted: 0, firstToken: 50, duration: 1050 };
const withoutToken = { prompt: 100, reused: 40, generated: 0, accepted: 0, duration: 1050 };

test("what ends in the same ten seconds is added up, each use by itself", () => {
  let now = 1_000_000_000;
  const history = new History(() => now);
  history.addUsage("completion", usage);
  now += 9_000;
  history.addUsage("completion", { ...usage, duration: 2050 });
  history.addUsage("completion", withoutToken);
  history.addUsage("chat", usage);
  history.addCompletions({ shown: 2 });
  history.addCompletions({ accepted: 1 });
  history.addCompletions({ characters: 5 });
  now += 1_000;
  history.addUsage("chat", usage);
  const [first, second, ...more] = history.performance.intervals;
  assert.deepEqual(first, {
    start: 1_000_000_000,
    completion: {
      ...{ requests: 3, begun: 2, firstToken: 100, duration: 4150 },
      ...{ prompt: 200, reused: 80, laterTokens: 20, laterTime: 3000 },
    },
    chat: {
      ...{ requests: 1, begun: 1, firstToken: 50, duration: 1050 },
      ...{ prompt: 100, reused: 40, laterTokens: 10, laterTime: 1000 },
    },
    shown: 2,
    accepted: 1,
  });
  assert.equal(second?.start, 1_000_010_000);
  assert.deepEqual(more, []);
});

test("an hour is kept, however long the server runs", () => {
  let now = 1_000_000_000;
  const history = new History(() => now);
  for (let requests = 0; requests < 2_000; requests++, now += 7_000) history.addUsage("chat", usage);
  const { intervals, span, interval } = history.performance;
  assert.ok(intervals.length <= span / interval + 1, `${intervals.length}`);
  assert.ok(intervals.length > (0.6 * span) / interval, `${intervals.length}`);
  now += 2 * span;
  assert.deepEqual(history.performance.intervals, []);
});

test("a clock that is set back neither loses what is new nor keeps what lies ahead", () => {
  let now = 1_000_000_000;
  const history = new History(() => now);
  history.addUsage("chat", usage);
  now -= 3;
  history.addUsage("chat", usage);
  assert.equal(history.performance.intervals[0]?.chat?.requests, 2);
  now -= 86_400_000;
  history.addUsage("chat", usage);
  assert.deepEqual(
    history.performance.intervals.map(({ start }) => start),
    [now - (now % 10_000)],
  );
});
