// What a sequence more costs a step, measured while requests run: next to nothing on a GPU, on a processor most of a step.

/** Steps that a measurement takes in; it follows changes, such as a longer context, as fast. */
const steps = 16;
/** A share of the time of a step with one sequence. Two on a processor take 1.5 to 1.9 times as long as one. */
const small = 0.25;

export class BatchCost {
  /** Milliseconds of a step with one sequence. */
  readonly #one = new Mean();
  /** Milliseconds that each further one adds. */
  readonly #more = new Mean();

  /** Takes a step in which so many sequences were evaluated, a token each. */
  stepped(sequences: number, milliseconds: number): void {
    if (sequences === 1) this.#one.add(milliseconds);
    else if (this.#one.isKnown) this.#more.add((milliseconds - this.#one.value) / (sequences - 1));
  }

  /** Not until it is known. */
  get isSmall(): boolean {
    return this.#more.isKnown && this.#more.value < small * this.#one.value;
  }
}

/** Of the last values, the later ones weighing more. */
class Mean {
  value = 0;
  #count = 0;

  add(value: number): void {
    this.#count = Math.min(this.#count + 1, steps);
    this.value += (value - this.value) / this.#count;
  }

  get isKnown(): boolean {
    return this.#count === steps;
  }
}
