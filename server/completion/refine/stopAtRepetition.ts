// A text that ends in a loop ends before its second round; also where a line comes for the third time in a row.

import { loopAtEnd } from "../../repetition.ts";

export function stopAtRepetition(text: string): string {
  const whole = stopAtLine(text);
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
