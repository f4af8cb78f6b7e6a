// Mechanical edits of the project's own functions, each with the one right result.

import fs from "node:fs";
import path from "node:path";

import { randomNumbers, shuffle } from "../server/random.ts";

export const editKinds = ["rename", "parameter", "wrap", "reorder", "bug"] as const;
export type EditKind = (typeof editKinds)[number];

export interface EditCase {
  readonly kind: EditKind;
  readonly file: string;
  readonly instruction: string;
  readonly text: string;
  readonly expected: string;
}

const root = path.dirname(import.meta.dirname);

/** So many cases of each kind, the same each time as long as the sources are. */
export function editCases(ofEach: number): EditCase[] {
  const random = randomNumbers(1);
  const functions = shuffle(readFunctions(), random);
  return editKinds.flatMap((kind) =>
    functions
      .flatMap(({ file, text }) => {
        const made = makers[kind](text);
        return made && made.expected !== made.text ? [{ kind, file, ...made }] : [];
      })
      .slice(0, ofEach),
  );
}

/** Whole functions at the edge of a file, of 4 to 30 lines. */
function readFunctions(): { readonly file: string; readonly text: string }[] {
  const files = fs.globSync("{src,server}/**/*.ts", { cwd: root }).toSorted();
  return files.flatMap((file) => {
    const text = fs.readFileSync(path.join(root, file), "utf8");
    const found = text.matchAll(
      /^(?:export )?(?:async )?function \w+\([^()\n]*\)[^\n]*\{\n(?:(?: [^\n]*)?\n){2,28}\}$/gm,
    );
    return Array.from(found, ([whole]) => ({ file, text: whole })).filter(({ text }) => !text.includes("`"));
  });
}

type Made = Pick<EditCase, "instruction" | "text" | "expected">;

const makers: Readonly<Record<EditKind, (text: string) => Made | undefined>> = {
  rename(text) {
    const name = /\bconst (\w{3,}) = /.exec(text)?.[1];
    if (name === undefined || text.includes("renamedValue")) return undefined;
    const uses = Array.from(text.matchAll(new RegExp(`\\b${name}\\b`, "g")), ({ index }) => index);
    // A property of the same name keeps it.
    const isPlain = (at: number) =>
      !/[.{,'"]\s*$/.test(text.slice(0, at)) && !/^\s*[:}]/.test(text.slice(at + name.length));
    if (uses.length < 2 || !uses.every(isPlain)) return undefined;
    return {
      instruction: `Rename the variable ${name} to renamedValue.`,
      text,
      expected: text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), "renamedValue"),
    };
  },
  parameter: (text) => ({
    instruction: "Add a last parameter to the function: limit: number",
    text,
    expected: text.replace(
      /\(([^()\n]*)\)/,
      (_, given: string) => `(${given}${given === "" ? "" : ", "}limit: number)`,
    ),
  }),
  wrap(text) {
    const [head = "", ...rest] = text.split("\n");
    const body = rest.slice(0, -1).map((line) => (line === "" ? line : `  ${line}`));
    const end = ["  } catch (error) {", "    console.error(error);", "  }", "}"];
    return {
      instruction: "Put the whole body of the function into try, and in catch (error) call console.error(error);",
      text,
      expected: [head, "  try {", ...body, ...end].join("\n"),
    };
  },
  reorder(text) {
    const lines = text.split("\n");
    const at = lines.findIndex((line, i) => isDefinition(line) && isDefinition(lines[i + 1] ?? ""));
    const [first, second] = [lines[at], lines[at + 1]];
    if (first === undefined || second === undefined) return undefined;
    return {
      instruction: `Swap these two lines:\n${first.trim()}\n${second.trim()}`,
      text,
      expected: lines.toSpliced(at, 2, second, first).join("\n"),
    };
  },
  bug(text) {
    const line = text.split("\n").find((each) => each.includes(" === ") && !each.includes("!=="));
    if (line === undefined || text.split(line).length !== 2) return undefined;
    const wrong = line.replace(" === ", " !== ");
    return {
      instruction: `There is a bug in this line, the comparison must be for equality:\n${wrong.trim()}`,
      text: text.replace(line, () => wrong),
      expected: text,
    };
  },
};

function isDefinition(line: string): boolean {
  return /^ {2}const \w+ = [^{}]*;$/.test(line);
}
