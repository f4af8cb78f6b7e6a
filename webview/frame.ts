// Work that follows the screen: in each frame a little, and less often when it is slow, so that typing stays smooth.

/** The share of time that may go into the work is one part in this many. */
const rest = 3;

/** Milliseconds of work in one frame, which has 16. */
const longestWork = 8;

/** Whether there is time for more in this frame. */
export type HasTime = () => boolean;

/** Returns a function that asks for the work to be done. It returns false to go on in the next frame, where its time was up. */
export function inFrames(work: (hasTime: HasTime) => boolean): () => void {
  let asked = false;
  let notBefore = 0;

  function onFrame(now: number): void {
    if (now < notBefore) {
      requestAnimationFrame(onFrame);
      return;
    }
    asked = false;
    const start = performance.now();
    if (!work(() => performance.now() < start + longestWork)) {
      request();
      return;
    }
    const end = performance.now();
    notBefore = end + (rest - 1) * (end - start);
  }

  function request(): void {
    if (!asked) requestAnimationFrame(onFrame);
    asked = true;
  }
  return request;
}
