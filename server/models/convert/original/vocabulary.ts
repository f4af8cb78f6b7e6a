// A byte-level BPE tokenizer as GGUF has it: the token of each id with its type, and the merges. Types and fillings by
// get_vocab_base() of llama.cpp's conversion/base.py; format of the file:
// https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/tokenizer/serialization.rs

import * as l10n from "@vscode/l10n";

import { ConversionError } from "../conversionError.ts";
import { isObject, type JsonObject } from "./readJson.ts";

export interface Vocabulary {
  readonly tokens: readonly string[];
  /** As GGUF numbers them. */
  readonly types: readonly number[];
  readonly merges: readonly string[];
  /** Ids of the tokens that a text is cut at before all else, by their spelling. */
  readonly added: ReadonlyMap<string, number>;
}

const tokenTypes = { normal: 1, control: 3, userDefined: 4, unused: 5 } as const;

/**
 * @param size tokens that the weights have room for
 * @throws ConversionError where the tokenizer is of another kind, or does not belong to the weights
 */
export function readVocabulary(tokenizer: JsonObject, settings: JsonObject | undefined, size: number): Vocabulary {
  const model = isObject(tokenizer["model"]) ? tokenizer["model"] : {};
  if (model["type"] !== "BPE" || !isObject(model["vocab"])) throw foreign();
  const added = addedTokens(tokenizer, settings);
  const tokens = Array.from({ length: size }, (_, id) => `[PAD${id}]`);
  const types = Array.from({ length: size }, (): number => tokenTypes.unused);
  const put = (token: string, id: unknown, type: number) => {
    if (!Number.isSafeInteger(id) || Number(id) < 0) throw foreign();
    if (Number(id) >= size) throw tooLarge(Number(id), size);
    tokens[Number(id)] = token;
    types[Number(id)] = type;
  };
  for (const [token, id] of Object.entries(model["vocab"])) put(token, id, tokenTypes.normal);
  for (const { content, id, isControl } of added) {
    put(content, id, isControl ? tokenTypes.control : tokenTypes.userDefined);
  }
  checkDistinct(tokens);
  return {
    tokens,
    types,
    merges: readMerges(model["merges"]),
    added: new Map(added.map((each) => [each.content, each.id])),
  };
}

interface AddedToken {
  readonly content: string;
  readonly id: number;
  readonly isControl: boolean;
}

/** Those of tokenizer.json, and what tokenizer_config.json adds to them. */
function addedTokens(tokenizer: JsonObject, settings: JsonObject | undefined): readonly AddedToken[] {
  const own = Array.isArray(tokenizer["added_tokens"]) ? (tokenizer["added_tokens"] as readonly unknown[]) : [];
  const decoder = settings?.["added_tokens_decoder"];
  const further = isObject(decoder)
    ? Object.entries(decoder).map(([id, entry]) => ({ ...asObject(entry), id: Number(id) }))
    : [];
  const byId = new Map<number, AddedToken>();
  for (const entry of [...own.map(asObject), ...further]) {
    const { id, content, special } = entry as JsonObject;
    if (typeof id !== "number" || typeof content !== "string") throw foreign();
    if (!byId.has(id)) byId.set(id, { id, content, isControl: special === true || looksSpecial(content) });
  }
  return [...byId.values()];
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** Tokens that cannot be part of a text, although their file calls them ordinary ones. */
function looksSpecial(token: string): boolean {
  return /^<\|.*\|>$/s.test(token) || /^<unused.*>$/s.test(token) || ["<pad>", "<mask>"].includes(token);
}

function readMerges(merges: unknown): readonly string[] {
  if (!Array.isArray(merges)) throw foreign();
  return (merges as readonly unknown[]).map((merge) => {
    if (typeof merge === "string") return merge;
    // Since Transformers 4.45 in two parts; a space within one is written as byte-level BPE writes it.
    if (!Array.isArray(merge) || merge.length !== 2) throw foreign();
    return merge.map((part) => String(part).replaceAll(" ", "Ġ")).join(" ");
  });
}

function checkDistinct(tokens: readonly string[]): void {
  if (new Set(tokens).size === tokens.length) return;
  throw new ConversionError(l10n.t("tokenizer.json has two tokens that are spelled alike"));
}

function tooLarge(id: number, size: number): ConversionError {
  return new ConversionError(
    l10n.t(
      "tokenizer.json does not belong to the weights: it has a token {0}, and config.json room for {1}",
      String(id),
      String(size),
    ),
  );
}

function foreign(): ConversionError {
  return new ConversionError(l10n.t("tokenizer.json is not of the kind that Falcon models have, byte-level BPE"));
}
