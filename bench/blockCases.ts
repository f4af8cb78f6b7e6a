// `node bench/blockCases.ts [--count 20] > CASES`: cuts blocks out of the held-out files, as cases for bench:completion.

import fs from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import type { Case } from "./completionReport.ts";

/** One line of training/tokenizer.py's corpus. */
interface CorpusFile extends Pick<Case, "language" | "package" | "path"> {
  readonly split: string;
  readonly text: string;
}

interface Line {
  readonly start: number;
  readonly end: number;
  readonly indent: string;
  readonly isBlank: boolean;
}

const languages = new Set(["css", "javascript", "python", "typescript"]);
const fewestLines = 2;
const mostLines = 8;
/** Files of more than this are likely generated. */
const longestFile = 40_000;

const { values: options } = parseArgs({
  options: {
    corpus: { type: "string", default: path.join(homedir(), ".cache/falcon-training/corpus.jsonl") },
    count: { type: "string", default: "20" },
  },
});

const files = fs
  .readFileSync(options.corpus, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as CorpusFile)
  .filter((file) => file.split === "held-out" && languages.has(file.language) && file.text.length <= longestFile);
for (const ofLanguage of Map.groupBy(files, ({ language }) => language).values()) {
  const count = Number(options.count);
  const cases = ofLanguage.map(blocksOf).filter((blocks) => blocks.length > 0);
  // One of each file, as far apart in the corpus as possible, and each time another kind of place in it.
  for (let i = 0; i < count && cases.length > 0; i++) {
    const blocks = cases[Math.floor((i * cases.length) / count)] ?? [];
    const chosen = blocks[(i * 7) % blocks.length];
    if (chosen) console.log(JSON.stringify(chosen));
  }
}

/** A case for each line that opens a block: the cursor stands where the editor puts it after Enter, and the block is missing. */
function blocksOf({ language, package: name, path, text }: CorpusFile): Case[] {
  if (text.includes("\t") || text.includes("\r")) return [];
  const lines = linesOf(text);
  return lines.flatMap((head, i) => {
    const first = lines[i + 1];
    if (head.isBlank || !first || first.isBlank || first.indent.length <= head.indent.length) return [];
    if (!/[{:]$/.test(text.slice(head.start, head.end))) return [];
    const after = lines.findIndex((line, j) => j > i && !line.isBlank && line.indent.length <= head.indent.length);
    const block = lines.slice(i + 1, after < 0 ? lines.length : after);
    while (block.at(-1)?.isBlank) block.pop();
    const last = block.at(-1);
    if (!last || block.length < fewestLines || block.length > mostLines) return [];
    const prefix = text.slice(0, first.start) + first.indent;
    const truth = text.slice(prefix.length, last.end);
    return [{ kind: "block" as const, language, package: name, path, prefix, suffix: text.slice(last.end), truth }];
  });
}

function linesOf(text: string): Line[] {
  return [...text.matchAll(/.*(?:\n|$)/g)].map(({ 0: line, index }) => {
    const content = line.trimEnd();
    return {
      start: index,
      end: index + content.length,
      indent: /^ */.exec(content)?.[0] ?? "",
      isBlank: content === "",
    };
  });
}
