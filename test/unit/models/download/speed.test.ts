// How fast a download is said to be.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Speed } from "../../../../server/models/download/speed.ts";
import { assertGrowsWithLength } from "../../../support/growth.ts";

test("the speed is that of the last ten seconds, however many pieces came in them", () => {
  const speed = new Speed();
  let received = 0;
  for (let time = 0; time < 30_000; time++) speed.add((received += time < 15_000 ? 1 : 1000), time);
  assert.equal(speed.bytesPerSecond, 1_000_000);
});

test("a piece takes no longer where thousands came before it", () => {
  assertGrowsWithLength("Speed.add", (pieces) => {
    const speed = new Speed();
    for (let i = 0; i < pieces; i++) speed.add(i, (i * 20_000) / pieces);
  });
});
