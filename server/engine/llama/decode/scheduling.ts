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
  /** `client`: whose it is, where several share the model. */
  readonly request: { readonly priority: Priority; readonly client?: string | undefined };
}

/**
 * The most urgent first, and of one urgency in turn by client: the first request of each, then the second of each. So many of
 * one client's keep no other's waiting.
 * @param running count as requests that had their turn
 */
export function inTurn<Request extends Prioritized>(
  requests: readonly Request[],
  running: readonly Prioritized[] = [],
): readonly Request[] {
  const counts = new Map<string, number>();
  const count = ({ request: { priority, client = "" } }: Prioritized) => {
    const lane = `${priority} ${client}`;
    const turn = counts.get(lane) ?? 0;
    counts.set(lane, turn + 1);
    return turn;
  };
  running.forEach(count);
  return requests
    .map((each) => ({ each, rank: rules[each.request.priority].rank, turn: count(each) }))
    .toSorted((a, b) => a.rank - b.rank || a.turn - b.turn)
    .map(({ each }) => each);
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
  const sorted = inTurn(running);
  const urgent = sorted[0]?.request.priority;
  const also = isBatchCheap || step % 3 === 0 ? "chat" : urgent;
  return sorted.filter(({ request: { priority } }) => priority === urgent || priority === also);
}
