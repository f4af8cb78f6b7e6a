// What someone types into a held-out file, key by key: the same from the same seed, whoever completes it.

import { type HeldOutFile, readHeldOutFiles } from "../heldOut.ts";
import { randomNumbers, shuffle } from "../../server/random.ts";

export interface Trace {
  readonly file: HeldOutFile;
  /** Where in the file the typing begins, behind a line's indentation. What follows there is typed, and not in the document before. */
  readonly start: number;
  readonly end: number;
  /** At each character of the typed text. */
  readonly moments: readonly Moment[];
}

/** How it goes on after a character. */
export interface Moment {
  /** Milliseconds to the next key. */
  readonly pause: number;
  /** Wrong letters that come first, and are taken back. */
  readonly mistake: string;
  /** Whether ghost text that is right is accepted. */
  readonly accepts: boolean;
}

/** Between the words and the lines someone looks up: no shorter pause counts as one. */
export const shortestPause = 600;

const languages = ["typescript", "python", "javascript"];
const typedCharacters = 1200;

/** Traces in as many files; the languages take turns. */
export function makeTraces(count: number, seed: number): Trace[] {
  const random = randomNumbers(seed);
  const files = shuffle(
    readHeldOutFiles().filter(
      ({ path, text }) => text.length > 5000 && text.length < 40_000 && !path.endsWith(".d.ts"),
    ),
    random,
  );
  return Array.from({ length: count }, (_, i) => {
    const language = languages[i % languages.length];
    const file = files.filter((each) => each.language === language)[Math.floor(i / languages.length)];
    if (!file) throw new RangeError(`There are not enough files of ${language}.`);
    const middle = Math.floor(file.text.length * (0.3 + 0.3 * random()));
    const lineStart = file.text.indexOf("\n", middle) + 1;
    // The editor has indented the line.
    const start = lineStart + (/^[ \t]*/.exec(file.text.slice(lineStart))?.[0].length ?? 0);
    const end = Math.min(file.text.length, file.text.indexOf("\n", start + typedCharacters) >>> 0);
    return { file, start, end, moments: momentsOf(file.text.slice(start, end), random) };
  });
}

function momentsOf(text: string, random: () => number): Moment[] {
  return Array.from(text, (character, i) => {
    const before = text[i - 1] ?? "\n";
    const lookingUp = before === "\n" ? 0.3 : /[\s({[.,=]/.test(before) ? 0.12 : 0.02;
    const isLong = random() < lookingUp;
    const pause = isLong ? shortestPause + 800 * random() ** 2 : 70 + 160 * random() ** 2;
    const isMistaken = random() < 0.02 && /[a-z]/.test(character);
    const length = 1 + Math.floor(2 * random());
    const letters = Array.from({ length }, () => "abcdefghijklmnopqrstuvwxyz"[Math.floor(26 * random())] ?? "");
    return { pause, mistake: isMistaken ? letters.join("") : "", accepts: random() < 0.3 };
  });
}
