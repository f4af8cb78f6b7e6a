// Watches whether a process still answers, and gets on with what it does.

/**
 * So often is the process asked, in milliseconds, and given up when it owes so many answers: a hang lasts half a minute.
 * That is long for a process that works. Native code runs on threads of its own: measured on a machine with five times as
 * much to do as it has cores, the load of a 1B model kept the process from answering for 0.6 s, and the evaluation of a
 * prompt for 0.25 s. Tokenizing, which takes the main thread, needed a second for each megabyte of text.
 *
 * A thread of native code that hangs keeps nobody from answering, so the process tells also for how many milliseconds its
 * step has taken. The longest that may be is long, since a slow processor evaluates 64 tokens of a 40B model in a minute or
 * more, and a GPU compiles its shaders before its first step.
 */
export const heartbeat = { interval: 5000, patience: 6, longestStep: 5 * 60_000 };

/**
 * Asks again and again until `onHang` was called, or until the returned function is. Beats are counted, not time: a
 * machine that sleeps, or a server that is busy itself, gives no process up.
 * @param ask for how many milliseconds the step has taken that runs now
 * @param onHang gets whether the process answered still
 */
export function watchHeartbeat(
  ask: () => Promise<number>,
  { interval, patience, longestStep }: typeof heartbeat,
  onHang: (answered: boolean) => void,
): () => void {
  let owed = 0;
  const giveUp = (answered: boolean) => {
    clearInterval(timer);
    onHang(answered);
  };
  const timer = setInterval(() => {
    if (owed === patience) {
      giveUp(false);
      return;
    }
    owed++;
    ask().then(
      (sinceProgress) => {
        owed = 0;
        if (sinceProgress > longestStep) giveUp(true);
      },
      // The connection was closed: the process ends, and whoever closed it knows.
      () => clearInterval(timer),
    );
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}
