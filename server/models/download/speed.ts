// How fast a download is lately, and how long it still takes.

/** Milliseconds that count as lately. */
const span = 10_000;
/** Milliseconds before which a speed says nothing. */
const least = 500;
/** Milliseconds after a sample in which another one says nothing new: thousands of pieces come in a second. */
const between = 50;

export class Speed {
  #samples: { readonly time: number; readonly received: number }[] = [];

  /** Bytes received so far, at a time in milliseconds. Fewer than before: it began anew. */
  add(received: number, time: number): void {
    const last = this.#samples.at(-1);
    if (last && received < last.received) this.#samples = [];
    else if (last && time - last.time < between) return;
    this.#samples.push({ time, received });
    const [first] = this.#samples;
    if (first && time - first.time > span) this.#samples = this.#samples.filter((each) => time - each.time <= span);
  }

  /** Bytes in a second; undefined until there is enough to tell. */
  get bytesPerSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.time - first.time < least) return undefined;
    return ((last.received - first.received) / (last.time - first.time)) * 1000;
  }

  /** Forgets: time passes in which nothing is meant to come. */
  rest(): void {
    this.#samples = [];
  }
}
