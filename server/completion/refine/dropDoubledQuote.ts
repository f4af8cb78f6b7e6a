// A quote that the cursor stands behind opens the string already: a model that opens it again means the same one.

/** What a string begins with, paths too; after a quote that closes an empty string come brackets, methods, comments and blanks. */
const stringStart = /^(?:[\p{L}\p{N}_@$-]|\.{0,2}\/(?!\/))/u;

export function dropDoubledQuote(text: string, linePrefix: string): string {
  const quote = linePrefix.at(-1) ?? "";
  if (!/^["'`]$/.test(quote) || text[0] !== quote || !stringStart.test(text.slice(1))) return text;
  // What three quotes open may begin with one.
  if (linePrefix.endsWith(quote.repeat(3))) return text;
  const [line = ""] = text.split("\n", 1);
  const isOpen = countOf(linePrefix, quote) % 2 === 1;
  return isOpen && countOf(line, quote) % 2 === 0 ? text.slice(1) : text;
}

function countOf(text: string, quote: string): number {
  return text.split(quote).length - 1;
}
