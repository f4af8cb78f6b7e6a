// Puts new tests into a text of tests: what they import to the other imports, the tests to the others' end.

import { missingStatements, readHead } from "./imports.ts";

/** What all tests of a file stand in, in languages that have such. */
const wrappers: Readonly<Record<string, RegExp>> = {
  java: /^\s*(?:(?:public|final|abstract)\s+)*class\s/,
  kotlin: /^\s*(?:(?:internal|open)\s+)*class\s/,
  csharp: /^\s*(?:(?:public|internal|sealed|partial)\s+)*class\s/,
  php: /^\s*(?:final\s+)?class\s/,
  swift: /^\s*(?:final\s+)?(?:class|struct)\s/,
  rust: /^\s*(?:pub\s+)?mod\s+\w*tests?\s*\{/,
};

interface Wrapped {
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
  const [old, added] = [findWrapped(lines, languageId), findWrapped(written, languageId)];
  const head = readHead(lines, languageId);
  const newHead = readHead(written, languageId);
  const missing = missingStatements(newHead.statements, head.statements, languageId);
  const body = bodyFor(old, added, written.slice(newHead.end));
  const at = old ? old.close : placeOfEnd(lines, languageId);
  const [before, after] = [trimEnd(lines.slice(head.end, at)), lines.slice(at)];
  const gap = languageId === "python" ? ["", ""] : [""];
  return [
    ...lines.slice(0, head.end),
    ...missing,
    ...(head.end === 0 && missing.length > 0 ? [""] : []),
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

function findWrapped(lines: readonly string[], languageId: string): Wrapped | undefined {
  const pattern = wrappers[languageId];
  const line = pattern ? lines.findLastIndex((each) => pattern.test(each)) : -1;
  if (line < 0) return undefined;
  const indent = indentOf(lines[line] ?? "");
  const open = lines.findIndex((each, i) => i >= line && each.trimEnd().endsWith("{"));
  const close = lines.findLastIndex((each, i) => i > line && each.trimEnd() === `${indent}}`);
  return open < 0 || close < open ? undefined : { close, body: lines.slice(open + 1, close), indent };
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
