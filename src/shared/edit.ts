// What crosses a process boundary for edits of text.

import type { DigestCommand, RewriteCommand } from "./prose.ts";
import type { ChatResult } from "./chat.ts";
import type { Problem } from "./status.ts";

/** The rows of server/edit/commands.ts. */
export type EditCommand =
  "edit" | "apply" | "commitMessage" | "tests" | "name" | "compose" | CodeCommand | RewriteCommand | DigestCommand;

/** What the ready commands ask of code. */
export type CodeCommand = "fix" | "document" | "simplify" | "types";

export interface TestsWanted {
  /** The framework's name, where it is known. */
  readonly framework?: string;
  /** The file that they go into, and the one that they test. */
  readonly file: string;
  readonly source: string;
}

/** Parameters of `falcon/edit`. */
export interface EditParams {
  readonly command: EditCommand;
  /** What the user asks for, for commands that take words. */
  readonly instruction?: string;
  /** What the tests are written for, for `tests`. Paths are relative to the same folder. */
  readonly tests?: TestsWanted;
  readonly uri: string;
  readonly languageId: string;
  /** What is replaced; empty where something is to be written at a place. */
  readonly text: string;
  /** What stands around it, for the model to know; as much of it is used as fits. For `tests`: nothing, and other tests. */
  readonly before: string;
  readonly after: string;
  /** Pieces of the new text come as `$/progress` with this token. */
  readonly partialResultToken: string;
}

export interface EditResult {
  /** What takes the text's place, with its line ends and indentation. It is of use only where the `stopReason` is `end`. */
  readonly text: string;
  readonly stopReason: ChatResult["stopReason"];
  /** What the user should know of it, in their language, if anything. */
  readonly notes?: readonly string[];
  /** Why the model was not asked, and what mends that. */
  readonly problem?: Problem;
}
