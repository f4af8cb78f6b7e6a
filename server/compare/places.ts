// Places of a commit's change: where a line or a block was written, with the text as it was before.

// Myers' algorithm is easy to get wrong; jsdiff is its well-kept implementation.
import { diffArrays } from "diff";

export interface Place {
  readonly kind: "line" | "block";
  /** The text before the cursor: what was written above it in the commit is there already. */
  readonly prefix: string;
  /** The text after the cursor, as it was before the commit. */
  readonly suffix: string;
  /** What was written there, with line breaks as "\n". */
  readonly truth: string;
}

/** Lines that give way to others. */
interface Hunk {
  /** The number of its first line in the new text, counted from 0, and in the old one. */
  readonly line: number;
  readonly lineBefore: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Of each removed line, the added one that it gives way to, as its number among them. */
  readonly givesWay: readonly number[];
}

/** Lines in which two texts differ at the most: with more, it is another text, and its diff takes their square. */
const mostDifferent = 400;
const longestLine = 200;
const shortestTruth = 4;
const fewestLines = 2;
const mostLines = 12;

/** A place of which the texts are not put together yet: of a long file there are many, and few are asked for. */
export interface Cut {
  readonly kind: Place["kind"];
  readonly place: () => Place;
}

/** @param before empty for a new file */
export function cutPlaces(before: string, after: string, random: () => number): Cut[] {
  const [linesBefore, lines] = [before.split("\n"), after.split("\n")];
  const hunks = hunksOf(linesBefore, lines);
  // A line that went elsewhere was not written.
  const moved = new Set(hunks.flatMap(({ removed }) => removed.map((line) => line.trim())));
  const cut = (kind: Place["kind"], hunk: Hunk, line: number, column: number, end: number): Cut => ({
    kind,
    place: () => {
      const text = lines[line] ?? "";
      const gone = hunk.givesWay.filter((number) => hunk.line + number < end).length;
      const rest = linesBefore.slice(hunk.lineBefore + gone);
      const lineBreak = lines[end - 1]?.endsWith("\r") ? "\r\n" : "\n";
      return {
        kind,
        prefix: [...lines.slice(0, line), text.slice(0, column)].join("\n"),
        suffix: rest.length === 0 ? "" : lineBreak + rest.join("\n"),
        truth: truthOf([text.slice(column), ...lines.slice(line + 1, end)]),
      };
    },
  });
  return hunks.flatMap((hunk) =>
    hunk.added.flatMap((text, i): Cut[] => {
      if (moved.has(text.trim()) || text.length > longestLine || isNoCode.test(text)) return [];
      const line = hunk.line + i;
      const column = cursorIn(text, hunk.removed, random);
      const end = endOfBlock(lines, line, hunk.line + hunk.added.length);
      return [
        ...(column === undefined ? [] : [cut("line", hunk, line, column, line + 1)]),
        ...(end === undefined ? [] : [cut("block", hunk, line, indentationOf(text), end)]),
      ];
    }),
  );
}

function truthOf(lines: readonly string[]): string {
  return lines
    .map((line) => line.replace(/\r$/, ""))
    .join("\n")
    .trimEnd();
}

/** Blank, only punctuation, or a comment, whose words anybody would choose otherwise. */
const isNoCode = /^\s*(?:[^\p{L}\p{N}_$]*$|\/\/|\/?\*|#(?!include|define|if|endif|!?\[)|--|<!--|"""|''')/u;

function hunksOf(before: readonly string[], after: readonly string[]): Hunk[] {
  // Other line breaks are no other lines.
  const [old, now] = [before, after].map((lines) => lines.map((line) => line.replace(/\r$/, "")));
  if (!old || !now) return [];
  const start = commonLength(old, now);
  const end = Math.min(commonLength(old.toReversed(), now.toReversed()), old.length - start, now.length - start);
  const [gone, come] = [old.slice(start, old.length - end), now.slice(start, now.length - end)];
  // What was only added, as a new file is, needs no diff and no bound.
  const changes =
    gone.length === 0
      ? [{ count: come.length, added: true, removed: false }]
      : diffArrays(gone, come, { maxEditLength: mostDifferent });
  const hunks: Hunk[] = [];
  let [line, lineBefore] = [start, start];
  let open: Omit<Hunk, "givesWay"> | undefined;
  const close = () => {
    if (open) hunks.push({ ...open, givesWay: pair(open.removed, open.added) });
    open = undefined;
  };
  for (const { count, added, removed } of changes ?? []) {
    if (!added && !removed) close();
    else open ??= { line, lineBefore, added: [], removed: [] };
    if (open && added) open = { ...open, added: after.slice(line, line + count) };
    if (open && removed) open = { ...open, removed: before.slice(lineBefore, lineBefore + count) };
    if (!removed) line += count;
    if (!added) lineBefore += count;
  }
  close();
  return hunks;
}

/** Pairs of lines that are held against each other. */
const mostPairs = 10_000;

/** Each removed line gives way to the added one that begins most like it, in their order. */
function pair(removed: readonly string[], added: readonly string[]): number[] {
  if (removed.length * added.length > mostPairs) return removed.map(() => 0);
  let first = 0;
  return removed.map((line) => {
    const alike = added.map((each, i) => (i < first ? -1 : commonLength(line.trim(), each.trim())));
    first = Math.max(first, alike.indexOf(Math.max(...alike)));
    return first;
  });
}

const word = /(?<![\p{L}\p{N}_$])[\p{L}_$][\p{L}\p{N}_$]*/gu;

/** Before a word that is new: behind what the line has in common with one that it took the place of. */
function cursorIn(text: string, removed: readonly string[], random: () => number): number | undefined {
  const common = Math.max(0, ...removed.slice(0, mostLines).map((each) => commonLength(each, text)));
  const end = text.trimEnd().length - shortestTruth;
  const columns = [...text.matchAll(word)].map(({ index }) => index).filter((each) => each >= common && each <= end);
  return columns[Math.floor(random() * columns.length)];
}

function commonLength(a: ArrayLike<string>, b: ArrayLike<string>): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** Where the lines end that a line begins, if it is the first that is indented deeper; undefined where that is no block. */
function endOfBlock(lines: readonly string[], first: number, endOfHunk: number): number | undefined {
  const indentation = indentationOf(lines[first] ?? "");
  const head = lines[first - 1] ?? "";
  if (head.trim() === "" || indentationOf(head) >= indentation) return undefined;
  let end = first + 1;
  for (let i = end; i < endOfHunk && end - first <= mostLines; i++) {
    const line = lines[i] ?? "";
    if (line.trim() === "") continue;
    if (indentationOf(line) < indentation || line.length > longestLine) break;
    end = i + 1;
  }
  const count = end - first;
  return count >= fewestLines && count <= mostLines ? end : undefined;
}

function indentationOf(line: string): number {
  return line.length - line.trimStart().length;
}
