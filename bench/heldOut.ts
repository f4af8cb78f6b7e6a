// The files of the packages that the bundled model was not trained on, and choices among them that are the same each time.

import fs from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

const corpus = path.join(homedir(), ".cache/falcon-training/corpus.jsonl");

export interface HeldOutFile {
  readonly package: string;
  /** In the package, with slashes. */
  readonly path: string;
  /** VS Code's name of it. */
  readonly language: string;
  readonly text: string;
}

export function readHeldOutFiles(): HeldOutFile[] {
  if (!fs.existsSync(corpus)) throw new Error(`There is no ${corpus}: training/README.md says how it is made.`);
  return fs
    .readFileSync(corpus, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as HeldOutFile & { readonly split: string })
    .filter(({ split }) => split === "held-out");
}

/** Numbers from 0 to 1 in an order that the seed decides: mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffle<T>(values: readonly T[], random: () => number): T[] {
  const keyed = values.map((value) => ({ value, key: random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ value }) => value);
}
