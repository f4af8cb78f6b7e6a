// The parts of an answer, each in a node of its own: what it says, and folded away what the model thought and the tools it calls.

import { type AnswerPart, createAnswerSplitter } from "../src/shared/answerParts.ts";
import type { MarkdownContext } from "./context.ts";
import { createFoldedPart } from "./foldedPart.ts";
import type { HasTime } from "./frame.ts";
import { createMarkdownView } from "./markdownView.ts";

export interface PartView {
  readonly node: HTMLElement;
  readonly kind: AnswerPart["kind"];
  /** Returns false when the time was up before all was shown. */
  show(text: string, ended: boolean, hasTime: HasTime): boolean;
}

export interface AnswerParts {
  /** What the answer says, as Markdown. */
  said(): string;
  /** The same as a screen reader reads it. */
  words(): string;
  /** Whether there is neither text nor thinking nor a call. */
  isEmpty(): boolean;
  /** Returns false when the time was up before all was shown. */
  show(answer: string, ended: boolean, hasTime: HasTime): boolean;
}

/** Keeps a node for each part of an answer. */
export function createAnswerParts(context: MarkdownContext, place: (node: HTMLElement) => void): AnswerParts {
  let split = createAnswerSplitter();
  let shown = "";
  let hasEnded = false;
  let parts: readonly AnswerPart[] = [];
  const views: PartView[] = [];
  let whole = 0;

  function viewOf(index: number, kind: AnswerPart["kind"]): PartView {
    const view = views[index];
    if (view?.kind === kind) return view;
    // What seemed to be text may turn out to be thinking.
    removeFrom(index);
    const made = kind === "text" ? { ...createMarkdownView(context), kind } : createFoldedPart(context, kind);
    views.push(made);
    place(made.node);
    return made;
  }

  function removeFrom(index: number): void {
    for (const { node } of views.splice(index)) node.remove();
    whole = Math.min(whole, index);
  }

  return {
    said: () =>
      parts
        .filter(({ kind }) => kind === "text")
        .map(({ text }) => text)
        .join("")
        .trim(),
    words: () =>
      views
        .filter(({ kind }) => kind === "text")
        .map(({ node }) => node.textContent)
        .join("\n")
        .trim(),
    isEmpty: () => parts.length === 0,
    show: (answer, ended, hasTime) => {
      // What had ended does not grow: it is another answer, though it may begin with the same words.
      if (!answer.startsWith(shown) || (hasEnded && answer !== shown)) {
        split = createAnswerSplitter();
        removeFrom(0);
        hasEnded = false;
      }
      shown = answer;
      hasEnded ||= ended;
      parts = split(answer);
      removeFrom(parts.length);
      for (let index = 0; index < parts.length; index++) {
        const part = parts[index];
        if (!part || (index < whole && views[index]?.kind === part.kind)) continue;
        const partEnded = ended || !part.open;
        if (!viewOf(index, part.kind).show(part.text, partEnded, hasTime)) return false;
        if (partEnded && !part.open) whole = index + 1;
      }
      return true;
    },
  };
}
