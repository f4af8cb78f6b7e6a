// Holds a model's vocabulary against what llama.cpp and the engine take for granted of it. By src/llama-vocab.cpp.

import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import { GgufError } from "./byteReader.ts";
import type { GgufHeader } from "./gguf.ts";
import { valueTypes } from "./ggufValues.ts";

/**
 * Rules whose words are no bytes in GPT-2's spelling (`byte_encode = false`): find_bpe_rank ends the process at a space,
 * and no Falcon vocabulary is spelled so.
 */
const rulesOfRawText = ["whitespace", "gemma4", "granite-embed-multi-311m", "sarvam-moe"];

/** What every text may hold, in GPT-2's spelling of bytes: printable ASCII, a space and a line break. */
const commonBytes = [...Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)), "Ġ", "Ċ"];

/** @throws GgufError that names the key */
export function checkVocabulary(header: GgufHeader): void {
  checkTokenizer(header);
  checkTokens(header);
  checkSpecialTokens(header);
}

/** All of TII's models have “gpt2”, llama.cpp's name of byte-level BPE: load() and tokenize() end the process at others. */
function checkTokenizer({ scalars, arrays }: GgufHeader): void {
  const model = scalars.get("tokenizer.ggml.model");
  if (model !== "gpt2") {
    throw new GgufError(
      l10n.t(
        "its tokenizer is of the kind “{0}” ({1}), and Falcon models have “gpt2”",
        plainName(String(model)),
        "tokenizer.ggml.model",
      ),
    );
  }
  const pre = scalars.get("tokenizer.ggml.pre");
  if (pre !== undefined && rulesOfRawText.includes(String(pre))) {
    throw new GgufError(l10n.t("{0} is “{1}”, which is of no Falcon model", "tokenizer.ggml.pre", String(pre)));
  }
  const merges = arrays.get("tokenizer.ggml.merges");
  if (merges?.type !== valueTypes.string) throw new GgufError(l10n.t("{0} is missing", "tokenizer.ggml.merges"));
}

function checkTokens({ tokens, arrays }: GgufHeader): void {
  if (tokens.length === 0) throw new GgufError(l10n.t("{0} is missing", "tokenizer.ggml.tokens"));
  const distinct = new Set(tokens.map(textOf));
  // load() asserts it: two that differ behind a zero byte are the same to it, and two empty ones are not.
  if (distinct.size < tokens.length) throw new GgufError(l10n.t("{0} holds a token twice", "tokenizer.ggml.tokens"));
  // What has no token is left out of the prompt, so that nothing may be left of it.
  const missing = commonBytes.find((byte) => !distinct.has(Buffer.from(byte).toString("latin1")));
  if (missing !== undefined) {
    throw new GgufError(l10n.t("{0} has no token for “{1}”", "tokenizer.ggml.tokens", missing));
  }
  const types = arrays.get("tokenizer.ggml.token_type");
  if (types !== undefined && types.length !== tokens.length) {
    throw new GgufError(
      l10n.t(
        "{0} has {1} entries for {2} tokens",
        "tokenizer.ggml.token_type",
        String(types.length),
        String(tokens.length),
      ),
    );
  }
}

/** The text that load() gives to a token. */
function textOf(token: string, id: number): string {
  const end = token.indexOf("\0");
  const text = end < 0 ? token : token.slice(0, end);
  return text === "" ? `[EMPTY_${id}]` : text;
}

function checkSpecialTokens({ scalars, tokens }: GgufHeader): void {
  for (const [key, id] of scalars) {
    const isId = key.startsWith("tokenizer.ggml.") && key.endsWith("_token_id");
    // llama.cpp takes the largest 32-bit number for no token.
    if (isId && (typeof id !== "number" || (id >= tokens.length && id !== 0xffff_ffff))) {
      throw new GgufError(l10n.t("{0} is {1}, with {2} tokens", key, plainName(String(id)), String(tokens.length)));
    }
  }
}
