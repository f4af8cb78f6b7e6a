// A text that is longer than there is room for: the parts of it that have most of the question's words, in their order.

/** A part ends at an empty line from so many characters on, and at any line before so many. */
const [shortestPart, longestPart] = [400, 1_600];
/** Room for the line that tells of a gap. */
const gapLength = 40;

interface Part {
  /** From 0. */
  readonly line: number;
  readonly lines: readonly string[];
  readonly text: string;
  readonly score: number;
}

export interface CutText {
  readonly text: string;
  readonly keptLines: number;
  readonly lines: number;
}

/** Where no part has words of the question, it begins at its beginning. */
export function cutText(text: string, question: string, room: number): CutText {
  const words = wordsOf(question);
  const lines = text.split(/\r\n|\r|\n/);
  const parts = partsOf(lines, words);
  const kept = new Set<Part>();
  let length = 0;
  for (const part of [...parts].sort((a, b) => b.score - a.score || a.line - b.line)) {
    if (length + part.text.length + gapLength > room) continue;
    length += part.text.length + gapLength;
    kept.add(part);
  }
  const written: string[] = [];
  let next = 0;
  let keptLines = 0;
  for (const part of parts.filter((each) => kept.has(each))) {
    if (part.line > next) written.push(gap(next, part.line));
    written.push(part.text);
    keptLines += part.lines.length;
    next = part.line + part.lines.length;
  }
  if (next < lines.length) written.push(gap(next, lines.length));
  return { text: written.join("\n"), keptLines, lines: lines.length };
}

function gap(from: number, to: number): string {
  return `[lines ${from + 1} to ${to} are left out]`;
}

function partsOf(lines: readonly string[], words: ReadonlySet<string>): Part[] {
  const parts: Part[] = [];
  let start = 0;
  let length = 0;
  for (const [index, line] of lines.entries()) {
    length += line.length + 1;
    const next = lines[index + 1];
    const isBoundary = line.trim() === "" && length >= shortestPart;
    const isFull = next === undefined || length + next.length > longestPart;
    if (!isBoundary && !isFull) continue;
    const own = lines.slice(start, index + 1);
    const text = own.join("\n");
    const score = [...wordsOf(text)].filter((word) => words.has(word)).length;
    parts.push({ line: start, lines: own, text, score });
    start = index + 1;
    length = 0;
  }
  return parts;
}

/** Words of at least three letters, with those that names are made of: `openTheGate` has `open`, `the`, and `gate`. */
function wordsOf(text: string): ReadonlySet<string> {
  const names = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
  const parts = names.flatMap((name) => [name, ...(name.match(/\p{Lu}?\p{Ll}+|\p{Lu}+|\p{N}+/gu) ?? [])]);
  return new Set(parts.filter((word) => word.length >= 3).map((word) => word.toLowerCase()));
}
