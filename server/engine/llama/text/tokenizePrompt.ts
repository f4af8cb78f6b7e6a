// From the parts of a prompt to tokens.

import { setImmediate } from "node:timers/promises";
import type { LlamaModel, Token } from "node-llama-cpp";

import { EngineError, type PromptPart, type SpecialToken, type TurnStart } from "../../engine.ts";
import { longestPiece, textPieces } from "../../textPieces.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface TokenizedPrompt {
  readonly tokens: readonly Token[];
  /** The stable places, each as the number of tokens before it, rising. */
  readonly stable: readonly number[];
  /**
   * Text that was cut off at the cursor, since a longer token may begin with it or in the midst of it: the white space before
   * the cursor, or the last token of a word. What is generated begins with it.
   */
  readonly cut: string;
}

/** Pieces of a text after which others get their turn. */
const piecesInTurn = 16;
/** The most white space that is generated again at the cursor. */
const longestBlank = 80;

/** @param limit no more is read once there are more tokens */
export async function tokenizePrompt(
  model: LlamaModel,
  vocabulary: Vocabulary,
  parts: readonly PromptPart[],
  limit = Infinity,
): Promise<TokenizedPrompt> {
  const tokens = textStart(model);
  const stable: number[] = [];
  let cut = "";
  let text = "";
  /** Lengths of the text before its stable places. */
  let places: number[] = [];
  // Text on both sides of nothing is tokenized as one, as the model saw it in training.
  const flush = async () => {
    const tokenized = await tokenizeText(model, vocabulary, text, places, limit - tokens.length);
    for (const place of tokenized.places) stable.push(tokens.length + place);
    // Not by spreading: a long text has more tokens than a call may have arguments.
    for (const token of tokenized.tokens) tokens.push(token);
    text = "";
    places = [];
  };
  for (const part of parts) {
    if (tokens.length > limit) break;
    if (typeof part === "string") text += part;
    else if ("stable" in part) places.push(text.length);
    else if ("cursor" in part) {
      const isText = text !== "";
      cut = blankEnd(text);
      text = text.slice(0, text.length - cut.length);
      places = places.map((place) => Math.min(place, text.length));
      await flush();
      const last = tokens.at(-1);
      if (cut !== "" || !isText || last === undefined || tokens.length <= 1) continue;
      cut = vocabulary.healed(last);
      if (cut !== "") tokens.pop();
    } else {
      await flush();
      tokens.push(requireToken(model, vocabulary, part));
    }
  }
  await flush();
  // What comes first of all comes after the end of another text.
  const first = model.tokens.bos ?? model.tokens.eos;
  if (tokens.length === 0 && first !== null) tokens.push(first);
  return { tokens, stable: stable.map((place) => Math.min(place, tokens.length)), cut };
}

/**
 * The white space that a text ends with: tokens join a line break with the indentation behind it, and its last blank with a word.
 * What is longer than an indentation is left as it is.
 */
function blankEnd(text: string): string {
  let start = text.length;
  while (start > 0 && " \t\n".includes(text.charAt(start - 1))) start--;
  return text.length - start <= longestBlank ? text.slice(start) : "";
}

/** What a model's texts begin with. */
export function textStart({ tokens: { bos, shouldPrependBosToken } }: LlamaModel): Token[] {
  return shouldPrependBosToken && bos !== null ? [bos] : [];
}

/** The tokens of a text, and for each of `places` in it how many of them come before. */
async function tokenizeText(
  model: LlamaModel,
  { markers }: Vocabulary,
  text: string,
  places: readonly number[],
  limit: number,
): Promise<{ readonly tokens: readonly Token[]; readonly places: readonly number[] }> {
  const tokens: Token[] = [];
  /** The tokens from a piece's start to a place, which may end in the middle of a token of the text. */
  const befores: { readonly from: number; readonly tokens: readonly Token[] }[] = [];
  const mark = (start: number) => {
    for (let place = places[befores.length]; place !== undefined; place = places[befores.length]) {
      // A text that ended at the place would have the same pieces up to here, and one more.
      if (place - start > longestPiece) return;
      befores.push({ from: tokens.length, tokens: tokenizePieces(markers.splitPlainText(text.slice(start, place))) });
    }
  };
  const tokenizePieces = (pieces: readonly string[]) => pieces.flatMap((piece) => model.tokenize(piece, false));
  let start = 0;
  let count = 0;
  for (const piece of piecesOf(markers.splitPlainText(text))) {
    if (tokens.length > limit) break;
    if (++count % piecesInTurn === 0) {
      await setImmediate();
      if (model.disposed) throw new EngineError("died", "the model was unloaded");
    }
    mark(start);
    for (const token of model.tokenize(piece, false)) tokens.push(token);
    start += piece.length;
  }
  mark(text.length);
  return { tokens, places: befores.map((before) => before.from + sharedLength(before.tokens, tokens, before.from)) };
}

function* piecesOf(texts: readonly string[]): Generator<string, void, void> {
  for (const text of texts) yield* textPieces(text);
}

/** How many tokens a list shares with another one from a place on: a token may reach over a place in the text. */
function sharedLength(a: readonly Token[], b: readonly Token[], from: number): number {
  const different = a.findIndex((token, i) => token !== b[from + i]);
  return different < 0 ? a.length : different;
}

function requireToken(model: LlamaModel, vocabulary: Vocabulary, part: SpecialToken | TurnStart): Token {
  if ("turn" in part) throw new Error("turns are put into the model's format before they come here");
  const token = specialToken(model, vocabulary, part);
  if (token === undefined) throw new Error(`the model has no token ${JSON.stringify(part)}`);
  return token;
}

export function specialToken(model: LlamaModel, { markers }: Vocabulary, part: SpecialToken): Token | undefined {
  return ("special" in part ? markers.token(part.special) : roleToken(model, part.role)) ?? undefined;
}

export function canInfill({ tokens: { infill } }: LlamaModel): boolean {
  return infill.prefix !== null && infill.suffix !== null && infill.middle !== null;
}

function roleToken({ tokens }: LlamaModel, role: "prefix" | "suffix" | "middle" | "eos"): Token | null {
  return role === "eos" ? tokens.eos : tokens.infill[role];
}
