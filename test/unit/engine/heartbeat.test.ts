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

  /** Beats that are answered with these numbers, one after the other, and how many of them were before a hang. */
  async function beatsBeforeHang(progress: readonly (number | undefined)[]): Promise<number | undefined> {
    const timers = mock.timers;
    timers.enable({ apis: ["setInterval", "Date"] });
    let hang: number | undefined;
    let beats = 0;
    const stop = watchHeartbeat(
      () => Promise.resolve(progress[beats++]),
      { interval: 1000, patience: 3, longestStep: 3000 },
      (answered) => {
        assert.ok(answered);
        assert.equal(hang, undefined, "told once");
        hang = beats;
      },
    );
    try {
      for (let i = 0; i < progress.length; i++) {
        timers.tick(1000);
        await new Promise(setImmediate);
      }
      return hang;
    } finally {
      stop();
      timers.reset();
    }
  }

  test("gives up who answers, but makes no progress", async () => {
    assert.equal(await beatsBeforeHang([1, 1, 1, 1, 1]), 5);
    assert.equal(await beatsBeforeHang([1, 1, 1, 1, 2, 2, 2, 2, 3]), undefined);
    assert.equal(await beatsBeforeHang([1, 1, 1, 1, 2, 2, 2, 2, 2]), 9);
  });

  test("nothing makes no progress while nothing runs", async () => {
    assert.equal(await beatsBeforeHang(Array<undefined>(20).fill(undefined)), undefined);
    assert.equal(await beatsBeforeHang([1, 1, 1, 1, undefined, 1, 1, 1, 1]), undefined);
  });
});
