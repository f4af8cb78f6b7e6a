// Waits no longer than somebody wants it.

/** What is waited for, or nothing as soon as the signal fires: who stops a chat does not wait for a model that loads. */
export async function untilAborted<T>(wanted: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const abort = () => resolve(undefined);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([wanted, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
