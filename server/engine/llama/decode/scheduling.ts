// Which requests run: a completion is waited for at each key, an answer is read as it comes, background work can wait.

import type { Priority } from "../../engine.ts";

interface Rule {
  /** 0 is the most urgent. */
  readonly rank: number;
  /** Sequences that stay free for more urgent requests. Where there are fewer, none can be kept free. */
  readonly keepsFree: number;
}

const rules: Readonly<Record<Priority, Rule>> = {
  completion: { rank: 0, keepsFree: 0 },
  // A completion never waits for the end of an answer.
  chat: { rank: 1, keepsFree: 1 },
  // And a chat does not wait for background work.
  background: { rank: 2, keepsFree: 2 },
};

interface Prioritized {
  readonly request: { readonly priority: Priority };
}

/** Sorts the most urgent first. */
export function byUrgency(a: Prioritized, b: Prioritized): number {
  return rules[a.request.priority].rank - rules[b.request.priority].rank;
}

/** Whether a request may take an idle sequence. */
export function mayStart(
  { request: { priority } }: Prioritized,
  running: readonly Prioritized[],
  idle: number,
): boolean {
  if (idle === 0 || priority === "completion") return idle > 0;
  const others = running.filter((run) => run.request.priority !== "completion");
  return others.length < Math.max(running.length + idle - rules[priority].keepsFree, 1);
}

/**
 * The requests that take part in a step, the most urgent first. Beside a completion a chat takes part in every third step
 * only, unless a sequence more costs a step little. Background work stands still beside both.
 */
export function whoseTurn<Run extends Prioritized>(
  running: readonly Run[],
  step: number,
  isBatchCheap: boolean,
): readonly Run[] {
  const sorted = running.toSorted(byUrgency);
  const urgent = sorted[0]?.request.priority;
  const also = isBatchCheap || step % 3 === 0 ? "chat" : urgent;
  return sorted.filter(({ request: { priority } }) => priority === urgent || priority === also);
}
