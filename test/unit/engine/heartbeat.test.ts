// How a hang is told from a slow answer.

import assert from "node:assert/strict";
import { mock, suite, test } from "node:test";

import { watchHeartbeat } from "../../../server/engine/process/heartbeat.ts";

suite("watchHeartbeat", () => {
  test("gives up after as many unanswered beats as it has patience, and then is silent", () => {
    const timers = mock.timers;
    timers.enable({ apis: ["setInterval"] });
    try {
      let asked = 0;
      let hangs = 0;
      const ask = () => {
        asked++;
        return new Promise<number>(() => undefined);
      };
      watchHeartbeat(ask, { interval: 1000, patience: 3, longestStep: 60_000 }, () => hangs++);
      timers.tick(3000);
      assert.deepEqual([asked, hangs], [3, 0]);
      timers.tick(1000);
      assert.deepEqual([asked, hangs], [3, 1]);
      timers.tick(10_000);
      assert.deepEqual([asked, hangs], [3, 1]);
    } finally {
      timers.reset();
    }
  });

  test("an answer that comes late pays all that is owed", async () => {
    const timers = mock.timers;
    timers.enable({ apis: ["setInterval"] });
    try {
      let hangs = 0;
      let answer: (stalled: number) => void = () => undefined;
      const ask = () => new Promise<number>((resolve) => (answer = resolve));
      const stop = watchHeartbeat(ask, { interval: 1000, patience: 3, longestStep: 60_000 }, () => hangs++);
      for (let i = 0; i < 10; i++) {
        timers.tick(3000);
        answer(0);
        await Promise.resolve();
        await Promise.resolve();
      }
      assert.equal(hangs, 0);
      stop();
      timers.tick(10_000);
      assert.equal(hangs, 0);
    } finally {
      timers.reset();
    }
  });

  test("gives up who answers, but does not get on", async () => {
    const timers = mock.timers;
    timers.enable({ apis: ["setInterval"] });
    try {
      const hangs: boolean[] = [];
      const stalls = [0, 60_000, 60_001];
      const ask = () => Promise.resolve(stalls.shift() ?? 0);
      watchHeartbeat(ask, { interval: 1000, patience: 3, longestStep: 60_000 }, (answered) => hangs.push(answered));
      for (const expected of [0, 0, 1, 1]) {
        timers.tick(1000);
        await Promise.resolve();
        assert.equal(hangs.length, expected);
      }
      assert.deepEqual(hangs, [true]);
    } finally {
      timers.reset();
    }
  });
});
