// Cases of completion cut from held-out files: blocks, bodies of functions, and lines that take from other files.

import { type HeldOutFile, readHeldOutFiles } from "./heldOut.ts";
import { randomNumbers, shuffle } from "../server/random.ts";

/** A place in a held-out file and what stands there. */
export interface CutCase {
  readonly language: string;
  readonly package: string;
  /** In the package, with slashes. */
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly truth: string;
  /** Files of its package that are open beside it; none unless given. */
  readonly others?: readonly { readonly path: string; readonly text: string }[];
  /** What was changed of them and of this one before the cursor came here; nothing unless given. */
  readonly edits?: readonly LineEdit[];
  /** The text of this one before that; as it is unless given. */
  readonly opened?: string;
}

export interface LineEdit {
  readonly path: string;
  /** Counted from 0, in the text that the edits before it have left. */
  readonly line: number;
  /** Lines that give way. */
  readonly removed: number;
  readonly lines: readonly string[];
}

export const cutKinds = ["block", "function", "files"] as const;

export type CutKind = (typeof cutKinds)[number];

const seed = 11;
/** Of one kind in one file: a file with many functions is no more than another. */
const mostOfFile = 2;

/** The languages take turns, so that any number of cases is a fair part. */
export function cutCases(kind: CutKind, limit: number): CutCase[] {
  const random = randomNumbers(seed);
  const files = readHeldOutFiles();
  const byLanguage = Map.groupBy(shuffle(files, random), ({ language }) => language);
  const queues = languagesOf[kind].map((language) => (byLanguage.get(language) ?? []).values());
  const cases: CutCase[] = [];
  for (let left = queues; cases.length < limit && left.length > 0;) {
    left = left.filter((queue) => {
      const found = nextCases(queue, (file) => cutters[kind](file, files), random);
      cases.push(...found);
      return found.length > 0;
    });
  }
  return cases.slice(0, limit);
}

const languagesOf: Readonly<Record<CutKind, readonly string[]>> = {
  block: ["typescript", "javascript", "python", "css"],
  function: ["typescript", "javascript", "python"],
  files: ["typescript", "javascript", "python"],
};

const cutters: Readonly<Record<CutKind, (file: HeldOutFile, all: readonly HeldOutFile[]) => CutCase[]>> = {
  block: (file) => cutBodies(file, { isHead: (head) => !functionHead.test(head), mostLines: 12, atHead: false }),
  function: (file) => cutBodies(file, { isHead: (head) => functionHead.test(head), mostLines: 25, atHead: true }),
  files: cutLinesOfOthers,
};

/** Those of the next file that has any. */
function nextCases(
  queue: Iterator<HeldOutFile>,
  cut: (file: HeldOutFile) => CutCase[],
  random: () => number,
): CutCase[] {
  for (let next = queue.next(); !next.done; next = queue.next()) {
    const found = cut(next.value);
    if (found.length > 0) return shuffle(found, random).slice(0, mostOfFile);
  }
  return [];
}

/** A line that begins a function or a method: words and parameters before a brace, or Python's def. */
const functionHead =
  /^\s*(?:(?:async\s+)?def\s|(?!(?:\}\s*)?(?:if|else|for|while|switch|do|try|catch|with|return)\b)(?=[^=]*\)[^=]*\{$|.*\bfunction\b|.*=>\s*\{$))/;

