// How long to wait before a dead language server is started again, and when to give up.

const memory = 180_000;
const patience = 5;

/**
 * Milliseconds to wait before the next start, doubling with each recent death; undefined when there were too many.
 * `deaths` are the times of all deaths, the newest included, in milliseconds.
 */
export function restartDelay(deaths: readonly number[], now: number): number | undefined {
  const recent = deaths.filter((time) => now - time < memory).length;
  if (recent > patience) return undefined;
  return recent <= 1 ? 0 : 250 * 2 ** (recent - 1);
}
