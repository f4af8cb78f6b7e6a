// What the beginning of a new text surely changes of the old one, line by line as it comes.

import { type Change, findChanges } from "./hunks.ts";

/** A line alone may be like another by chance. */
const leastSame = 2;

/** The new text may leave out so many lines, and as many again as it has that are not settled. */
const linesBeyond = 20;

/** With more changes than this, what waits has nothing in common with the old text yet. It bounds the time. */
const mostChanges = 200;

/**
 * A comparison begins behind what is settled, and what does not settle is compared again when it is half as long again: so
 * the lines that are compared grow with the text alone.
 */
export class RunningDiff {
  readonly #old: readonly string[];
  readonly #find: typeof findChanges;
  /** How many lines of the old text are settled, and the lines of the new one that are not. */
  #settled = 0;
  #waiting: string[] = [];
  #nextLength = leastSame + 1;
  #hasBegun = false;
  readonly #changes: Change[] = [];

  constructor(old: readonly string[], find = findChanges) {
    this.#old = old;
    this.#find = find;
  }

  /** They do not change any more as more comes. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  /** Takes further lines of the new text, each with its line break. */
  add(lines: string): void {
    for (const line of lines.split(/\r?\n/).slice(0, -1)) this.#addLine(line);
  }

  #addLine(line: string): void {
    if (!this.#hasBegun) {
      // Models leave out the empty lines that a text begins with, and get them back at the end.
      if (line.trim() === "") return;
      this.#hasBegun = true;
      while (this.#old[this.#settled]?.trim() === "") this.#settled++;
    }
    if (this.#waiting.length === 0 && line === this.#old[this.#settled]) {
      this.#settled++;
      return;
    }
    this.#waiting.push(line);
    if (this.#waiting.length >= this.#nextLength) this.#compare();
  }

  #compare(): void {
    const first = this.#settled;
    const window = this.#old.slice(first, first + 2 * this.#waiting.length + linesBeyond);
    const changes = this.#find(window, this.#waiting, mostChanges);
    // What stays before each of the changes, and behind the last one.
    const same = Array.from({ length: changes.length + 1 }, (_, i) =>
      window.slice(changes[i - 1]?.to ?? 0, changes[i]?.from ?? window.length),
    );
    const count = same.findLastIndex((lines) => lines.filter((line) => line.trim() !== "").length >= leastSame);
    if (count < 0) {
      this.#nextLength = Math.ceil(this.#waiting.length * 1.5);
      return;
    }
    const settled = changes.slice(0, count).map((change) => movedBy(change, first));
    const end = changes[count]?.from ?? window.length;
    const added = settled.reduce((sum, { from, to, inserted }) => sum + inserted.length - (to - from), 0);
    this.#changes.push(...settled);
    this.#settled += end;
    this.#waiting = this.#waiting.slice(end + added);
    this.#nextLength = this.#waiting.length + leastSame;
  }
}

function movedBy({ from, to, inserted }: Change, lines: number): Change {
  return { from: from + lines, to: to + lines, inserted };
}
