// Marks: what in a line of prose is markup. Those that are hidden are shown to a model as short placeholders; those that
// are visible have to come back as they were. Every search goes over a text once, however often it fails.

export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly hidden: boolean;
}

/** A text in which the same ends are looked for again and again. */
export class SearchedText {
  readonly text: string;
  readonly #found = new Map<string, number>();
  #brackets: ReadonlyMap<number, number> | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Where a string stands next; undefined when it does not. */
  find(string: string, from: number): number | undefined {
    const known = this.#found.get(string);
    if (known !== undefined && known >= from) return known === Infinity ? undefined : known;
    const at = this.text.indexOf(string, from);
    this.#found.set(string, at < 0 ? Infinity : at);
    return at < 0 ? undefined : at;
  }

  /** Where the bracket closes that opens at a place, found for all of them by one walk. */
  bracketEnd(at: number): number | undefined {
    this.#brackets ??= matchBrackets(this.text);
    return this.#brackets.get(at);
  }

  /** What a sticky expression matches at a place. */
  match(expression: RegExp, at: number): string | undefined {
    expression.lastIndex = at;
    return expression.exec(this.text)?.[0];
  }
}

/** The end of each bracket by its place; those of one kind know nothing of the other kinds. */
function matchBrackets(text: string): Map<number, number> {
  const ends = new Map<number, number>();
  const open: Readonly<Record<string, number[]>> = { "(": [], "[": [], "{": [] };
  const opens: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\") at++;
    else if (Object.hasOwn(open, character)) open[character]?.push(at);
    else {
      const start = open[opens[character] ?? ""]?.pop();
      if (start !== undefined) ends.set(start, at + 1);
    }
  }
  return ends;
}

/** Reads a mark that begins at a place. */
export type ReadMark = (searched: SearchedText, at: number) => Mark | undefined;

/** By the character that a mark begins with; the first that reads one wins. */
export type Readers = Readonly<Record<string, readonly ReadMark[]>>;

/** The marks of a text in their order; none overlaps another. */
export type ScanMarks = (text: string) => Mark[];

export function scanWith(readersFor: () => Readers): ScanMarks {
  return (text) => {
    const readers = new Map(Object.entries(readersFor()));
    const searched = new SearchedText(text);
    const marks: Mark[] = [];
    for (let at = 0; at < text.length;) {
      let mark: Mark | undefined;
      for (const read of readers.get(text.charAt(at)) ?? []) {
        mark = read(searched, at);
        if (mark) break;
      }
      if (mark) marks.push(mark);
      at = mark ? mark.end : at + 1;
    }
    return marks;
  };
}

export const hide = (start: number, end: number): Mark => ({ start, end, hidden: true });
export const show = (start: number, end: number): Mark => ({ start, end, hidden: false });

/** A mark that an expression tells; it must be sticky, and go over no character twice. */
export function matching(expression: RegExp, make: typeof hide = hide): ReadMark {
  return (searched, at) => {
    const found = searched.match(expression, at);
    return found === undefined ? undefined : make(at, at + found.length);
  };
}

/** From one string to the next other one. */
export function between(open: string, close: string): ReadMark {
  return (searched, at) => {
    if (!searched.text.startsWith(open, at)) return undefined;
    const end = searched.find(close, at + open.length);
    return end === undefined ? undefined : hide(at, end + close.length);
  };
}

export function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}

export const isSpace = (character: string | undefined) => character === undefined || /\s/.test(character);

const url: ReadMark = (searched, at) => {
  if (isWord(searched.text[at - 1])) return undefined;
  const found = searched.match(/(?:https?|ftp|file):\/\/[^\s<>"`|]+|(?:mailto:|www\.)[^\s<>"`|]+/y, at);
  if (found === undefined) return undefined;
  let { length } = found;
  const closes = !found.includes("(");
  while (/[.,;:!?'*_]/.test(found.charAt(length - 1)) || (closes && /[)\]}]/.test(found.charAt(length - 1)))) length--;
  return hide(at, at + length);
};

/** What is markup in every text. */
export const everywhere: Readers = { h: [url], f: [url], m: [url], w: [url] };
