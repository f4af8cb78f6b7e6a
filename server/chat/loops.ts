// Where an answer goes round: the same words, lines or paragraphs again and again.

import { followFences, type OpenFences } from "../../src/shared/fences.ts";

/** Longer rounds are not seen: few of them would fit into an answer. */
const longestRound = 1_000;

/** Shorter ones are rules and letters in a row. */
const shortestRound = 3;

/**
 * Characters beyond three rounds that make a loop. People repeat lines too, in code, tables and lists; a demonstration model,
 * whose answers are short, never means to.
 */
const tolerances = { demonstration: 10, prose: 400, code: 1_600 } as const;

const [lineBreak, space, zero] = [10, 32, 48];

/** What a text goes round in: from `start` on, the same `round` characters again and again. */
export interface Loop {
  readonly start: number;
  readonly round: number;
}

/** Follows an answer as it is written, in time that grows with its length. */
export class LoopWatch {
  readonly #tolerance: Readonly<Record<"prose" | "code", number>>;
  /** For rounds of each length, how many characters in a row are those that stand one round before. */
  readonly #repeated = new Uint32Array(longestRound + 1);
  /** The last characters, of which two rounds are kept when there is room for no more. */
  readonly #recent = new Uint16Array(8 * longestRound);
  #used = 0;
  /** Whether nothing but a number stands on the line so far. */
  #inNumber = true;
  /** Characters before the recent ones. */
  #before = 0;
  readonly #question: string | undefined;
  /** Whether the question asks for what comes again and again. */
  #isWanted = false;

  /** `question`: a real model may be asked to repeat what stands in it. */
  constructor({ demonstration }: { readonly demonstration: boolean }, question = "") {
    this.#question = demonstration ? undefined : question;
    this.#tolerance = demonstration
      ? { prose: tolerances.demonstration, code: tolerances.demonstration }
      : { prose: tolerances.prose, code: tolerances.code };
  }

  /** Takes what was written next; returns the first loop in it, after which nothing more is to be taken. */
  push(text: string, { inCode }: { readonly inCode: boolean }): Loop | undefined {
    const tolerance = inCode ? this.#tolerance.code : this.#tolerance.prose;
    for (let at = 0; at < text.length && !this.#isWanted; at++) {
      const round = this.#findRound(this.#readCharacter(text.charCodeAt(at)), tolerance);
      if (round < shortestRound) continue;
      const length = (this.#repeated[round] ?? 0) + round;
      const rounds = String.fromCharCode(...this.#recent.subarray(Math.max(0, this.#used - 2 * round), this.#used));
      const hasLines = /[|\n]/.test(rounds);
      if ((hasLines && length < 3 * round + this.#tolerance.code) || !hasWords(rounds)) continue;
      this.#isWanted = this.#question !== undefined && asksFor(this.#question, rounds.slice(-round));
      if (!this.#isWanted) return { start: this.#before + this.#used - length, round };
    }
    return undefined;
  }

  /** The character as it counts: the numbers of a list tell no line from another. */
  #readCharacter(character: number): number {
    const isDigit = character >= zero && character <= zero + 9;
    const isNumber = this.#inNumber && isDigit;
    this.#inNumber = character === lineBreak || (this.#inNumber && (isDigit || character === space));
    return isNumber ? zero : character;
  }

  /** Adds a character, and returns the length of the shortest round that has come often enough by then; 0 if none has. */
  #findRound(character: number, tolerance: number): number {
    if (this.#used === this.#recent.length) this.#forget();
    const [recent, repeated, used] = [this.#recent, this.#repeated, this.#used];
    let found = 0;
    for (let round = 1; round <= longestRound; round++) {
      const times = recent[used - round] === character ? (repeated[round] ?? 0) + 1 : 0;
      repeated[round] = times;
      if (found === 0 && times >= 2 * round + tolerance) found = round;
    }
    recent[used] = character;
    this.#used++;
    return found;
  }

  #forget(): void {
    const kept = 2 * longestRound;
    this.#recent.copyWithin(0, this.#used - kept, this.#used);
    this.#before += this.#used - kept;
    this.#used = kept;
  }
}

/** Numbers of every notation, and what else fills tables and arrays. */
const value = /^(?:(?:0?x|u)?[\da-f]+|true|false|null|none|nil|nan|undefined|inf)$/i;

/** Whether two rounds, cut anywhere, hold words: rows of equal values are data. */
function hasWords(rounds: string): boolean {
  const words = rounds.split(/[^\p{L}\p{M}\p{N}_]+/u);
  const whole = words.length > 1 ? words.slice(1, -1) : words;
  return whole.some((word) => /[\p{L}\p{M}]{2}/u.test(word) && !value.test(word));
}

/** Letters that a question and an answer do not have in common by chance. */
const tellingLetters = 12;

/** Whether a question holds the round, cut anywhere: by chance it may hold a short one, unless it says how often. */
function asksFor(question: string, round: string): boolean {
  const words = round.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
  const letters = words.join("");
  if (letters.length < tellingLetters && !/\p{N}/u.test(question)) return false;
  const asked = question.toLowerCase().replace(/[^\p{L}\p{M}]+/gu, "");
  // The round may be cut inside a word.
  return Array.from(letters, (_, at) => letters.slice(at) + letters.slice(0, at)).some((each) => asked.includes(each));
}

/** Words that an answer has at least if it says something. */
const fewestWords = 4;

/**
 * How much of a text that goes round is worth keeping: up to the end of the first round and its sentence, or to the code in
 * which that ends, or nothing.
 */
export function lengthBeforeLoop(text: string, { start, round }: Loop): number {
  let end = start + round;
  while (/[.!?)"'`]/.test(text.charAt(end))) end++;
  end = startOfOpenFence(text.slice(0, end)) ?? end;
  // Half of a character is none.
  if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end--;
  while (end > 0 && /[\s,;:–—-]/u.test(text.charAt(end - 1))) end--;
  const words = text.slice(0, end).split(/[^\p{L}\p{N}]+/u);
  return words.filter(Boolean).length < fewestWords ? 0 : end;
}

/** Where the fence begins that is still open at the end of a text. */
function startOfOpenFence(text: string): number | undefined {
  let fences: OpenFences = [];
  let start: number | undefined;
  let at = 0;
  for (const line of text.split("\n")) {
    const next = followFences(fences, line);
    if (next.length === 0) start = undefined;
    else if (fences.length === 0) start = at;
    fences = next;
    at += line.length + 1;
  }
  return start;
}
