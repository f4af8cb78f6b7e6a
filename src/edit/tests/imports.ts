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
  /** The line after the last of them; 0 where there are none. */
  readonly end: number;
}

/** The import statements at the beginning of a text; empty lines and comments may stand between them. */
export function readHead(lines: readonly string[], languageId: string): Head {
  const pattern = heads[languageId] ?? (/^(?:java|type)script/.test(languageId) ? scripts : undefined);
  const statements: string[] = [];
  let end = 0;
  for (let line = 0; pattern && line < lines.length; line++) {
    const text = lines[line] ?? "";
    if (!pattern.test(text)) {
      if (/^\s*(?:$|\/\/|#(?!\[)|\/?\*|""")/.test(text)) continue;
      break;
    }
    const last = endOfStatement(lines, line);
    statements.push(...split(lines.slice(line, last + 1).join("\n"), languageId));
    line = last;
    end = last + 1;
  }
  return { statements, end };
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
  const plain = (text: string) =>
    text
      .replace(/[\s;]+/g, " ")
      .replaceAll("'", '"')
      .trim();
  const known = new Set(olds.map(plain));
  const names = olds.flatMap((each) => namesOf(each)?.names ?? []);
  return news.flatMap((statement) => {
    if (known.has(plain(statement)) || (languageId === "go" && statement.startsWith("package"))) return [];
    if (/^(?:package|namespace|<\?php|["']use strict)/.test(statement) && olds.length > 0) return [];
    const named = namesOf(statement);
    if (!named) return [statement];
    const missing = named.names.filter((name) => !names.includes(name));
    if (missing.length === named.names.length) return [statement];
    return missing.length === 0 ? [] : [named.before + missing.join(", ") + named.after];
  });
}

/** `import { a, b } from "x"`, `from x import a, b` */
function namesOf(statement: string): { before: string; names: string[]; after: string } | undefined {
  const [, before, inside, after] =
    /^(import\s+(?:type\s+)?\{\s*)([^{}]*?),?(\s*\}\s*from\b[\s\S]*)$/.exec(statement) ??
    /^(from\s+\S+\s+import\s+\(?\s*)([^()]*?),?(\s*\)?\s*)$/.exec(statement) ??
    [];
  if (before === undefined || inside === undefined || after === undefined) return undefined;
  const names = inside
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return { before, names, after };
}
