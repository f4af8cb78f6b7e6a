// Who goes before whom: a completion is waited for at each key, an answer is read as it comes, background work can wait.

import type { Lane } from "../../engine.ts";

/** 0 is the most urgent. */
export const priorities: Readonly<Record<Lane, number>> = { completion: 0, chat: 1, background: 2 };

interface Prioritized {
  readonly request: { readonly priority: number };
}

/**
 * Whether a request may take an idle sequence. One is kept for completions, which so never wait for the end of an answer,
 * and one more for chats, which so do not wait for background work. Where there are fewer, nothing can be kept.
 */
export function mayStart(
  { request: { priority } }: Prioritized,
  running: readonly Prioritized[],
  idle: number,
): boolean {
  if (idle === 0 || priority === priorities.completion) return idle > 0;
  const others = running.filter((run) => run.request.priority !== priorities.completion);
  return others.length < Math.max(running.length + idle - priority, 1);
}

/**
 * Who takes part in a step, the most urgent first. Beside a completion a chat takes part in every third step only: on a
 * processor, a batch of two takes nearly twice as long as one. Background work stands still beside both.
 */
export function whoseTurn<Run extends Prioritized>(running: readonly Run[], step: number): readonly Run[] {
  const sorted = running.toSorted((a, b) => a.request.priority - b.request.priority);
  const urgent = sorted[0]?.request.priority;
  const also = step % 3 === 0 ? priorities.chat : urgent;
  return sorted.filter(({ request: { priority } }) => priority === urgent || priority === also);
}
