// A line that the demonstration model ends rightly from its weights in 5, 6, 8 and 32 bits, and from half of the file as from
// all of it: neither how a processor rounds nor how much it evaluates in time changes that.

import fs from "node:fs";
import path from "node:path";

import type { Workbench } from "./workbench.ts";

export const restOfLine = "nightsBetween(stay.arrival, departure);";

/** Leaves the cursor at the end of the line, which is typed to its last key. */
export async function openUnfinishedLine(workbench: Workbench): Promise<void> {
  const file = path.join(workbench.editor.workspace, "src/fees.ts");
  const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n");
  const added = ["", "export function feeOfMember(stay: Stay, departure: Date): number {", "  const nights =", "}"];
  fs.writeFileSync(file, [...lines, ...added, ""].join("\n"));
  await workbench.openFile("src/fees.ts");
  await workbench.goTo(lines.length + 3, 1 + "  const nights =".length);
  await workbench.type(" ");
}
