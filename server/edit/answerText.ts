// The new text in a model's answer, without what models write around it: fences, chatter, thinking.

/** How models begin who talk before they write. */
const chatter = /^(?:sure|certainly|of course|okay|here(?:'s| is| are))\b[^`]{0,200}[:.!]$/i;

/** An answer as it is written, in whole lines that end with "\n". */
export class AnswerText {
  readonly #fence: string;
  /** The line that is being written. */
  #line = "";
  #written = "";
  #place: "start" | "thinking" | "text" | "after" = "start";
  /** Lines at the start that lead to a fence, or are text if none comes. */
  #held: string[] = [];
  /** A fence that the answer opens again at its start, and that closes it. */
  #inner: string | undefined;

  /** @param fence what the prompt opened the answer with, and what closes it */
  constructor(fence: string) {
    this.#fence = fence;
  }

  /** Whether nothing more of the answer counts. */
  get isOver(): boolean {
    return this.#place === "after";
  }

  get text(): string {
    return this.#written;
  }

  /** Takes what was written next; returns the lines of the text that this completes. */
  push(piece: string): string {
    const lines = (this.#line + piece.replaceAll("\r", "")).split("\n");
    this.#line = lines.pop() ?? "";
    return lines.map((line) => this.#read(line, "\n")).join("");
  }

  /** Takes the last line, which no line break ends; returns what is left of it. */
  end(): string {
    const rest = this.#line;
    this.#line = "";
    const text = rest === "" ? "" : this.#read(rest, "");
    return this.#place === "start" ? this.#write(this.#held.join("")) : text;
  }

  #read(line: string, lineBreak: string): string {
    const bare = line.trim();
    if (this.#place === "after") return "";
    if (this.#place === "thinking") {
      if (bare.endsWith("</think>")) this.#place = "start";
      return "";
    }
    if (this.#place === "start") {
      if (bare.startsWith("<think>")) {
        this.#place = bare.includes("</think>") ? "start" : "thinking";
        return "";
      }
      if (/^`{3,}[\w+#.-]*$/.test(bare)) {
        this.#place = "text";
        this.#inner = /^`+/.exec(bare)?.[0];
        return "";
      }
      if (chatter.test(bare) || (bare === "" && this.#held.length > 0)) {
        this.#held.push(line + lineBreak);
        return "";
      }
      this.#place = "text";
      return this.#write(this.#held.join("")) + this.#read(line, lineBreak);
    }
    if (bare === this.#fence || (this.#inner !== undefined && bare === this.#inner)) {
      this.#place = "after";
      return "";
    }
    return this.#write(line + lineBreak);
  }

  #write(text: string): string {
    this.#written += text;
    return text;
  }
}

/** A fence that is longer than any run of backticks in the texts. */
export function fenceFor(...texts: readonly string[]): string {
  let longest = 2;
  for (const text of texts) {
    for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  }
  return "`".repeat(longest + 1);
}

/** The answer's text with what of the original is nobody's wish to change: its line ends, and the blank space around it. */
export function likeOriginal(answer: string, original: string): string {
  const [lead = ""] = /^(?:[ \t]*\r?\n)*/.exec(original) ?? [];
  const end = endSpace(original);
  const eol = original.includes("\r\n") ? "\r\n" : "\n";
  const lines = answer.replaceAll("\r", "").split("\n");
  while (lines.length > 0 && lines[0]?.trim() === "") lines.shift();
  while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
  if (lines.length === 0) return "";
  const indented = restoreIndent(lines, original.slice(lead.length).split(/\r?\n/));
  const last = indented.pop() ?? "";
  return lead + [...indented, last.trimEnd()].join(eol) + end;
}

/** The white space that a text ends with. */
function endSpace(text: string): string {
  return text.slice(text.trimEnd().length);
}

/** Models move indented code to the edge, all of it or its first line: the one that has more of the old lines is meant. */
function restoreIndent(lines: readonly string[], original: readonly string[]): string[] {
  const [was, is] = [indentOf(original[0] ?? ""), indentOf(lines[0] ?? "")];
  const missing = was.endsWith(is) ? was.slice(0, was.length - is.length) : "";
  const all = lines.map((line) => (line.trim() === "" ? line : missing + line));
  const first = lines.map((line, i) => (i === 0 ? missing + line : line));
  const known = new Set(original);
  const countKnown = (some: readonly string[]) => some.filter((line) => known.has(line)).length;
  return countKnown(first) > countKnown(all) ? first : all;
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}
