// Cuts a text into pieces that every native tokenizer takes, at places where no token ends otherwise.

/**
 * The most UTF-16 units of a piece. llama.cpp splits text into words by rules that the model's file names
 * (`tokenizer.ggml.pre`), and many of these rules are regular expressions of the C++ library, whose recursion is as deep
 * as a match is long: 34,000 digits, or 12,000 letters under other rules, end a process with a stack as large as Linux
 * gives, and an eighth of it one with the megabyte of Windows.
 */
export const longestPiece = 1000;

/**
 * Places behind which the rules of every Falcon model begin another word, the best first: before a space or tab, and
 * behind a line break between two characters that can be seen; without any, behind a letter or digit and before what is of
 * no word. An apostrophe may be of a word.
 */
const places = [/^[^]*\S(?:(?=[ \t])|\n(?=\S))/u, /^[^]*[\p{L}\p{N}](?=[^\p{L}\p{N}\p{M}'’])/u];

/** A generator, since a caller may stop early in a long text, or let other work run between two pieces. */
export function* textPieces(text: string): Generator<string, void, void> {
  let from = 0;
  while (text.length - from > longestPiece) {
    const piece = firstPiece(text.slice(from, from + longestPiece));
    yield piece;
    from += piece.length;
  }
  if (from < text.length) yield text.slice(from);
}

/** What a window on the text begins with, up to the last good place; all of it where it has none, but no half character. */
function firstPiece(window: string): string {
  for (const place of places) {
    const [piece] = place.exec(window) ?? [];
    if (piece !== undefined) return piece;
  }
  return /[\uD800-\uDBFF]$/.test(window) ? window.slice(0, -1) : window;
}
