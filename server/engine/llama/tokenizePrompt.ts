// From the parts of a prompt to tokens.

import type { LlamaModel, Token } from "node-llama-cpp";

import type { PromptPart, SpecialToken } from "../engine.ts";

export interface TokenizedPrompt {
  readonly tokens: readonly Token[];
  /** The stable places, each as the number of tokens before it, rising. */
  readonly stable: readonly number[];
}

export function tokenizePrompt(model: LlamaModel, parts: readonly PromptPart[]): TokenizedPrompt {
  const { bos, shouldPrependBosToken } = model.tokens;
  const tokens: Token[] = shouldPrependBosToken && bos !== null ? [bos] : [];
  const stable: number[] = [];
  let text = "";
  /** Lengths of the text before its stable places. */
  let places: number[] = [];
  // Text on both sides of nothing is tokenized as one, as the model saw it in training.
  const flush = () => {
    const textTokens = text === "" ? [] : model.tokenize(text, false);
    for (const place of places) {
      const before = model.tokenize(text.slice(0, place), false);
      stable.push(tokens.length + sharedLength(before, textTokens));
    }
    tokens.push(...textTokens);
    text = "";
    places = [];
  };
  for (const part of parts) {
    if (typeof part === "string") text += part;
    else if ("stable" in part) places.push(text.length);
    else {
      flush();
      tokens.push(specialToken(model, part));
    }
  }
  flush();
  return { tokens, stable };
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
