// A text that ends in a loop ends before its second round; also where a line comes for the third time in a row.

import { loopAtEnd } from "../../repetition.ts";

/** @param linePrefix of the cursor's line, with which the first line is compared */
export function stopAtRepetition(text: string, linePrefix: string): string {
  const whole = stopAtLine(linePrefix + text).slice(linePrefix.length);
  const loop = loopAtEnd(whole, 4);
  return loop ? whole.slice(0, loop.start + loop.period) : whole;
}

function stopAtLine(text: string): string {
  const lines = text.split("\n");
  const loop = lines.findIndex(
    (line, i) => i >= 2 && line.trim() !== "" && line === lines[i - 1] && line === lines[i - 2],
  );
  return loop < 0 ? text : lines.slice(0, loop - 1).join("\n");
}
