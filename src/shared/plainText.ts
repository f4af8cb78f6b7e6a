// Text from files, models and servers as plain text, for every place where a user reads it.

/** Enough for a sentence with a path in it. */
const longest = 500;
/** So little that the sentence around a name stays whole. */
const longestName = 100;

/** Invisible, and without effect on where lines break. */
const wordJoiner = "\u2060";

/**
 * One line that reads as it is written: no control characters, none that turn the direction of reading, nothing that
 * VS Code takes for a link, `[text](command:…)`, or for an icon, `$(name)`, and at most `limit` UTF-16 units.
 * Links and icons are told by their brackets alone, which is where an invisible character parts them.
 */
export function plainText(text: string, limit = longest): string {
  const line = text
    // More than could remain costs no time. Spaces are the only characters of which many become one.
    .slice(0, limit * 20)
    .toWellFormed()
    .replace(/\p{Bidi_Control}+/gu, "")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .replace(/(?<=[\]$])(?=\()/g, wordJoiner)
    .trim();
  if (line.length <= limit) return line;
  return `${line.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** A name that stands inside a sentence. */
export function plainName(text: string): string {
  return plainText(text, longestName);
}
