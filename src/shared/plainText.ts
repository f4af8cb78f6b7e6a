// Text from files, models and servers as plain text, for every place where a user reads it.

/** Enough for a sentence with a path in it. */
const longest = 500;
/** So little that the sentence around a name stays whole. */
const longestName = 100;

/** Invisible, and without effect on where lines break. */
const wordJoiner = "\u2060";

/**
 * One line that reads as it is written: nothing of it is what VS Code takes for a link, `[text](command:…)`, or for an
 * icon, `$(name)`. They are told by their brackets alone, which is where an invisible character parts them.
 */
export function plainText(text: string, limit = longest): string {
  return cut(lineOf(text, limit).replace(/(?<=[\]$])(?=\()/g, wordJoiner), limit);
}

/** One line for a model, which follows no link: as it is written, but for what would make it another line. */
export function oneLine(text: string, limit = longest): string {
  return cut(lineOf(text, limit), limit);
}

/** Without control characters, and those that turn the direction of reading. */
function lineOf(text: string, limit: number): string {
  return (
    text
      // More than could remain costs no time. Spaces are the only characters of which many become one.
      .slice(0, limit * 20)
      .toWellFormed()
      .replace(/\p{Bidi_Control}+/gu, "")
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim()
  );
}

/** At most `limit` UTF-16 units. */
function cut(line: string, limit: number): string {
  if (line.length <= limit) return line;
  return `${line.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** A name that stands inside a sentence. */
export function plainName(text: string): string {
  return plainText(text, longestName);
}
