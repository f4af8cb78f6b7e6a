// The commands that rewrite text: the words of each prompt.

import type { EditCommand, EditParams } from "../../src/shared/edit.ts";

export type EditRequest = Omit<EditParams, "partialResultToken">;

export interface EditCommandRow {
  /** What the model is asked to do with the text. */
  readonly ask: (request: EditRequest) => string;
  /** Whether the prompt holds what stands around the text. */
  readonly context: boolean;
}

export const editCommands: Readonly<Record<EditCommand, EditCommandRow>> = {
  apply: { ask: ({ instruction = "" }) => `Put this code into it, where it belongs:\n${instruction}`, context: false },
  edit: { ask: ({ instruction = "" }) => instruction.trim(), context: true },
};

export const editCommandIds = Object.keys(editCommands) as EditCommand[];
