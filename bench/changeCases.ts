// Cases of completion cut from what developers changed between two releases: the rest of a line that they wrote, after the changes
// before it.

import path from "node:path";

// Myers' algorithm is easy to get wrong; jsdiff is its well-kept implementation.
import { diffArrays } from "diff";

import type { CutCase } from "./cases.ts";
import { randomNumbers, shuffle } from "../server/random.ts";
import { readReleases, type Release } from "./releases.ts";

/** Whole lines that take the place of others. */
interface Change {
  readonly path: string;
  /** Counted from 0, in the text that the changes before it have left. */
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** The editor is told of the latest ones; what was changed before them is saved already. */
const mostEdits = 24;
const ofFile = 3;
const longestLine = 160;
const seed = 17;

const languages: Readonly<Record<string, string>> = { ".ts": "typescript", ".js": "javascript", ".py": "python" };
const name = /(?<![\w$])[A-Za-z_$][\w$]{3,}/g;
const isNoCode = /^\s*(?:\/\/|\/?\*|#|"""|import\b|from\b)/;

/** The packages take turns. Their changes come in the order of the paths, and those of a file from the top. */
export function cutChanges(limit: number): CutCase[] {
  const random = randomNumbers(seed);
  const ofPackages = readReleases().map(({ package: packageName, before, after }) => {
    const changes = [...after].flatMap(([file, text]) => changesOf(file, before.get(file), text));
    const cases = changes.slice(1).flatMap((change, i) =>
      shuffle(placesIn(change), random)
        .slice(0, 1)
        .map((place) => caseAt(packageName, before, changes.slice(0, i + 1), change, place)),
    );
    const ofFiles = Map.groupBy(shuffle(cases, random), (each) => each.path);
    const chosen = [...ofFiles.values()].flatMap((ofOne) => ofOne.slice(0, ofFile));
    return shuffle(chosen, random).values();
  });
  const chosen: CutCase[] = [];
  for (let left = ofPackages; left.length > 0 && chosen.length < limit;) {
    left = left.filter((cases) => {
      const { value } = cases.next();
      if (value) chosen.push(value);
      return value !== undefined;
    });
  }
  return chosen.slice(0, limit);
}

function changesOf(file: string, before: string | undefined, after: string): Change[] {
  if (before === undefined) return [];
  const changes: Change[] = [];
  let line = 0;
  for (const { value, added, removed } of diffArrays(before.split("\n"), after.split("\n"))) {
    const last = changes.at(-1);
    if (added && last?.line === line) changes[changes.length - 1] = { ...last, added: value };
    else if (added || removed)
      changes.push({ path: file, line, removed: removed ? value : [], added: added ? value : [] });
    if (!removed) line += value.length;
  }
  return changes;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Names in added lines of code, behind what the line has in common with a removed one. */
function placesIn({ added, removed }: Change): Place[] {
  return added.flatMap((text, line) => {
    if (text.length > longestLine || isNoCode.test(text)) return [];
    const start = Math.max(0, ...removed.map((each) => commonStart(each, text)));
    return [...text.matchAll(name)].filter(({ index }) => index >= start).map(({ index }) => ({ line, column: index }));
  });
}

function caseAt(
  packageName: string,
  before: Release,
  earlier: readonly Change[],
  { path: file, line, removed, added }: Change,
  place: Place,
): CutCase {
  const [saved, latest] = [earlier.slice(0, -mostEdits), earlier.slice(-mostEdits)];
  const textOf = (each: string, changes: readonly Change[]) =>
    changes.filter(({ path }) => path === each).reduce(apply, before.get(each) ?? "");
  const lines = textOf(file, earlier).split("\n");
  const written = added[place.line] ?? "";
  const others = [...new Set(latest.map(({ path }) => path))].filter((each) => each !== file);
  return {
    ...{ language: languages[path.extname(file)] ?? "", package: packageName, path: file },
    prefix: [...lines.slice(0, line), ...added.slice(0, place.line), written.slice(0, place.column)].join("\n"),
    suffix: ["", ...lines.slice(line + removed.length)].join("\n"),
    truth: written.slice(place.column).trimEnd(),
    others: others.map((each) => ({ path: each, text: textOf(each, saved) })),
    opened: textOf(file, saved),
    edits: latest.map((each) => ({
      path: each.path,
      line: each.line,
      removed: each.removed.length,
      lines: each.added,
    })),
  };
}

function apply(text: string, { line, removed, added }: Change): string {
  return text
    .split("\n")
    .toSpliced(line, removed.length, ...added)
    .join("\n");
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