/** A head of a class or a type, and a line of a comment. */
const isNoStatement =
  /^\s*(?:#|\/\/|\/?\*|(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:class|interface|enum)\b)/;

interface Bodies {
  readonly isHead: (line: string) => boolean;
  readonly mostLines: number;
  /** Whether the cursor stands where the head ends, and not where the first line of the body begins. */
  readonly atHead: boolean;
}

/** The lines that are indented deeper than the one before them, which opens them; a brace that closes them stays. */
function cutBodies(file: HeldOutFile, { isHead, mostLines, atHead }: Bodies): CutCase[] {
  const lines = file.text.split("\n");
  const opener = file.language === "python" ? ":" : "{";
  return lines.flatMap((head, i): CutCase[] => {
    if (!head.endsWith(opener) || !isHead(head) || isNoStatement.test(head)) return [];
    const end = lines.findIndex((line, j) => j > i && line !== "" && indentationOf(line) <= indentationOf(head));
    const body = lines
      .slice(i + 1, end)
      .join("\n")
      .trimEnd();
    const count = body.split("\n").length;
    if (end < 0 || body.trim() === "" || count < 2 || count > mostLines || body.length > 1500) return [];
    if (opener === "{" && !lines[end]?.trim().startsWith("}")) return [];
    const before = `${lines.slice(0, i + 1).join("\n")}\n`;
    const cursor = atHead ? before.length - 1 : before.length + indentationOf(lines[i + 1] ?? "");
    const bodyEnd = before.length + body.length;
    // The editor makes the line break and the indentation after a head.
    return [{ ...caseAt(file, cursor, bodyEnd), truth: body.trimStart() }];
  });
}

function indentationOf(line: string): number {
  return line.length - line.trimStart().length;
}

function caseAt(file: HeldOutFile, cursor: number, end: number): CutCase {
  const { language, package: name, path, text } = file;
  return {
    ...{ language, package: name, path, prefix: text.slice(0, cursor), suffix: text.slice(end) },
    truth: text.slice(cursor, end),
  };
}

/** What the model sees of the file itself, in characters. */
const window = { before: 3500, after: 800 };
/** Open beside it: some of a package. */
const mostOthers = 3;
const longestOther = 40_000;

/** Rests of lines that begin with a name which other files of the package have and the text near the cursor does not. */
function cutLinesOfOthers(file: HeldOutFile, all: readonly HeldOutFile[]): CutCase[] {
  const siblings = all.filter(
    (other) =>
      other.package === file.package &&
      other.language === file.language &&
      other.path !== file.path &&
      other.text.length <= longestOther,
  );
  // A copy, as of a package that is built for two kinds of modules, has the answer.
  if (siblings.length < 2 || siblings.some((other) => isCopy(other, file))) return [];
  const others = nearestFirst(siblings, file)
    .slice(0, mostOthers)
    .map(({ path, text }) => ({ path, text }));
  const wordsOf = new Map(siblings.map((other) => [other, new Set(other.text.match(name))]));
  return [...file.text.matchAll(name)].flatMap(({ index, 0: word }): CutCase[] => {
    const end = file.text.indexOf("\n", index);
    const line = file.text.slice(file.text.lastIndexOf("\n", index) + 1, index);
    const truth = file.text.slice(index, end).trimEnd();
    if (end < 0 || line.trim() === "" || truth.length > 120 || isOther.test(line) || isProse.test(truth)) return [];
    const near = file.text.slice(Math.max(0, index - window.before), index) + file.text.slice(end, end + window.after);
    if (near.includes(word)) return [];
    const having = siblings.filter((other) => wordsOf.get(other)?.has(word));
    // What half of the package says is common knowledge, and found anywhere.
    if (having.length === 0 || having.length > siblings.length / 2) return [];
    return [{ ...caseAt(file, index, index + truth.length), others }];
  });
}

/** Of several words, such as a package has for things of its own. */
const name = /\b(?:[A-Za-z]+[a-z0-9][A-Z]|[A-Za-z0-9]+_[A-Za-z])[A-Za-z0-9_]*\b/g;
/** Where a name is not used: in a comment, an import, a string, or where it is declared. */
const isOther =
  /^\s*(?:\/\/|\/?\*|#|import\b|from\b)|["'`][^"'`]*$|\b(?:def|function|class|const|let|var|interface|type)\s+$/;
const isProse = /^[\w-]+(?:[.,:]?$|[.,:]? [\w-]+ )/;

/** Whether files share half of their lines. */
function isCopy({ text }: HeldOutFile, of: HeldOutFile): boolean {
  const lines = of.text.split("\n").filter((line) => line.trim().length > 3);
  const other = new Set(text.split("\n"));
  return lines.filter((line) => other.has(line)).length * 2 > lines.length;
}

/** By the part of the path that they share. */
function nearestFirst(files: readonly HeldOutFile[], to: HeldOutFile): HeldOutFile[] {
  const shared = ({ path }: HeldOutFile) => {
    const [a, b] = [path.split("/"), to.path.split("/")];
    const different = a.findIndex((part, i) => part !== b[i]);
    return different < 0 ? a.length : different;
  };
  return files.toSorted((a, b) => shared(b) - shared(a));
}
