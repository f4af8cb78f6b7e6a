// The special tokens of a model that runs elsewhere, as far as they are known, and prompts as its server takes them.

import { EngineError, type PromptPart, type SpecialToken } from "../engine.ts";
import { longestPiece, textPieces } from "../textPieces.ts";
import type { ServerPrompt, ServerTurn } from "./protocol.ts";

/** The tokens of a text; `special`: with special tokens read as such. */
export type Tokenize = (text: string, special: boolean, signal: AbortSignal) => Promise<readonly number[]>;

/** How the tokens around an infill are spelled. */
export interface InfillSpelling {
  readonly prefix: string;
  readonly suffix: string;
  readonly middle: string;
}

export interface VocabularyOptions {
  /** Absent where the server takes text alone. */
  readonly tokenize: Tokenize | undefined;
  /** Whether special tokens are read as such wherever they are spelled: only in pieces they are text. */
  readonly alwaysReadsSpecial: boolean;
  readonly eos: string | undefined;
  readonly infill: InfillSpelling | undefined;
  /** The tokens that prompts begin with. */
  readonly begin: readonly number[];
}

export interface RenderedPrompt {
  readonly prompt: ServerPrompt;
  readonly cut: string;
}

/** Texts whose tokens are kept: those of a prompt, and of the one before it. */
const kept = 64;

/** Bytes that a token has at least on the average, where nobody counts them: rather too many than too few. */
const bytesPerToken = 3;

/** Pieces that a server tokenizes side by side. */
const atOnce = 8;

/** As special tokens are spelled: `<|im_end|>`, DeepSeek's `<｜User｜>`, `>>PREFIX<<`, `</s>`, `<start_of_turn>`, `[INST]`. */
const spellings = [
  /<[|｜][^|｜<>\n]{1,64}[|｜]>/,
  />>[A-Z0-9_]{2,64}<</,
  /<\/?(?:s|pad|unk|bos|eos|mask|fim_[a-z]{1,16}|(?:start|end)_of_turn)>/,
  /<<\/?SYS>>/,
  /\[\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]/,
];
const special = new RegExp(`(?<=(?=${spellings.map(({ source }) => source).join("|")})[^])`);

/** Without effect on what is read, between the first character of what is spelled as a special token and the next one. */
const zeroWidthSpace = "\u200B";

export class RemoteVocabulary {
  readonly #options: VocabularyOptions;
  readonly #tokens = new Map<string, readonly number[]>();

  constructor(options: VocabularyOptions) {
    this.#options = options;
  }

  /** How a special token is spelled. */
  spelling(part: SpecialToken): string {
    const { eos, infill } = this.#options;
    const spelling = "special" in part ? part.special : part.role === "eos" ? eos : infill?.[part.role];
    if (spelling === undefined) throw new Error(`the model has no token ${JSON.stringify(part)}`);
    return spelling;
  }

