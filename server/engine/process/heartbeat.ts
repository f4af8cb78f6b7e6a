// Watches whether a process still answers, and whether what it does makes progress.

/**
 * The process is pinged every `interval` milliseconds, and given up when it owes `patience` answers: a hang lasts half a
 * minute. That is long for a process that works. Native code runs on threads of its own: measured on a machine with five
 * times as much to do as it has cores, the load of a 1B model kept the process from answering for 0.6 s, and the evaluation
 * of a prompt for 0.25 s.
 *
 * A process whose native thread hangs still answers but makes no progress, so it is given up, too, after `longestStep`
 * milliseconds without any. That is long, since a slow processor takes ten seconds for a token of a large model, and a
 * GPU compiles its shaders before its first step.
 */
export const heartbeat = { interval: 5000, patience: 6, longestStep: 5 * 60_000 };

/**
 * Asks again and again until `onHang` was called, or until the returned function is. Beats are counted, not time, and
 * progress is a number, not a moment: clocks may go on while a machine sleeps, but neither beats nor steps do.
 * @param ask for a number that rises with the progress of what runs; undefined while nothing runs
 * @param onHang gets whether the process answered still
 */
export function watchHeartbeat(
  ask: () => Promise<number | undefined>,
  { interval, patience, longestStep }: typeof heartbeat,
  onHang: (answered: boolean) => void,
): () => void {
  let owed = 0;
  let lastProgress: number | undefined;
  let beatsWithoutProgress = 0;
  let isOver = false;
  const stop = () => {
    clearInterval(timer);
    isOver = true;
  };
  const giveUp = (answered: boolean) => {
    stop();
    onHang(answered);
  };
  const timer = setInterval(() => {
    if (owed === patience) {
      giveUp(false);
      return;
    }
    owed++;
    ask().then(
      (progress) => {
        if (isOver) return;
        owed = 0;
        const isStill = progress !== undefined && progress === lastProgress;
        beatsWithoutProgress = isStill ? beatsWithoutProgress + 1 : 0;
        lastProgress = progress;
        if (beatsWithoutProgress * interval > longestStep) giveUp(true);
      },
      // The connection was closed: the process is ending, which its owner knows.
      stop,
    );
  }, interval);
  timer.unref();
  return stop;
}
