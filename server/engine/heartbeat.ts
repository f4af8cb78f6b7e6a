// Watches whether a process still answers.

/**
 * So often is the process asked, in milliseconds, and given up when it owes so many answers: a hang lasts half a minute.
 * That is long for a process that works. Native code runs on threads of its own: measured on a machine with five times as
 * much to do as it has cores, the load of a 1B model kept the process from answering for 0.6 s, and the evaluation of a
 * prompt for 0.25 s. Tokenizing, which takes the main thread, needed a second for each megabyte of text.
 */
export const heartbeat = { interval: 5000, patience: 6 };

/**
 * Asks again and again until `onHang` was called, or until the returned function is. Beats are counted, not time: a
 * machine that sleeps, or a server that is busy itself, gives no process up.
 */
export function watchHeartbeat(
  ask: () => Promise<void>,
  { interval, patience }: typeof heartbeat,
  onHang: () => void,
): () => void {
  let owed = 0;
  const timer = setInterval(() => {
    if (owed === patience) {
      clearInterval(timer);
      onHang();
      return;
    }
    owed++;
    ask().then(
      () => {
        owed = 0;
      },
      // The connection was closed: the process ends, and whoever closed it knows.
      () => clearInterval(timer),
    );
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}
