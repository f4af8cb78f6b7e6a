// What a text of tests begins with: the lines that import something, and which of them another text lacks.

/** How a statement begins that stands before all others, in languages that have such. */
const heads: Readonly<Record<string, RegExp>> = {
  python: /^(?:import|from)\s/,
  go: /^(?:package|import)\b/,
  java: /^(?:package|import)\s/,
  kotlin: /^(?:package|import)\s/,
  csharp: /^using\s[^(]+;/,
  rust: /^use\s/,
  php: /^(?:<\?php|use\s|namespace\s|declare\()/,
  ruby: /^require(?:_relative)?\s/,
  c: /^#include\b/,
  cpp: /^#include\b/,
  swift: /^(?:@testable\s+)?import\s/,
  dart: /^import\s/,
};
const scripts = /^(?:import\b(?!\s*\()|(?:const|let|var)\s[^=]+=\s*require\(|["']use strict["'])/;

export interface Head {
  readonly statements: readonly string[];
  /** The line after the last of them, or else where the first one goes. */
  readonly end: number;
}

/** What goes over several lines before code and is none. */
const blocks = [
  ["/*", "*/"],
  ['"""', '"""'],
  ["'''", "'''"],
] as const;

/**
 * The import statements at the beginning of a text; empty lines and comments may stand between them. Where there are none,
 * they go below what must stay first: the line that names the program, and a comment or docstring on the file.
 */
export function readHead(lines: readonly string[], languageId: string): Head {
  const pattern = heads[languageId] ?? (/^(?:java|type)script/.test(languageId) ? scripts : undefined);
  const statements: string[] = [];
  let end = 0;
  for (let line = 0; pattern && line < lines.length; line++) {
    const text = lines[line] ?? "";
    if (!pattern.test(text)) {
      const next = endOfComment(lines, line);
      if (next === undefined) break;
      if (statements.length === 0 && staysFirst(lines, line, next)) end = next;
      line = next - 1;
      continue;
    }
    const last = endOfStatement(lines, line);
    statements.push(...split(lines.slice(line, last + 1).join("\n"), languageId));
    line = last;
    end = last + 1;
  }
  return { statements, end };
}

/** Whether these lines tell of the file and not of the code below them. */
function staysFirst(lines: readonly string[], first: number, next: number): boolean {
  const text = (lines[first] ?? "").trim();
  if (first === 0 && text.startsWith("#!") && !text.startsWith("#![")) return true;
  return text !== "" && (/^["']/.test(text) || lines[next]?.trim() === "");
}

/** The line after the comment, the docstring or the empty line that begins at one. */
function endOfComment(lines: readonly string[], first: number): number | undefined {
  const text = (lines[first] ?? "").trim();
  const [open, close] = blocks.find(([each]) => text.startsWith(each)) ?? [];
  if (open === undefined || text.includes(close, open.length))
    return open !== undefined || /^(?:$|\/\/|#(?!\[))/.test(text) ? first + 1 : undefined;
  for (let line = first + 1; line < lines.length; line++) if (lines[line]?.includes(close)) return line + 1;
  return undefined;
}

/** One in brackets goes on to their end. */
function endOfStatement(lines: readonly string[], first: number): number {
  let depth = 0;
  for (let line = first; line < lines.length && line < first + 100; line++) {
    for (const [bracket] of (lines[line] ?? "").matchAll(/[{}()]/g))
      depth += bracket === "{" || bracket === "(" ? 1 : -1;
    if (depth <= 0) return line;
  }
  return first;
}

/** Go imports several in one statement. */
function split(statement: string, languageId: string): string[] {
  const [, inside] = (languageId === "go" && /^import\s*\(([\s\S]*)\)\s*$/.exec(statement)) || [];
  if (inside === undefined) return [statement];
  return inside.split("\n").flatMap((line) => (line.trim() === "" ? [] : [`import ${line.trim()}`]));
}

/** Those of the new statements that the old ones do not say yet, without the names that these import. */
export function missingStatements(
  news: readonly string[],
  olds: readonly string[],
  languageId: string,
): readonly string[] {
  const known = new Set(olds.map(plain));
  const names = new Set(olds.flatMap((each) => namesOf(each)?.names.map(({ key }) => key) ?? []));
  return news.flatMap((statement) => {
    if (known.has(plain(statement)) || (languageId === "go" && statement.startsWith("package"))) return [];
    if (/^(?:package|namespace|<\?php|["']use strict)/.test(statement) && olds.length > 0) return [];
    const named = namesOf(statement);
    if (!named) return [statement];
    const missing = named.names.filter(({ key, valueKey }) => !names.has(key) && !names.has(valueKey));
    if (missing.length === named.names.length) return [statement];
    return missing.length === 0 ? [] : [named.before + missing.map(({ name }) => name).join(", ") + named.after];
  });
}

function plain(text: string): string {
  return text
    .replace(/[\s;]+/g, " ")
    .replaceAll("'", '"')
    .trim();
}

interface Named {
  readonly before: string;
  /** Each with what tells it from that of another module, or of a type; a value may stand for its type, too. */
  readonly names: readonly { readonly name: string; readonly key: string; readonly valueKey: string }[];
  readonly after: string;
}

/** `import { a, b } from "x"`, `from x import a, b` */
function namesOf(statement: string): Named | undefined {
  return namesOfScript(statement) ?? namesOfPython(statement);
}

function namesOfScript(statement: string): Named | undefined {
  const open = statement.indexOf("{") + 1;
  const close = statement.indexOf("}", open);
  const head = plain(statement.slice(0, open));
  if (close < 0 || (head !== "import {" && head !== "import type {" && head !== "import{")) return undefined;
  const inside = statement.slice(open, close);
  const from = plain(statement.slice(close + 1));
  if (!from.startsWith("from") || inside.includes("/*")) return undefined;
  const list = listOf(inside, "//");
  const margin = (text: string) => (text.includes("\n") ? "\n" : text.startsWith(" ") ? " " : "");
  const names = list.map((name) => {
    const value = name.replace(/^type\s+/, "");
    const isType = head.includes("type") || value !== name;
    return { name, key: `${isType ? "type " : ""}${value} ${from}`, valueKey: `${value} ${from}` };
  });
  const gap = margin(inside);
  const indent = gap === "\n" ? "\n  " : gap;
  return { before: statement.slice(0, open) + indent, names, after: gap + statement.slice(close) };
}

function namesOfPython(statement: string): Named | undefined {
  const [start] = /^from\s+\S+\s+import\b/.exec(statement) ?? [];
  if (start === undefined) return undefined;
  const list = listOf(statement.slice(start.length).replace(/[()\\]/g, " "), "#");
  const names = list.map((name) => {
    const key = `${name} ${plain(start)}`;
    return { name, key, valueKey: key };
  });
  return { before: `${start} `, names, after: "" };
}

/** What stands between commas, without comments to the line's end. */
function listOf(text: string, comment: string): string[] {
  const lines = text.split("\n").map((line) => line.slice(0, line.indexOf(comment) >>> 0));
  return lines
    .join("\n")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
