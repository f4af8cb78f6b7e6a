// How a training goes, from what its scripts write of it (training/finetune/progress.py): a JSON object in each line.

import { appendFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import * as v from "valibot";

import type { Loss, TrainingPageState } from "../shared/trainingPage.ts";

const fileOf = (folder: string) => join(folder, "progress.jsonl");

/** Points of the line of losses at most: more are not seen. */
const mostPoints = 200;

const loss = { step: v.number(), loss: v.number() };
const progressEvent = v.variant("event", [
  v.object({ event: v.literal("started") }),
  v.object({ event: v.literal("step"), ...loss, fraction: v.number() }),
  v.object({ event: v.literal("heldOut"), ...loss, best: v.boolean() }),
  v.object({ event: v.literal("done") }),
  v.object({ event: v.literal("failed"), message: v.string() }),
  // Ours: a terminal that was closed says nothing more.
  v.object({ event: v.literal("ended") }),
]);

export async function forgetProgress(folder: string): Promise<void> {
  await rm(fileOf(folder), { force: true });
}

/** The scripts do not run any more, whatever they said last. */
export async function endProgress(folder: string): Promise<void> {
  await appendFile(fileOf(folder), '\n{"event":"ended"}\n', { mode: 0o600 });
}

/** Of the last run in this folder. Its trial is in there only if it failed. */
export async function readProgress(folder: string): Promise<TrainingPageState> {
  const text = await readFile(fileOf(folder), "utf8").catch(() => "");
  const events = text.split("\n").flatMap((line) => {
    const event = v.safeParse(progressEvent, parse(line));
    return event.success ? [event.output] : [];
  });
  // A try for which the memory was too small is followed by another.
  const run = events.slice(events.findLastIndex(({ event }) => event === "started") + 1);
  const steps = run.filter((event) => event.event === "step");
  const heldOut = run.filter((event) => event.event === "heldOut");
  const failed = run.find((event) => event.event === "failed");
  const best = heldOut.findLast((event) => event.best);
  return {
    state: stateOf(events.map(({ event }) => event)),
    learned: meansOf(steps),
    heldOut: heldOut.map(({ step, loss }) => ({ step, loss })),
    fraction: steps.at(-1)?.fraction ?? 0,
    ...(best && { best: { step: best.step, loss: best.loss } }),
    ...(failed && { cause: failed.message }),
  };
}

function stateOf(events: readonly string[]): TrainingPageState["state"] {
  if (events.includes("failed")) return "failed";
  if (events.includes("done")) return "done";
  // Whoever declines what a run takes has begun none.
  if (!events.includes("started")) return "none";
  return events.includes("ended") ? "stopped" : "running";
}

/** undefined where it is none: the last line may not be whole yet. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function meansOf(steps: readonly Loss[]): Loss[] {
  const size = Math.ceil(steps.length / mostPoints);
  const count = size === 0 ? 0 : Math.ceil(steps.length / size);
  return Array.from({ length: count }, (_, index) => {
    const part = steps.slice(index * size, (index + 1) * size);
    return {
      step: part.at(-1)?.step ?? 0,
      loss: part.reduce((sum, each) => sum + each.loss, 0) / part.length,
    };
  });
}
