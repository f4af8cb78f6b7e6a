// Writes a new text about a text: its summary, its outline, its title, or what follows it. A text that is too long for the
// model's context goes by sections: each is summarised, and the summaries are read in its place.

import type { DigestParams, DigestResult } from "../../../src/shared/prose.ts";
import { needsRealModel } from "../../chat/demonstration.ts";
import { type EditOptions, editText } from "../editText.ts";

/** The part of a context that a section may fill, in tokens: an edit leaves room for as much again, and more. */
const sectionPart = 0.25;
/** Summaries of summaries: each round leaves a small part of the text. */
const mostRounds = 4;
/** Characters before the place where a text goes on that tell how. */
const continuedLength = 3000;

export async function digestText(
  { command, uri, text }: Omit<DigestParams, "partialResultToken" | "languageId">,
  options: EditOptions,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<DigestResult> {
  const { model } = options;
  if (model.info.demonstration) return { text: "", stopReason: "end", problem: needsRealModel(model.info) };
  const ask = async (what: DigestParams["command"], about: string): Promise<DigestResult> => {
    const asked = { command: what, uri, languageId: "markdown", text: about, before: "", after: "" };
    const { text: answer, stopReason } = await editText(asked, options, () => undefined, signal);
    return { text: answer.trim(), stopReason };
  };
  if (command === "continue")
    return ask(command, text.slice(-Math.min(continuedLength, Math.floor(model.info.contextSize / 2))));
  const room = Math.floor(model.info.contextSize * sectionPart);
  let digested = text;
  for (let round = 0; round < mostRounds; round++) {
    const tokens = await model.countTokens([digested], 64 * room);
    if (tokens <= room) break;
    const sections = cutSections(digested, Math.max(200, Math.floor((digested.length / tokens) * room * 0.9)));
    const summaries: string[] = [];
    for (const [i, section] of sections.entries()) {
      const summary = await ask("summarise", section);
      if (summary.stopReason !== "end" && summary.stopReason !== "limit") return { ...summary, text: "" };
      summaries.push(summary.text);
      onProgress((i + 1) / (sections.length + 1));
    }
    digested = summaries.join("\n\n");
  }
  return ask(command, digested);
}

/** Sections of at most so many characters, cut before headings or at least between paragraphs, where there are any. */
function cutSections(text: string, longest: number): string[] {
  const sections: string[] = [];
  for (let start = 0; start < text.length;) {
    const limit = start + longest;
    if (limit >= text.length) {
      sections.push(text.slice(start));
      break;
    }
    const piece = text.slice(start, limit);
    const cut = [piece.lastIndexOf("\n#"), piece.lastIndexOf("\n\n"), piece.lastIndexOf("\n"), piece.lastIndexOf(" ")];
    // A cut in the first half would make many short sections.
    let length = cut.find((at) => at > longest / 2) ?? longest;
    if (/[\uD800-\uDBFF]/.test(text.charAt(start + length - 1))) length--;
    sections.push(text.slice(start, start + length));
    start += length;
  }
  return sections;
}
