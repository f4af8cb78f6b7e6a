// A prompt file: what its front matter says, checked strictly, and the words below it.

/** Where it is offered. */
export type PromptPlace = "palette" | "lightbulb" | "chat";
/** What becomes of the answer. */
export type PromptAnswer = "chat" | "replace" | "insert" | "newDocument";

export const promptPlaces: readonly PromptPlace[] = ["palette", "lightbulb", "chat"];
export const promptAnswers: readonly PromptAnswer[] = ["chat", "replace", "insert", "newDocument"];
export const promptFields = ["name", "description", "where", "answer"] as const;

export interface PromptFile {
  readonly name: string;
  readonly description: string;
  readonly where: readonly PromptPlace[];
  readonly answer: PromptAnswer;
  readonly text: string;
}

/** What keeps its text from being read. */
type FileFault = "unreadable" | "tooLarge" | "notUtf8";

/** What is wrong with one. Its line begins at 1. */
export interface PromptFault {
  readonly line: number;
  readonly kind: "unclosed" | "syntax" | "field" | "twice" | "name" | "value" | "noText" | FileFault;
  readonly field?: string;
  /** What is written there, and what may be. */
  readonly given?: string;
  readonly allowed?: readonly string[];
}

interface Field {
  readonly line: number;
  readonly values: string[];
}

/** @param fileName without its extension: the prompt's name unless it has another */
export function readPromptFile(content: string, fileName: string): PromptFile | PromptFault {
  const lines = content.replace(/^\uFEFF/, "").split(/\r?\n/);
  const hasFields = lines[0]?.trimEnd() === "---";
  const end = hasFields ? lines.findIndex((line, i) => i > 0 && line.trimEnd() === "---") : -1;
  if (hasFields && end < 0) return { line: 1, kind: "unclosed" };
  const fields = readFields(lines.slice(1, Math.max(end, 1)));
  if ("kind" in fields) return fields;
  const text = lines
    .slice(end + 1)
    .join("\n")
    .trim();
  return checkFields(fields, fileName) ?? promptOf(fields, fileName, text, lines.length);
}

/** `key: value`, `key: [a, b]`, or a key with lines `- a` below it. */
function readFields(lines: readonly string[]): Map<string, Field> | PromptFault {
  const fields = new Map<string, Field>();
  let above: Field | undefined;
  for (const [i, text] of lines.entries()) {
    const line = i + 2;
    if (/^\s*(?:#|$)/.test(text)) continue;
    const [, item] = /^\s*- (.*)$/s.exec(text) ?? [];
    if (item !== undefined && above && item.trim() !== "") {
      above.values.push(scalarOf(item).text);
      continue;
    }
    const [, key, value = ""] = /^([\w-]+):(?:\s(.*))?$/s.exec(text) ?? [];
    if (key === undefined) return { line, kind: "syntax", given: text.trim() };
    if (!promptFields.some((each) => each === key)) return { line, kind: "field", field: key, allowed: promptFields };
    if (fields.has(key)) return { line, kind: "twice", field: key };
    above = { line, values: valuesOf(value) };
    fields.set(key, above);
  }
  return fields;
}

function valuesOf(value: string): string[] {
  const whole = scalarOf(value);
  const [, list] = /^\[(.*)\]$/s.exec(whole.isQuoted ? "" : whole.text) ?? [];
  if (list === undefined) return whole.text === "" ? [] : [whole.text];
  return list
    .split(",")
    .map((each) => scalarOf(each).text)
    .filter((each) => each !== "");
}

/** As YAML has it: in quotes, or as it stands before a comment. */
function scalarOf(value: string): { readonly text: string; readonly isQuoted: boolean } {
  const trimmed = value.trim();
  const [, double, single] = /^(?:"([^"]*)"|'((?:[^']|'')*)')(?:$|\s+#)/.exec(trimmed) ?? [];
  const quoted = double ?? single?.replaceAll("''", "'");
  if (quoted !== undefined) return { text: quoted, isQuoted: true };
  const comment = trimmed.search(/\s#/);
  return { text: (comment < 0 ? trimmed : trimmed.slice(0, comment)).trim(), isQuoted: false };
}

function checkFields(fields: ReadonlyMap<string, Field>, fileName: string): PromptFault | undefined {
  const name = fields.get("name");
  const given = name ? name.values.join(" ") : fileName;
  // It is written behind a slash in the chat.
  if (!/^[\p{L}\p{N}_-]{1,40}$/u.test(given)) return { line: name?.line ?? 1, kind: "name", field: "name", given };
  return checkValues(fields, "where", promptPlaces) ?? checkValues(fields, "answer", promptAnswers);
}

function checkValues(
  fields: ReadonlyMap<string, Field>,
  field: "where" | "answer",
  allowed: readonly string[],
): PromptFault | undefined {
  const found = fields.get(field);
  if (!found) return undefined;
  const isOne = field === "where" ? found.values.length > 0 : found.values.length === 1;
  const wrong = found.values.find((value) => !allowed.includes(value));
  if (isOne && wrong === undefined) return undefined;
  return { line: found.line, kind: "value", field, given: wrong ?? found.values.join(", "), allowed };
}

function promptOf(
  fields: ReadonlyMap<string, Field>,
  fileName: string,
  text: string,
  lastLine: number,
): PromptFile | PromptFault {
  if (text === "") return { line: lastLine, kind: "noText" };
  const valuesFor = (field: string) => fields.get(field)?.values;
  const where = valuesFor("where") ?? ["palette", "chat"];
  return {
    name: valuesFor("name")?.join(" ") ?? fileName,
    description: valuesFor("description")?.join(" ") ?? "",
    where: promptPlaces.filter((place) => where.includes(place)),
    answer: promptAnswers.find((answer) => answer === valuesFor("answer")?.[0]) ?? "chat",
    text,
  };
}

/** The text with the variables' values; what a value holds is no variable. */
export function fillPrompt(text: string, values: Readonly<Record<"selection" | "file" | "language", string>>): string {
  return text.replace(/\$\{(selection|file|language)\}/g, (_, name: keyof typeof values) => values[name]);
}

/** As a block that nothing in it ends. */
export function fenced(text: string, languageId: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = "`".repeat(longest + 1);
  return `${fence}${languageId}\n${text.trimEnd()}\n${fence}`;
}
