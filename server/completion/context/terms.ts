// The words that tell what code is about: identifiers, and the words that those are made of.

const identifier = /[\p{L}_$][\p{L}\p{N}_$]*/gu;
/** "parseHTTPHeader_v2" is parse, HTTP, Header, v. */
const part = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}]+/gu;
/** Shorter ones say nothing, longer ones are data. */
const shortest = 3;
const longest = 64;

export function termsOf(text: string): Set<string> {
  const terms = new Set<string>();
  for (const [word] of text.matchAll(identifier)) {
    if (word.length < shortest || word.length > longest) continue;
    terms.add(word.toLowerCase());
    for (const [piece] of word.matchAll(part)) if (piece.length >= shortest) terms.add(piece.toLowerCase());
  }
  return terms;
}
