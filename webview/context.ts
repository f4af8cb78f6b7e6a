// What every part of the page is handed.

import type { PageNotice, PageRequest } from "../src/shared/protocol.ts";
import type { WebviewStrings } from "../src/shared/webviewStrings.ts";

export interface PageContext {
  readonly strings: WebviewStrings;
  /** Asks the host for something. Resolves to whether it was done; where not, the composer says why. */
  readonly ask: (request: PageRequest) => Promise<boolean>;
  /** Tells the host something that needs no reply. */
  readonly say: (notice: PageNotice) => void;
  /** Makes links of the files and symbols that an answer names, once the reader sees it. */
  readonly linkPlaces: (answer: HTMLElement) => void;
  /** Does something of no hurry when there is time for it. */
  readonly later: (task: () => void) => void;
  /** Has the user write on. */
  readonly focusComposer: () => void;
  /** Has a screen reader say a text once it is free. */
  readonly announce: (text: string) => void;
}

/** Puts values into the `{0}`, `{1}` of a text. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (placeholder, index) => String(values[Number(index)] ?? placeholder));
}
