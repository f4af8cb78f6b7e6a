// The files of the packages that the bundled model was not trained on.

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
