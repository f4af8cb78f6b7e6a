// How a training goes, read from the file that its scripts write.

import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { endProgress, forgetProgress, readProgress } from "../../../src/finetune/readProgress.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "falcon-progress-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(...events: readonly object[]): void {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  writeFileSync(path.join(folder, "progress.jsonl"), lines);
}

const started = { event: "started", parameters: 1, tokens: 5 };
const stepOf = (step: number, loss: number) => ({ event: "step", step, loss, fraction: step / 1000, memory: 1 });
const heldOut = (step: number, loss: number, best: boolean) => ({ event: "heldOut", step, loss, best, seconds: 1 });

test("there is none before the scripts wrote of one, and none in a workspace that never had one", async () => {
  const none = { state: "none", learned: [], heldOut: [], fraction: 0 };
  assert.deepEqual(await readProgress(path.join(folder, "missing")), none);
  write();
  assert.deepEqual(await readProgress(folder), none);
});

test("the losses and the best of what is held out are those of the last try; a line that is not whole waits", async () => {
  write(
    ...[started, stepOf(1, 9), heldOut(1, 9, true)],
    ...[{ event: "lessMemory", batch: 4 }, started, heldOut(0, 3, false), stepOf(1, 2.5), stepOf(2, 2)],
    ...[heldOut(2, 1.5, true), stepOf(3, 1), heldOut(3, 1.7, false)],
  );
  appendFileSync(path.join(folder, "progress.jsonl"), '{"event":"step","step":4,"lo');
  assert.deepEqual(await readProgress(folder), {
    state: "running",
    learned: [
      { step: 1, loss: 2.5 },
      { step: 2, loss: 2 },
      { step: 3, loss: 1 },
    ],
    heldOut: [
      { step: 0, loss: 3 },
      { step: 2, loss: 1.5 },
      { step: 3, loss: 1.7 },
    ],
    best: { step: 2, loss: 1.5 },
    fraction: 0.003,
  });
});

test("many steps come to at most 200 points, each the mean of the steps before it", async () => {
  write(started, ...Array.from({ length: 1000 }, (_, index) => stepOf(index + 1, index % 5)));
  const { learned } = await readProgress(folder);
  assert.equal(learned.length, 200);
  assert.deepEqual(learned[0], { step: 5, loss: 2 });
  assert.deepEqual(learned.at(-1), { step: 1000, loss: 2 });
});

test("a run is done or failed as it says, and stopped where its scripts ended without a word", async () => {
  write(started, stepOf(1, 2));
  await endProgress(folder);
  assert.equal((await readProgress(folder)).state, "stopped");
  write(started, stepOf(1, 2), { event: "done", step: 1, loss: 2 });
  await endProgress(folder);
  assert.equal((await readProgress(folder)).state, "done");
  write({ event: "failed", message: "The memory is too small." });
  await endProgress(folder);
  const { state, cause } = await readProgress(folder);
  assert.deepEqual([state, cause], ["failed", "The memory is too small."]);
  await forgetProgress(folder);
  assert.equal((await readProgress(folder)).state, "none");
});

test("whoever declines what a run takes has begun none", async () => {
  await endProgress(folder);
  assert.equal((await readProgress(folder)).state, "none");
});
