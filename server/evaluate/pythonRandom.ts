// CPython's `random.Random`, for the examples that lm-evaluation-harness draws: the same seed draws the same ones.

const length = 624;
const middle = 397;

/** The Mersenne Twister MT19937, seeded and drawn from as in CPython's Modules/_randommodule.c and Lib/random.py. */
export class PythonRandom {
  readonly #state = new Uint32Array(length);
  #next = length;

  /** @param seed a whole number of 32 bits */
  constructor(seed: number) {
    const state = this.#state;
    this.#fill(19650218);
    for (let step = 0, i = 1; step < length; step++) {
      state[i] = ((this.#at(i) ^ Math.imul(mixed(this.#at(i - 1)), 1664525)) + seed) >>> 0;
      i = this.#following(i);
    }
    // The first round ends where it began, one place on.
    for (let step = 1, i = 2; step < length; step++) {
      state[i] = ((this.#at(i) ^ Math.imul(mixed(this.#at(i - 1)), 1566083941)) - i) >>> 0;
      i = this.#following(i);
    }
    state[0] = 0x80000000;
  }

  /** Puts the items into a random order, in place. */
  shuffle(items: unknown[]): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.#below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
  }

  /** Draws so many of the items, each at most once. */
  sample<T>(items: readonly T[], count: number): T[] {
    const size = items.length;
    if (count > size) throw new RangeError(`${count} of ${size} cannot be drawn`);
    // CPython keeps either a pool of what is left or a set of what was drawn, and draws differently by them.
    const setSize = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0);
    const drawn: number[] = [];
    if (size <= setSize) {
      const pool = items.map((_, i) => i);
      for (let i = 0; i < count; i++) {
        const j = this.#below(size - i);
        drawn.push(pool[j] ?? 0);
        pool[j] = pool[size - i - 1] ?? 0;
      }
    } else {
      while (drawn.length < count) {
        const j = this.#below(size);
        if (!drawn.includes(j)) drawn.push(j);
      }
    }
    return drawn.map((i) => items[i] as T);
  }

  #below(limit: number): number {
    const bits = 32 - Math.clz32(limit);
    for (;;) {
      const number = this.#draw() >>> (32 - bits);
      if (number < limit) return number;
    }
  }

  /** 32 random bits. */
  #draw(): number {
    if (this.#next >= length) this.#renew();
    let bits = this.#at(this.#next++);
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  }

  #renew(): void {
    for (let i = 0; i < length; i++) {
      const bits = (this.#at(i) & 0x80000000) | (this.#at((i + 1) % length) & 0x7fffffff);
      this.#state[i] = this.#at((i + middle) % length) ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }

  #fill(seed: number): void {
    this.#state[0] = seed;
    for (let i = 1; i < length; i++) this.#state[i] = Math.imul(mixed(this.#at(i - 1)), 1812433253) + i;
  }

  #at(i: number): number {
    return this.#state[i] ?? 0;
  }

  /** The next place of those behind the first, which holds a copy of the last once a round is over. */
  #following(i: number): number {
    if (i + 1 < length) return i + 1;
    this.#state[0] = this.#at(length - 1);
    return 1;
  }
}

function mixed(bits: number): number {
  return bits ^ (bits >>> 30);
}
