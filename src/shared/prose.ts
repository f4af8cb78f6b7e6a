// What crosses a process boundary when prose is written.

import type { ChatResult } from "./chat.ts";
import type { Problem } from "./status.ts";

/** The commands that rewrite prose paragraph by paragraph. */
export const rewriteCommands = [
  "grammar",
  "improve",
  "shorten",
  "expand",
  "formal",
  "friendly",
  "plain",
  "translate",
] as const;
export type RewriteCommand = (typeof rewriteCommands)[number];

/** The commands that write a new text about a text. */
export const digestCommands = ["summarise", "outline", "title", "continue"] as const;
export type DigestCommand = (typeof digestCommands)[number];

/** Parameters of `falcon/rewriteProse`. */
export interface RewriteProseParams {
  readonly command: RewriteCommand;
  /** The language to translate into, by its English name. */
  readonly language?: string;
  readonly uri: string;
  readonly languageId: string;
  /** The whole document: what is prose in it follows from what stands before. */
  readonly text: string;
  /** What is rewritten of it. */
  readonly start: number;
  readonly end: number;
  /** Parts come as `$/progress` with this token. */
  readonly partialResultToken: string;
}

/** A part of the document that is done. */
export interface ProsePart {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Whether something of it came back in a way that could not be used, and stays as it was. */
  readonly isBroken: boolean;
  readonly total: number;
}

export interface RewriteProseResult {
  /** How many parts there are; 0 where nothing of the text is prose. */
  readonly total: number;
  readonly stopReason: ChatResult["stopReason"];
  /** Why the model was not asked, and what mends that. */
  readonly problem?: Problem;
}

/** Parameters of `falcon/digest`. */
export interface DigestParams {
  readonly command: DigestCommand;
  readonly uri: string;
  readonly languageId: string;
  readonly text: string;
  /** The part of the work that is done comes as `$/progress` with this token. */
  readonly partialResultToken: string;
}

export interface DigestResult {
  readonly text: string;
  readonly stopReason: ChatResult["stopReason"];
  readonly problem?: Problem;
}
