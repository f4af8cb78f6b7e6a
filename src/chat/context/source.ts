// What the composer's list is made of, and attachments that are gathered from several places.

import { randomUUID } from "node:crypto";

import { oneLine } from "../../shared/plainText.ts";
import type { Attachment } from "../../shared/chat.ts";
import type { ModelStatus } from "../../shared/status.ts";

/** Code has about so many. */
const charactersPerToken = 3;
const longestGathered = 100_000;

/** Characters that one attachment may have: half of the model's context, since the rest of the chat needs some, too. */
export function roomFor(status: ModelStatus): number {
  const tokens = status.state === "ready" ? status.model.contextSize : 4096;
  return Math.min(longestGathered, Math.floor((tokens * charactersPerToken) / 2));
}

const longestLabel = 100;

/** What goes with a message when the user chooses it. */
export interface Candidate {
  /** A codicon's name. */
  readonly icon: string;
  readonly label: string;
  readonly description?: string;
  readonly attach: () => Promise<readonly Attachment[]>;
}

/** Finds what the words after `@file`, `@folder` and the like may mean; the best come first. */
export type FindCandidates = (words: string) => Promise<readonly Candidate[]>;

/** Files that may hold secrets are no part of it: the caller leaves them out. */
export function gathered(
  uri: string,
  { label, ...more }: Pick<Attachment, "label" | "text" | "languageId" | "leftOut" | "icon">,
): Attachment {
  return { id: randomUUID(), label: oneLine(label, longestLabel), uri, ...more };
}

/** As many of the parts as there is room for, in their order, and how many are left out. One too long makes room for the next. */
export function fitParts(parts: readonly string[], room: number): { readonly text: string; readonly leftOut: number } {
  const kept: string[] = [];
  let length = 0;
  for (const part of parts) {
    if (length + part.length > room) continue;
    kept.push(part);
    length += part.length + 1;
  }
  return { text: kept.join("\n"), leftOut: parts.length - kept.length };
}

/** What an attachment says of what it lacks. */
export function notes(said: readonly (string | false)[]): Pick<Attachment, "leftOut"> {
  const leftOut = said.filter((note) => note !== false).join("; ");
  return leftOut === "" ? {} : { leftOut };
}
