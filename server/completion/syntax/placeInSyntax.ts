// Whether the cursor stands in a comment or in a string, by the syntax tree.

import type { CompletionRequest } from "../request.ts";
import type { Parser } from "../../syntax/grammars.ts";

export type PlaceInSyntax = "comment" | "string";

/** After so many milliseconds of parsing the place counts as code. */
const longestTime = 50;

/** Stands for what is going to be typed: the node that it falls into is also that of a comment or string which ends at the cursor. */
const typed = "x";

/** The node of each that all grammars name alike; code within a string is a template's or a command's. */
const comment = /comment/;
const string = /string|heredoc_body|char(?:acter)?_literal/;
const codeInString = /interpolation|substitution|expansion|variable_name/;

/** Undefined in code, and where the grammar fails. */
export function placeInSyntax(
  { prefix, suffix }: CompletionRequest,
  parser: Parser,
  timeLimit = longestTime,
): PlaceInSyntax | undefined {
  const deadline = performance.now() + timeLimit;
  try {
    const progressCallback = (): boolean => performance.now() > deadline;
    const tree = parser.parse(prefix + typed + suffix, null, { progressCallback });
    if (!tree) {
      parser.reset();
      return undefined;
    }
    const place = placeOf(tree.rootNode.descendantForIndex(prefix.length, prefix.length + typed.length));
    tree.delete();
    return place;
  } catch {
    return undefined;
  }
}

type Node = NonNullable<ReturnType<Parser["parse"]>>["rootNode"];

function placeOf(innermost: Node | null): PlaceInSyntax | undefined {
  for (let node = innermost; node; node = node.parent) {
    if (comment.test(node.type)) return "comment";
    if (codeInString.test(node.type)) return undefined;
    if (string.test(node.type)) return "string";
  }
  return undefined;
}
