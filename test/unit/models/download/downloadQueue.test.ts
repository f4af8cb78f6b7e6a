// The queue: one download at a time, pause, resume, cancel, and what is told of each.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { DownloadQueue, type RunDownload } from "../../../../server/models/download/downloadQueue.ts";
import type { FileProgress } from "../../../../server/models/download/downloadFile.ts";
import type { Download, DownloadedFile } from "../../../../src/shared/downloads.ts";
import { letOthersRun } from "../../../support/downloads.ts";

const never = new AbortController().signal;
const paramsOf = (name: string) => ({ repository: `tiiuae/${name}`, files: [`${name}.gguf`] });
const resultOf = (name: string): DownloadedFile[] => [{ path: `/${name}`, size: 1, verified: true }];

/** A queue whose downloads do as the test says. */
function scripted() {
  const runs: {
    readonly name: string;
    readonly onProgress: (progress: FileProgress) => void;
    readonly signal: AbortSignal;
    readonly end: () => void;
    readonly fail: (error: unknown) => void;
  }[] = [];
  const clock = { now: 0 };
  const reports: (readonly Download[])[] = [];
  const run: RunDownload = ({ repository }, onProgress, signal) =>
    new Promise((resolve, reject) => {
      const name = repository.split("/")[1] ?? "";
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      runs.push({ name, onProgress, signal, end: () => resolve(resultOf(name)), fail: reject });
    });
  const queue = new DownloadQueue({ run, onChanged: (downloads) => reports.push(downloads), now: () => clock.now });
  return { queue, runs, clock, reports, states: () => queue.downloads.map(({ state }) => state) };
}

suite("DownloadQueue", () => {
  test("runs one after the other", async () => {
    const { queue, runs, reports } = scripted();
    const [a, b] = [queue.add(paramsOf("a"), never), queue.add(paramsOf("b"), never)];
    assert.deepEqual(
      runs.map(({ name }) => name),
      ["a"],
    );
    runs[0]?.end();
    assert.deepEqual(await a, resultOf("a"));
    await letOthersRun();
    runs[1]?.end();
    assert.deepEqual(await b, resultOf("b"));
    assert.deepEqual(reports.at(-1), []);
  });

  test("one that fails lets the next run", async () => {
    const { queue, runs } = scripted();
    const [a, b] = [queue.add(paramsOf("a"), never), queue.add(paramsOf("b"), never)];
    runs[0]?.fail(new Error("no network"));
    await assert.rejects(a, /no network/);
    await letOthersRun();
    runs[1]?.end();
    await b;
  });

  test("the same files twice are one download", async () => {
    const { queue, runs } = scripted();
    const [a, b] = [queue.add(paramsOf("a"), never), queue.add(paramsOf("a"), never)];
    runs[0]?.end();
    assert.deepEqual(await a, await b);
    assert.equal(runs.length, 1);
  });

  test("paused, it lets the next run, and runs again when it is resumed or asked for again", async () => {
    for (const again of ["resume", "add"] as const) {
      const { queue, runs, states } = scripted();
      const a = queue.add(paramsOf("a"), never);
      void queue.add(paramsOf("b"), never);
      const id = queue.downloads[0]?.id ?? "";
      queue.pause(id);
      assert.ok(runs[0]?.signal.aborted);
      await letOthersRun();
      assert.deepEqual(
        runs.map(({ name }) => name),
        ["a", "b"],
      );
      assert.deepEqual(states(), ["paused", "waiting"]);
      runs[1]?.end();
      await letOthersRun();
      assert.equal(runs.length, 2, "what is paused stays so");
      if (again === "resume") queue.resume(id);
      else void queue.add(paramsOf("a"), never);
      runs[2]?.end();
      assert.deepEqual(await a, resultOf("a"));
    }
  });

  test("cancelled while it runs, waits or is paused, it leaves the queue", async () => {
    const { queue, runs } = scripted();
    const controllers = ["a", "b", "c"].map(() => new AbortController());
    const all = ["a", "b", "c"].map((name, i) => queue.add(paramsOf(name), controllers[i]?.signal ?? never));
    queue.pause(queue.downloads[2]?.id ?? "");
    for (const controller of controllers) controller.abort();
    for (const each of all) await assert.rejects(each, { name: "AbortError" });
    assert.deepEqual(queue.downloads, []);
    assert.equal(runs.length, 1);
  });

  test("tells the speed and the time that is left", () => {
    const { queue, runs, clock } = scripted();
    void queue.add(paramsOf("a"), never);
    for (const [now, received] of [
      [0, 0],
      [1000, 2_000_000],
      [2000, 4_000_000],
    ] as const) {
      clock.now = now;
      runs[0]?.onProgress({ state: "downloading", received, size: 10_000_000 });
    }
    const [download] = queue.downloads;
    assert.deepEqual([download?.speed, download?.secondsLeft], [2_000_000, 3]);
    runs[0]?.onProgress({ state: "waiting", received: 4_000_000, size: 10_000_000, note: "no network" });
    assert.deepEqual([queue.downloads[0]?.speed, queue.downloads[0]?.note], [undefined, "no network"]);
  });

  test("reports what came last, though nothing comes after it", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const { queue, runs, reports } = scripted();
    void queue.add(paramsOf("a"), never);
    runs[0]?.onProgress({ state: "downloading", received: 0, size: 10 });
    runs[0]?.onProgress({ state: "downloading", received: 5, size: 10 });
    assert.equal(reports.at(-1)?.[0]?.received, 0);
    context.mock.timers.tick(250);
    assert.equal(reports.at(-1)?.[0]?.received, 5);
  });

  test("reports at most four times a second while nothing else changes", () => {
    const { queue, runs, clock, reports } = scripted();
    void queue.add(paramsOf("a"), never);
    const before = reports.length;
    for (clock.now = 0; clock.now < 10_000; clock.now += 10) {
      runs[0]?.onProgress({ state: "downloading", received: clock.now, size: 10_000_000 });
    }
    assert.ok(reports.length - before <= 41);
  });
});
