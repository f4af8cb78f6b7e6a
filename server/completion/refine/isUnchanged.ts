// A text that closes what the editor has closed already, and nothing else, changes nothing: it is not worth a Tab.

import { isLeftOut } from "../ablation.ts";

/** @param replacedLength how many characters after the cursor it takes the place of */
export function isUnchanged(text: string, lineSuffix: string, replacedLength: number): boolean {
  return !isLeftOut("unchanged") && text === lineSuffix.slice(0, replacedLength);
}
