// The strings of code made unreadable, character for character: what looks like a comment in them is none.

import type { Parser } from "../../syntax/grammars.ts";

/** After so many milliseconds of parsing the text stays as it is: nobody waits for a grammar's worst case. */
const longestTime = 1_000;

/** What is text in code, as the grammars name it. */
const string = /string|template|heredoc|nowdoc|char(?:acter)?_literal|jsx_text/;

/** The text with another character for each one of its strings of several lines; as it is where the grammar fails. */
export function maskStrings(text: string, parser: Parser, timeLimit = longestTime): string {
  const deadline = performance.now() + timeLimit;
  try {
    const progressCallback = (): boolean => performance.now() > deadline;
    const tree = parser.parse(text, null, { progressCallback });
    if (!tree) {
      parser.reset();
      return text;
    }
    let [masked, at] = ["", 0];
    for (const { startIndex, endIndex } of longStrings(tree.rootNode)) {
      masked += text.slice(at, startIndex) + text.slice(startIndex, endIndex).replace(/[^\r\n]/g, "x");
      at = endIndex;
    }
    tree.delete();
    return masked + text.slice(at);
  } catch {
    return text;
  }
}

type Node = NonNullable<ReturnType<Parser["parse"]>>["rootNode"];

/** The outermost ones, in their order. */
function longStrings(root: Node): Node[] {
  const found: Node[] = [];
  const cursor = root.walk();
  for (let goesOn = true; goesOn;) {
    const { startPosition, endPosition, nodeType } = cursor;
    const isLong = endPosition.row > startPosition.row;
    const isString = isLong && cursor.nodeIsNamed && string.test(nodeType) && !isDocstring(cursor.currentNode);
    if (isString) found.push(cursor.currentNode);
    goesOn = (isLong && !isString && cursor.gotoFirstChild()) || cursor.gotoNextSibling();
    while (!goesOn && cursor.gotoParent()) goesOn = cursor.gotoNextSibling();
  }
  cursor.delete();
  return found;
}

/** A statement that is nothing but a string documents what it stands in. */
function isDocstring({ parent }: Node): boolean {
  return (
    parent?.type === "expression_statement" &&
    parent.namedChildCount === 1 &&
    parent.parent !== null &&
    /^(?:module|block)$/.test(parent.parent.type)
  );
}
