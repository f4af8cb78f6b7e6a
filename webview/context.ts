// What every part of the page is handed.

import type { PageNotice, PageRequest } from "../src/shared/chat.ts";
import type { WebviewStrings } from "../src/shared/webviewStrings.ts";

/** What shows Markdown is handed, on the chat page and elsewhere. */
export interface MarkdownContext {
  readonly strings: Pick<
    WebviewStrings,
    "code" | "plainText" | "copyCode" | "copied" | "thinking" | "thought" | "toolCall"
  >;
  /** Asks the host for something. Resolves to whether it was done; where not, the composer says why. */
  readonly ask: (request: PageRequest) => Promise<boolean>;
  /** What can be done with a block of code, beside copying it. */
  readonly codeButtons: (language: string, code: () => string) => readonly HTMLElement[];
  /** Does something of no hurry when there is time for it. */
  readonly later: (task: () => void) => void;
  /** Has a screen reader say a text once it is free. */
  readonly announce: (text: string) => void;
}

export interface PageContext extends MarkdownContext {
  readonly strings: WebviewStrings;
  /** Tells the host something that needs no reply. */
  readonly say: (notice: PageNotice) => void;
  /** Makes links of the files and symbols that an answer names, once the reader sees it. */
  readonly linkPlaces: (answer: HTMLElement) => void;
  /** Has the user write on. */
  readonly focusComposer: () => void;
}

/** Puts values into the `{0}`, `{1}` of a text. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (placeholder, index) => String(values[Number(index)] ?? placeholder));
}
