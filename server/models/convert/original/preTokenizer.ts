// llama.cpp's name of the rules that split a text before merges.

import { isDeepStrictEqual } from "node:util";
import * as l10n from "@vscode/l10n";

import type { Architecture } from "../../../engine/plan/shape.ts";
import { ConversionError } from "../conversionError.ts";
import { isObject, type JsonObject } from "./readJson.ts";

/** What decides where a text is split; the rest of a pre-tokenizer says nothing of it. */
const decisive = ["type", "behavior", "pattern", "invert", "add_prefix_space", "use_regex", "individual_digits"];

const triples = { type: "Split", pattern: { Regex: "[0-9][0-9][0-9]" }, behavior: "Isolated", invert: false };

type Rules = "falcon" | "llama3";

const known: readonly { readonly rules: Rules; readonly steps: readonly JsonObject[] }[] = [
  {
    // As tiiuae/falcon-7b has it.
    rules: "falcon",
    steps: [
      { type: "Punctuation", behavior: "Contiguous" },
      { type: "ByteLevel", add_prefix_space: false, use_regex: true },
      { type: "Digits", individual_digits: false },
      triples,
    ],
  },
  {
    // The same rules as expressions, as the demonstration model has them.
    rules: "falcon",
    steps: [
      { type: "Split", pattern: { Regex: "[\\p{P}\\$\\+<=>\\^~\\|`]+" }, behavior: "Isolated", invert: false },
      {
        type: "Split",
        pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)" },
        behavior: "Isolated",
        invert: false,
      },
      triples,
      { type: "ByteLevel", add_prefix_space: false, use_regex: false },
    ],
  },
  {
    // Llama 3's, by which llama.cpp splits the text of Falcon3 and Falcon-H1.
    rules: "llama3",
    steps: [
      {
        type: "Split",
        pattern: {
          Regex:
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        },
        behavior: "Isolated",
        invert: false,
      },
      { type: "ByteLevel", add_prefix_space: false, use_regex: false },
    ],
  },
];

/**
 * Tokens that config.json gives the published models of each architecture. llama.cpp's converter tells their tokenizers by
 * what they make of a text, and has one name for each architecture's.
 */
const published: Readonly<Record<Architecture, readonly number[]>> = {
  falcon: [65_024],
  mamba: [65_024],
  llama: [131_072],
  "falcon-h1": [32_768, 32_784, 65_536, 65_537, 130_048, 130_049, 261_120],
};
const names: Readonly<Record<Architecture, string>> = {
  falcon: "falcon",
  mamba: "falcon",
  llama: "falcon3",
  "falcon-h1": "falcon-h1",
};

/** All of them have it at one place. */
const endOfText = { id: 11, token: "<|endoftext|>" };

/** @throws ConversionError where the rules are none that llama.cpp has for a Falcon */
export function preTokenizerName(tokenizer: JsonObject, architecture: Architecture, tokens: readonly string[]): string {
  const steps = stepsOf(tokenizer["pre_tokenizer"]);
  const found = known.find((each) => isDeepStrictEqual(steps, each.steps));
  if (found?.rules === "falcon") return "falcon";
  const isPublished = published[architecture].includes(tokens.length) && tokens[endOfText.id] === endOfText.token;
  if (!found && isPublished) return names[architecture];
  if (found) return architecture === "falcon-h1" ? "falcon-h1" : "falcon3";
  throw new ConversionError(
    l10n.t(
      "tokenizer.json splits text by rules that are not of a known Falcon tokenizer, so that llama.cpp would read its tokens wrongly",
    ),
  );
}

function stepsOf(preTokenizer: unknown): readonly JsonObject[] {
  if (!isObject(preTokenizer)) return [];
  const list = preTokenizer["type"] === "Sequence" ? preTokenizer["pretokenizers"] : [preTokenizer];
  const steps = Array.isArray(list) ? list.filter(isObject) : [];
  return steps.map((step) => Object.fromEntries(Object.entries(step).filter(([key]) => decisive.includes(key))));
}
