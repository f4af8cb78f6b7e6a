// From the parts of a prompt to tokens.

import type { LlamaModel, Token } from "node-llama-cpp";

import type { PromptPart, SpecialToken } from "../../engine.ts";
import { textPieces } from "./textPieces.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface TokenizedPrompt {
  readonly tokens: readonly Token[];
  /** The stable places, each as the number of tokens before it, rising. */
  readonly stable: readonly number[];
  /** Text that was cut off at the cursor, since a longer token may begin with it: what is generated must. */
  readonly cut: string;
}

export function tokenizePrompt(
  model: LlamaModel,
  vocabulary: Vocabulary,
  parts: readonly PromptPart[],
): TokenizedPrompt {
  const { bos, shouldPrependBosToken } = model.tokens;
  const tokens: Token[] = shouldPrependBosToken && bos !== null ? [bos] : [];
  const stable: number[] = [];
  let cut = "";
  let text = "";
  /** Lengths of the text before its stable places. */
  let places: number[] = [];
  // Text on both sides of nothing is tokenized as one, as the model saw it in training.
  const flush = () => {
    const textTokens = tokenizeText(model, text);
    for (const place of places) {
      const before = tokenizeText(model, text.slice(0, place));
      stable.push(tokens.length + sharedLength(before, textTokens));
    }
    // Not by spreading: a long text has more tokens than a call may have arguments.
    for (const token of textTokens) tokens.push(token);
    text = "";
    places = [];
  };
  for (const part of parts) {
    if (typeof part === "string") text += part;
    else if ("stable" in part) places.push(text.length);
    else if ("cursor" in part) {
      const isText = text !== "";
      flush();
      const last = tokens.at(-1);
      if (isText && last !== undefined && tokens.length > 1) cut = vocabulary.healed(last);
      if (cut !== "") tokens.pop();
    } else {
      flush();
      tokens.push(specialToken(model, part));
    }
  }
  flush();
  // What comes first of all comes after the end of another text.
  const first = bos ?? model.tokens.eos;
  if (tokens.length === 0 && first !== null) tokens.push(first);
  return { tokens, stable: stable.map((place) => Math.min(place, tokens.length)), cut };
}

function tokenizeText(model: LlamaModel, text: string): readonly Token[] {
  return textPieces(text).flatMap((piece) => model.tokenize(piece, false));
}

/** How many tokens two lists share at the beginning: a token may reach over a place in the text. */
function sharedLength(a: readonly Token[], b: readonly Token[]): number {
  const different = a.findIndex((token, i) => token !== b[i]);
  return different < 0 ? a.length : different;
}

function specialToken(model: LlamaModel, part: SpecialToken): Token {
  const token = "special" in part ? markerToken(model, part.special) : roleToken(model, part.role);
  if (token === undefined || token === null) throw new Error(`the model has no token ${JSON.stringify(part)}`);
  return token;
}

export function canInfill({ tokens: { infill } }: LlamaModel): boolean {
  return infill.prefix !== null && infill.suffix !== null && infill.middle !== null;
}

function roleToken({ tokens }: LlamaModel, role: "prefix" | "suffix" | "middle" | "eos"): Token | null {
  return role === "eos" ? tokens.eos : tokens.infill[role];
}

/** The token that is spelled so, if it is a special one. */
export function markerToken(model: LlamaModel, marker: string): Token | undefined {
  const [token, ...more] = model.tokenize(marker, true);
  return more.length === 0 && model.isSpecialToken(token) ? token : undefined;
}
