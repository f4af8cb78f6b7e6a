// Python's string functions where JavaScript's differ: prompts are those of lm-evaluation-harness to the character.

/** What Python takes for white space. */
const space = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const leading = new RegExp(`^${space}+`);

export function stripEnd(text: string): string {
  let end = text.length;
  // Not by an expression at the end of a long text, which would begin again at each blank.
  while (end > 0 && leading.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

export function strip(text: string): string {
  return stripEnd(text.replace(leading, ""));
}

/** `str.capitalize`: the first letter as a title has it, and all others small. */
export function capitalize(text: string): string {
  const [first = ""] = text;
  const [large = "", ...more] = first.toUpperCase();
  return large + (more.join("") + text.slice(first.length)).toLowerCase();
}

/** `len`: the number of code points. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}
