// Where the text closes a bracket or quote that the editor has closed already, the text takes the place of what is there.

const quotes = ["'", '"', "`"];
const closerOf: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** How many characters after the cursor the text replaces: each is one that the text closes or ends with itself. */
export function replacedLengthOf(text: string, lineSuffix: string): number {
  const closers = unmatchedClosers(text, lineSuffix);
  let from = 0;
  let replacedLength = 0;
  for (let i = 0; i < lineSuffix.length; i++) {
    const character = lineSuffix.charAt(i);
    // Blanks before a closing bracket go with it.
    if (/\s/.test(character)) continue;
    const found = closers.indexOf(character, from);
    if (found < 0) break;
    from = found + 1;
    replacedLength = i + 1;
  }
  return replacedLength;
}

/** Closing brackets and quotes whose opening is not in the text, and punctuation outside of brackets, in their order. */
function unmatchedClosers(text: string, lineSuffix: string): string {
  let unmatched = "";
  const open: string[] = [];
  const odd = new Set(quotes.filter((quote) => isOdd(text, quote)));
  const after = new Set(quotes.filter((quote) => lineSuffix.includes(quote)));
  const closing = new Set(quotes.filter((quote) => odd.has(quote) && after.has(quote)));
  for (const character of text) {
    const inString = isQuote(open.at(-1));
    if (open.at(-1) === character) open.pop();
    else if (closing.delete(character)) unmatched += character;
    else if (inString) continue;
    else if (isQuote(character)) {
      // One without a partner, such as an apostrophe, opens nothing.
      if (!odd.has(character) || after.has(character)) open.push(character);
    } else if (character in closerOf) open.push(closerOf[character] ?? "");
    else if (/[)\]}]/.test(character) || (/[;,:]/.test(character) && open.length === 0)) unmatched += character;
  }
  return unmatched;
}

function isQuote(character: string | undefined): boolean {
  return character !== undefined && quotes.includes(character);
}

function isOdd(text: string, character: string): boolean {
  return text.split(character).length % 2 === 0;
}
