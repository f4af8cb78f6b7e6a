// Work that follows the screen: once per frame, and less often when it is slow, so that typing stays smooth.

/** The share of time that may go into the work is one part in this many. */
const rest = 3;

/** Returns a function that asks for the work to be done in the next frame. */
export function oncePerFrame(work: () => void): () => void {
  let asked = false;
  let notBefore = 0;

  function onFrame(now: number): void {
    if (now < notBefore) {
      requestAnimationFrame(onFrame);
      return;
    }
    asked = false;
    const start = performance.now();
    work();
    const end = performance.now();
    notBefore = end + (rest - 1) * (end - start);
  }

  return () => {
    if (!asked) requestAnimationFrame(onFrame);
    asked = true;
  };
}
