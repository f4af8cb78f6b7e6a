// Where the next request comes from: editors wait a little after a key before they ask, and the model can begin meanwhile.

import type { Edit } from "./acceptance/edits.ts";

const pair = /^(?:\(\)|\[\]|\{\}|""|''|``)$/;
/** A character, or a line break with the indentation that the editor adds. */
const key = /^(?:.|\r?\n[ \t]*)$/su;

/**
 * The cursor's offset after an edit that a key makes; undefined for any other edit.
 * @param written what the edit has put into the document
 */
export function cursorAfterKey({ start, inserted }: Edit, written: string): number | undefined {
  // The editor closes what the key opens.
  if (pair.test(written)) return start + 1;
  return key.test(written) ? start + inserted : undefined;
}
