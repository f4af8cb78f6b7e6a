// The new text in a model's answer, without what models write around it: fences, chatter, thinking.

/** How models begin who talk before they write. */
const chatter = /^(?:sure|certainly|of course|okay|here(?:'s| is| are))\b[^`]{0,200}[:.!]$/i;

/** An answer as it is written, in whole lines that end with "\n". */
export class AnswerText {
  readonly #fence: string;
  /** Whether the text itself begins as an answer does in which a model talks. */
  readonly #beginsWithChatter: boolean;
  /** The line that is being written. */
  #line = "";
  #written = "";
  #place: "start" | "thinking" | "text" | "after" = "start";
  /** Lines at the start that lead to a fence, or are text if none comes. */
  #held: string[] = [];
  /** A fence that the answer opens again at its start, and that closes it. */
  #inner: string | undefined;
  /** The answer's first line may as well have closed its fence, before words about a text that stays: what closes it tells. */
  #isDoubtful = false;

  /**
   * @param fence what the prompt opened the answer with, and what closes it
   * @param original the text that the answer is a new version of
   */
  constructor(fence: string, original = "") {
    this.#fence = fence;
    this.#beginsWithChatter = chatter.test(firstLine(original));
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
    if (this.#isDoubtful && !this.isOver) {
      this.#written = "";
      return "";
    }
    const last = this.#place === "start" ? this.#write(this.#held.join("")) : text;
    this.#written = withoutLooseFence(this.#written);
    return last;
  }

  #read(line: string, lineBreak: string): string {
    const bare = line.trim();
    if (this.#place === "after") return "";
    if (this.#place === "thinking") {
      if (bare.endsWith("</think>")) this.#place = "start";
      return "";
    }
    if (this.#place === "start") return this.#readStart(line, lineBreak);
    if (bare === this.#fence || (this.#inner !== undefined && bare === this.#inner)) {
      this.#place = "after";
      return "";
    }
    return this.#write(line + lineBreak);
  }

  #readStart(line: string, lineBreak: string): string {
    const bare = line.trim();
    if (bare.startsWith("<think>")) {
      this.#place = bare.includes("</think>") ? "start" : "thinking";
      return "";
    }
    // What closes the prompt's fence after a text such as `if ready:` opens none.
    const mayClose = bare === this.#fence && this.#held.some((held) => held.trim() !== "" && !this.#isChatter(held));
    // A shorter one is text: the prompt's is longer than any in it.
    if (!mayClose && bare.startsWith(this.#fence) && /^`+[\w+#.-]*$/.test(bare)) {
      this.#place = "text";
      this.#inner = /^`+/.exec(bare)?.[0];
      this.#isDoubtful = bare === this.#fence && this.#held.length === 0;
      return "";
    }
    // Any words may announce a fence. Where none comes they are text, as the first line of a function is.
    if (this.#isChatter(bare) || bare.endsWith(":") || (bare === "" && this.#held.length > 0)) {
      this.#held.push(line + lineBreak);
      return "";
    }
    this.#place = "text";
    return this.#write(this.#held.join("")) + this.#read(line, lineBreak);
  }

  #isChatter(line: string): boolean {
    return chatter.test(line.trim()) && !this.#beginsWithChatter;
  }

  #write(text: string): string {
    this.#written += text;
    return text;
  }
}

/** Without a last fence that closes nothing in the text: models close the prompt's with one that is shorter. */
function withoutLooseFence(text: string): string {
  const fences = text.split("\n").filter((line) => line.trimStart().startsWith("```"));
  const last = fences.at(-1);
  return last !== undefined && fences.length % 2 === 1 && text.trimEnd().endsWith(`\n${last.trimEnd()}`)
    ? text.slice(0, text.lastIndexOf(last))
    : text;
}

/** A fence of `least` backticks, or more: it is longer than any run of them in the texts. */
export function fenceFor(least: number, ...texts: readonly string[]): string {
  let longest = least - 1;
  for (const text of texts) {
    for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  }
  return "`".repeat(longest + 1);
}

/** The answer's text with what of the original is nobody's wish to change: its line ends, and the blank space around it. */
export function likeOriginal(answer: string, original: string): string {
  const [lead, end] = spaceAround(original);
  const eol = original.includes("\r\n") ? "\r\n" : "\n";
  const lines = answer.replaceAll("\r", "").split("\n");
  while (lines.length > 0 && lines[0]?.trim() === "") lines.shift();
  while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
  if (lines.length === 0) return "";
  const indented = restoreIndent(lines, original.slice(lead.length).split(/\r?\n/));
  const last = indented.pop() ?? "";
  return lead + [...indented, last.trimEnd()].join(eol) + end;
}

/** The blank lines that a text begins with, and the white space that it ends with; of a blank text its last line end alone. */
function spaceAround(text: string): readonly [lead: string, end: string] {
  if (text.trim() === "") return ["", /\r?\n$/.exec(text)?.[0] ?? ""];
  return [/^(?:[ \t]*\r?\n)*/.exec(text)?.[0] ?? "", text.slice(text.trimEnd().length)];
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

function firstLine(text: string): string {
  return text.trimStart().split("\n", 1)[0]?.trim() ?? "";
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}
