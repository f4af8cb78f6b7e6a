// Puts new tests into a text of tests: what they import to the other imports, the tests to the others' end.

import { missingStatements, readHead } from "./imports.ts";

/** What all tests of a file stand in, and its name, in languages that have such. */
const wrappers: Readonly<Record<string, RegExp>> = {
  java: /^\s*(?:(?:public|final|abstract)\s+)*class\s+(\w+)/,
  kotlin: /^\s*(?:(?:internal|open)\s+)*class\s+(\w+)/,
  csharp: /^\s*(?:(?:public|internal|sealed|partial)\s+)*class\s+(\w+)/,
  php: /^\s*(?:final\s+)?class\s+(\w+)/,
  swift: /^\s*(?:final\s+)?(?:class|struct)\s+(\w+)/,
  rust: /^\s*(?:pub\s+)?mod\s+(\w*tests?)\s*\{/,
};
/** How those languages mark a test. */
const testMark = /@\w*Test\b|\[(?:Fact|Theory|Test)|#\[(?:\w+::)?test\b|\bfunc(?:tion)? test|\bvoid test/;

interface Wrapped {
  readonly name: string;
  /** The line that closes it. */
  readonly close: number;
  readonly body: readonly string[];
  readonly indent: string;
}

/** @returns the text with the tests, whose line ends are "\n" */
export function addTests(text: string, tests: string, languageId: string): string {
  const written = tests.trimEnd().split("\n");
  if (text.trim() === "") return `${written.join("\n").replace(/^\n+/, "")}\n`;
  const lines = text.replaceAll("\r\n", "\n").trimEnd().split("\n");
  const added = findWrapped(written, languageId);
  const old = findWrapped(lines, languageId, added?.name);
  const head = readHead(lines, languageId);
  const newHead = readHead(written, languageId);
  const missing = missingStatements(newHead.statements, head.statements, languageId);
  const body = bodyFor(old, added, newHead.statements.length > 0 ? written.slice(newHead.end) : written);
  const at = old ? old.close : placeOfEnd(lines, languageId);
  const [before, after] = [trimEnd(lines.slice(head.end, at)), lines.slice(at)];
  const gap = languageId === "python" ? ["", ""] : [""];
  return [
    ...lines.slice(0, head.end),
    ...missing,
    ...(head.statements.length === 0 && missing.length > 0 && before[0] !== "" ? [""] : []),
    ...before,
    ...(old?.body.every((line) => line.trim() === "") ? [] : gap),
    ...trim(body),
    ...(old || after.length === 0 ? [] : gap),
    ...after,
    "",
  ].join("\n");
}

/** A script that runs its tests does that last. */
function placeOfEnd(lines: readonly string[], languageId: string): number {
  const main = languageId === "python" ? lines.findIndex((line) => /^if\s+__name__\s*==/.test(line)) : -1;
  return main < 0 ? lines.length : main;
}

/** The one of that name, or else the first that has tests, or else the last. */
function findWrapped(lines: readonly string[], languageId: string, name?: string): Wrapped | undefined {
  const all = findAllWrapped(lines, languageId);
  return (
    all.find((each) => each.name === name) ??
    all.find(({ body }) => body.some((line) => testMark.test(line))) ??
    all.at(-1)
  );
}

/** Those that stand in no other. */
function findAllWrapped(lines: readonly string[], languageId: string): readonly Wrapped[] {
  const pattern = wrappers[languageId];
  const all: Wrapped[] = [];
  let begun: { readonly name: string; readonly indent: string; open?: number } | undefined;
  for (const [i, line] of lines.entries()) {
    const text = line.trimEnd();
    const [, name] = (!begun && pattern?.exec(text)) || [];
    if (name !== undefined && !text.endsWith("}")) begun = { name, indent: indentOf(line) };
    if (begun?.open === undefined) {
      if (begun && text.endsWith("{")) begun.open = i;
    } else if (text === `${begun.indent}}`) {
      all.push({ name: begun.name, close: i, body: lines.slice(begun.open + 1, i), indent: begun.indent });
      begun = undefined;
    }
  }
  return all;
}

/** The tests as they stand in what is around the old ones, without what that imports already. */
function bodyFor(old: Wrapped | undefined, added: Wrapped | undefined, written: readonly string[]): readonly string[] {
  if (!old) return written;
  const inside = old.body.find((line) => line.trim() !== "");
  const known = new Set(old.body.filter((line) => /^\s*use\s/.test(line)).map((line) => line.trim()));
  const [lines, indent, next] = added
    ? [added.body, added.indent, old.indent]
    : [written, "", inside === undefined ? `${old.indent}    ` : indentOf(inside)];
  return lines
    .filter((line) => !known.has(line.trim()))
    .map((line) => (line.startsWith(indent) && line.trim() !== "" ? next + line.slice(indent.length) : line));
}

function indentOf(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? "";
}

function trim(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line.trim() !== "");
  return first < 0 ? [] : trimEnd(lines.slice(first));
}

function trimEnd(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== "") + 1);
}
