// A bracket that closes what nothing has opened ends the text before it.

const openerOf: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
/** Brackets in these are text: strings and comments that end in their line, as most languages write them, and numbers of lists. */
const noCode =
  /"(?:[^"\\\n]|\\.){0,200}"|'(?:[^'\\\n]|\\.){0,200}'|`(?:[^`\\\n]|\\.){0,200}`|\/\/.*|(?<!\S)#.*|(?<!\S)\w{1,2}\)/g;

/** @param prefix the text before the cursor; what was opened before it begins is not known, and may be closed */
export function stopAtUnopenedBracket(text: string, prefix: string): string {
  const open: Record<string, number> = { "(": 0, "[": 0, "{": 0 };
  const read = (character: string): boolean => {
    const opener = openerOf[character];
    if (character in open) open[character] = (open[character] ?? 0) + 1;
    if (opener === undefined) return true;
    open[opener] = (open[opener] ?? 0) - 1;
    return (open[opener] ?? 0) >= 0;
  };
  for (const character of blank(prefix)) {
    // The window may begin below the opening.
    if (!read(character)) return text;
  }
  const lineStart = prefix.lastIndexOf("\n") + 1;
  const line = prefix.slice(lineStart);
  // What stands in a string that the cursor's line begins is known with that line.
  const code = blank(line + text).slice(line.length);
  const end = Array.from({ length: code.length }, (_, i) => i).find((i) => !read(code.charAt(i)));
  return end === undefined ? text : text.slice(0, end);
}

/** The text with blanks in the place of strings and comments. */
function blank(text: string): string {
  return text.replaceAll(noCode, (found) => " ".repeat(found.length));
}
