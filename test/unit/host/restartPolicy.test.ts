// When a dead server is started again.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { restartDelay } from "../../../src/server/restartPolicy.ts";

suite("restartDelay", () => {
  test("starts at once after one death, waits longer after each, and gives up", () => {
    const times = [0, 1000, 2000, 3000, 4000, 5000];
    const delays = times.map((now, index) => restartDelay(times.slice(0, index + 1), now));
    assert.deepEqual(delays, [0, 500, 1000, 2000, 4000, undefined]);
  });

  test("forgets deaths of three minutes ago", () => {
    assert.equal(restartDelay([0, 1, 2, 3, 4, 200_000], 200_000), 0);
  });
});
