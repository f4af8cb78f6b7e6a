// The new text in a model's answer, without what models write around it: fences, chatter, thinking.

/** An answer as it is written, in whole lines that end with "\n". */
export class AnswerText {
  readonly #fence: string;
  /** The line that is being written. */
  #line = "";
  #written = "";
  #place: "start" | "thinking" | "text" | "after" = "start";
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
    return rest === "" ? "" : this.#read(rest, "");
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
      this.#place = "text";
      if (/^`{3,}[\w+#.-]*$/.test(bare)) {
        this.#inner = /^`+/.exec(bare)?.[0];
        return "";
      }
    }
    if (bare === this.#fence || (this.#inner !== undefined && bare === this.#inner)) {
      this.#place = "after";
      return "";
    }
    this.#written += line + lineBreak;
    return line + lineBreak;
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
  const indent = missingIndent(lines, original.slice(lead.length).split(/\r?\n/));
  const indented = lines.map((line) => (line === "" ? line : indent + line));
  const last = indented.pop() ?? "";
  return lead + [...indented, last.trimEnd()].join(eol) + end;
}

/** The white space that a text ends with. */
function endSpace(text: string): string {
  return text.slice(text.trimEnd().length);
}

/** What each line lost in front where a model moves indented code to the edge. */
function missingIndent(lines: readonly string[], original: readonly string[]): string {
  const [was, is] = [commonIndent(original), commonIndent(lines)];
  return was.endsWith(is) ? was.slice(0, was.length - is.length) : "";
}

function commonIndent(lines: readonly string[]): string {
  let common: string | undefined;
  for (const line of lines) {
    if (line.trim() === "") continue;
    const [indent = ""] = /^[ \t]*/.exec(line) ?? [];
    if (common === undefined) common = indent;
    let same = 0;
    while (same < common.length && common[same] === indent[same]) same++;
    common = common.slice(0, same);
  }
  return common ?? "";
}