  /** A prompt as the server takes it, and the blanks before its cursor that are left for the model to write. */
  async render(parts: readonly PromptPart[], signal: AbortSignal): Promise<RenderedPrompt> {
    if (parts.some((part) => typeof part === "object" && "turn" in part))
      return { prompt: { turns: turnsOf(parts) }, cut: "" };
    const { given, cut } = cutAtCursor(parts);
    if (!this.#options.tokenize) return { prompt: { text: this.#text(given) }, cut };
    return { prompt: { tokens: [...this.#options.begin, ...(await this.#allTokens(given, Infinity, signal))] }, cut };
  }

  /** How many tokens a prompt has; not much more than the limit is read. */
  async count(parts: readonly PromptPart[], limit: number, signal: AbortSignal): Promise<number> {
    if (!this.#options.tokenize) return Math.ceil(Buffer.byteLength(this.#text(parts)) / bytesPerToken);
    return (await this.#allTokens(parts, limit, signal)).length;
  }

  #text(parts: readonly PromptPart[]): string {
    return joinText(parts)
      .map((part) => (typeof part === "string" ? asText(part) : this.spelling(part)))
      .join("");
  }

  async #allTokens(parts: readonly PromptPart[], limit: number, signal: AbortSignal): Promise<readonly number[]> {
    const tokens: number[] = [];
    for (const part of joinText(parts)) {
      if (tokens.length > limit) break;
      const added =
        typeof part === "string"
          ? await this.#tokenize(part, false, limit - tokens.length, signal)
          : await this.#tokenize(this.spelling(part), true, Infinity, signal);
      // Not by spreading: a long text has more tokens than a call may have arguments.
      for (const token of added) tokens.push(token);
    }
    return tokens;
  }

  /** Not much more than the limit is read. */
  async #tokenize(text: string, isSpecial: boolean, limit: number, signal: AbortSignal): Promise<readonly number[]> {
    const key = `${isSpecial ? "special" : "plain"} ${text}`;
    const before = this.#tokens.get(key);
    if (before) return before;
    const { tokenize } = this.#options;
    if (!tokenize) throw new EngineError("decodeFailed", "the server tokenizes no text");
    const pieces = isSpecial ? [text] : this.#pieces(text);
    const tokens: number[] = [];
    for (let i = 0; i < pieces.length; i += atOnce) {
      if (tokens.length > limit) return tokens;
      const few = pieces.slice(i, i + atOnce).map((piece) => tokenize(piece, isSpecial, signal));
      for (const read of await Promise.all(few)) for (const token of read) tokens.push(token);
    }
    this.#tokens.set(key, tokens);
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= kept) break;
      this.#tokens.delete(oldest);
    }
    return tokens;
  }

  /** Only what native tokenizers may fail at goes in pieces, and what they would read as special tokens. */
  #pieces(text: string): readonly string[] {
    const pieces = isHard(text) ? [...textPieces(text)] : [text];
    return (this.#options.alwaysReadsSpecial ? pieces.flatMap(withoutSpecialTokens) : pieces).filter(
      (each) => each !== "",
    );
  }
}

/** Whether a text has a word, or white space, of a length that ends a process with a regular expression that recurses. */
function isHard(text: string): boolean {
  if (text.length <= longestPiece) return false;
  for (const [run] of text.matchAll(/\S+|\s+/g)) if (run.length >= longestPiece) return true;
  return false;
}

/** The turns of a conversation; the last one is an answer's, with what it begins with. */
function turnsOf(parts: readonly PromptPart[]): ServerTurn[] {
  const turns: ServerTurn[] = [];
  for (const part of parts) {
    const last = turns.at(-1);
    if (typeof part === "object" && "turn" in part) turns.push({ role: part.turn, content: "" });
    else if (typeof part === "string" && last) turns.splice(-1, 1, { ...last, content: last.content + part });
  }
  // Each server's own format reads special tokens wherever they are spelled.
  const written = turns.map(({ role, content }) => ({ role, content: asText(content) }));
  return written.at(-1)?.content === "" ? written.slice(0, -1) : written;
}

/** A text in which nothing is spelled as a special token is. */
function asText(text: string): string {
  return withoutSpecialTokens(text).join(zeroWidthSpace);
}

/** A text in pieces of which none holds what is spelled as a special token is. */
function withoutSpecialTokens(text: string): string[] {
  return text.split(special);
}

/**
 * A blank between two words is of the second word's token. Servers cannot be told what a text begins with, so that a word that
 * the cursor is in stays as it is.
 */
function cutAtCursor(parts: readonly PromptPart[]): { readonly given: readonly PromptPart[]; readonly cut: string } {
  const isAtCursor = parts.some((part) => typeof part === "object" && "cursor" in part);
  const given = joinText(parts);
  const last = given.at(-1);
  if (!isAtCursor || typeof last !== "string") return { given, cut: "" };
  const [cut = ""] = /(?<=\S)[ \t]{1,80}$/.exec(last.slice(-82)) ?? [];
  return { given: [...given.slice(0, -1), last.slice(0, last.length - cut.length)], cut };
}

/** Text on both sides of a place as one, which the model saw so in training. */
function joinText(parts: readonly PromptPart[]): (string | SpecialToken)[] {
  const joined: (string | SpecialToken)[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === "string") {
      if (typeof last === "string") joined.splice(-1, 1, last + part);
      else joined.push(part);
    } else if ("special" in part || "role" in part) joined.push(part);
  }
  return joined;
}
