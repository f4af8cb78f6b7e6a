// Several lines that leave the document with more faults of syntax than it had end before them.

import type { CompletionRequest } from "../request.ts";
import type { Parser } from "../../syntax/grammars.ts";

/** Characters of the text around the cursor that are parsed: enough for the block, and some milliseconds' work. */
const parsedBefore = 8000;
const parsedAfter = 2000;
/** After so many milliseconds of parsing the text stays as it is: nobody waits for a grammar's worst case. */
const longestTime = 50;

/**
 * The lines up to the last one after which the document parses as well as before, or the first line alone; all of the text
 * where the grammar fails, as WebAssembly does at a fault of its own.
 */
export function cutAtFault(text: string, request: CompletionRequest, parser: Parser, timeLimit = longestTime): string {
  try {
    return cut(text, request, parser, timeLimit);
  } catch {
    return text;
  }
}

function cut(text: string, { prefix, suffix }: CompletionRequest, parser: Parser, timeLimit: number): string {
  const deadline = performance.now() + timeLimit;
  const unparsed = prefix.length - parsedBefore;
  const before = unparsed <= 0 ? prefix : prefix.slice(prefix.indexOf("\n", unparsed) + 1);
  const after = suffix.slice(0, parsedAfter);
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  if (first < 0 || first === lines.length - 1) return text;
  const accepted = countFaults(parser, before + after, deadline);
  for (let count = lines.length; count > first + 1; count--) {
    const shorter = lines.slice(0, count).join("\n");
    const faults = accepted === undefined ? undefined : countFaults(parser, before + shorter + after, deadline);
    if (accepted === undefined || faults === undefined) return text;
    if (faults <= accepted) return shorter;
  }
  return lines.slice(0, first + 1).join("\n");
}

/** What the grammar could not read or had to add; undefined when the time is up. */
function countFaults(parser: Parser, text: string, deadline: number): number | undefined {
  // The type says that nothing is returned, but true ends the parsing.
  const progressCallback = (): boolean => performance.now() > deadline;
  const tree = parser.parse(text, null, { progressCallback });
  if (!tree) {
    parser.reset();
    return undefined;
  }
  let faults = 0;
  const cursor = tree.walk();
  for (let goesOn = true; goesOn;) {
    const { currentNode: node } = cursor;
    if (node.isError || node.isMissing) faults++;
    // Only where there is a fault below is anything looked at below.
    goesOn = (node.hasError && cursor.gotoFirstChild()) || cursor.gotoNextSibling();
    while (!goesOn && cursor.gotoParent()) goesOn = cursor.gotoNextSibling();
  }
  cursor.delete();
  tree.delete();
  return faults;
}
