// The parts of an answer: what it says, what the model thought before, and the tools that it wants to call.

import { type OpenFences, followFences } from "./fences.ts";

export interface AnswerPart {
  readonly kind: "text" | "thinking" | "toolCall";
  /** Without the tags around it. */
  readonly text: string;
  /** Whether what the model writes next belongs to it. */
  readonly open: boolean;
}

export const answerTags = [
  { kind: "thinking", start: "<think>", end: "</think>" },
  { kind: "toolCall", start: "<tool_call>", end: "</tool_call>" },
] as const;

const longestTag = Math.max(...answerTags.map(({ end }) => end.length));

/** The parts of a whole answer. */
export function splitAnswer(answer: string): readonly AnswerPart[] {
  return createAnswerSplitter()(answer);
}

/**
 * Splits an answer that grows: each call gets the answer as far as it is written and reads only what is new. The array
 * is always the same one; its last part is replaced.
 *
 * A tag opens a part at the start of a line, outside fenced code. Some prompts open the thinking already; then the answer
 * has only its end.
 */
export function createAnswerSplitter(): (answer: string) => readonly AnswerPart[] {
  const parts: AnswerPart[] = [];
  let closed = 0;
  /** The tag that the open part began with; none for text. */
  let tag: (typeof answerTags)[number] | undefined;
  let partStart = 0;
  let lineStart = 0;
  /** Where the open part has its first visible character, or where that is to be looked for. */
  let visible = 0;
  let read = 0;
  let fences: OpenFences = [];
  let inInlineCode = false;
  /** A start tag in the middle of a line: the end tag that follows belongs to it. */
  let startIsQuoted = false;
  const step = /[\n`]|<\/?think>/g;

  /** Text of nothing but line breaks, as between two parts, is none. */
  function isVisible(answer: string, end: number): boolean {
    while (visible < end && answer.charAt(visible).trim() === "") visible++;
    return visible < end;
  }

  function closePart(answer: string, kind: AnswerPart["kind"], end: number, next: number): void {
    if (kind !== "text" || isVisible(answer, end)) {
      parts[closed++] = { kind, text: answer.slice(partStart, end), open: false };
    }
    partStart = lineStart = visible = read = next;
    fences = [];
    inInlineCode = false;
  }

  /** Begins a part where a line begins with a tag; "later" when the line may yet turn out to. */
  function readLineStart(answer: string): "begun" | "later" | undefined {
    const start = skipSpaces(answer, lineStart);
    tag = answerTags.find((each) => answer.startsWith(each.start, start));
    if (!tag) return answer.length - start < longestTag && !answer.includes("\n", start) ? "later" : undefined;
    closePart(answer, "text", lineStart, start + tag.start.length);
    return "begun";
  }

  /** Reads up to the end of the open text; false when the answer ends before it. */
  function readText(answer: string): boolean {
    for (;;) {
      const lineBegins = read === lineStart && fences.length === 0 ? readLineStart(answer) : undefined;
      if (lineBegins) return lineBegins === "begun";
      step.lastIndex = read;
      const match = step.exec(answer);
      if (!match) {
        read = Math.max(read, answer.length - longestTag);
        return false;
      }
      read = step.lastIndex;
      const isProse = fences.length === 0 && !inInlineCode;
      switch (match[0]) {
        case "\n":
          fences = followFences(fences, answer.slice(lineStart, match.index));
          lineStart = read;
          inInlineCode = false;
          break;
        case "`":
          inInlineCode = !inInlineCode;
          break;
        case "<think>":
          startIsQuoted ||= isProse;
          break;
        default:
          if (closed > 0 || !isProse || startIsQuoted) break;
          closePart(answer, "thinking", match.index, read);
          return true;
      }
    }
  }

  /** Reads up to the end tag of the open part; false when the answer ends before it. */
  function readTagged(answer: string, { kind, end }: (typeof answerTags)[number]): boolean {
    const found = answer.indexOf(end, read);
    if (found < 0) {
      read = Math.max(read, answer.length - longestTag);
      return false;
    }
    closePart(answer, kind, found, found + end.length);
    tag = undefined;
    return true;
  }

  return (answer) => {
    while (tag ? readTagged(answer, tag) : readText(answer));
    parts.length = closed;
    if (tag || isVisible(answer, answer.length)) {
      parts.push({ kind: tag?.kind ?? "text", text: answer.slice(partStart), open: true });
    }
    return parts;
  };
}

/** A line that is indented by four is code. */
function skipSpaces(text: string, from: number): number {
  let at = from;
  while (at < from + 3 && text[at] === " ") at++;
  return at;
}
