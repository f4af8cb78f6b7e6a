// How long is waited before something is tried again.

import { setTimeout as pause } from "node:timers/promises";

/** Resolves after the milliseconds; rejects when the signal is aborted. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

export const wait: Wait = async (milliseconds, signal) => {
  await pause(milliseconds, undefined, { signal });
};

/** The longest that a server may ask to be left alone without the download ending. */
const longestWait = 120_000;

/**
 * Milliseconds to wait before the next try, undefined when there is none. `tries` are those in a row that brought nothing.
 * Who has lost his network in the middle of a download gets ten minutes to find it again.
 */
export function retryDelay(tries: number, hasReceived: boolean, retryAfter = 0): number | undefined {
  if (tries > (hasReceived ? 15 : 4) || retryAfter > longestWait) return undefined;
  return Math.max(retryAfter, Math.min(1000 * 2 ** (tries - 1), 60_000));
}
