// Which tokens begin, end and fill a text, and whether the first ones are put there. By SpecialVocab of llama.cpp's
// gguf-py/gguf/vocab.py: tokenizer_config.json names them by their spelling, config.json by their number.

import { bool, type GgufKey, string, u32 } from "../ggufWriter.ts";
import { isObject, type JsonObject, readOptionalJson, readOptionalText } from "./readJson.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** By name in the files of settings, and in GGUF. */
const kinds = {
  bos: "bos",
  eos: "eos",
  unk: "unknown",
  sep: "seperator",
  pad: "padding",
  cls: "cls",
  mask: "mask",
} as const;

type Kind = keyof typeof kinds;

export function specialTokenKeys(
  folder: string,
  config: JsonObject,
  tokenizer: JsonObject,
  vocabulary: Vocabulary,
): GgufKey[] {
  const settings = readOptionalJson(folder, "tokenizer_config.json");
  const first = firstOfTemplate(tokenizer);
  const template = chatTemplate(folder, settings);
  return [
    ...Array.from(tokenIds(config, settings, first, vocabulary), ([kind, id]): GgufKey => [
      `tokenizer.ggml.${kinds[kind]}_token_id`,
      u32(id),
    ]),
    ...Array.from(addedTokens(settings, first), ([kind, isAdded]): GgufKey => [
      `tokenizer.ggml.add_${kind}_token`,
      bool(isAdded),
    ]),
    ...(template === undefined ? [] : [["tokenizer.chat_template", string(template)] satisfies GgufKey]),
  ];
}

function tokenIds(
  config: JsonObject,
  settings: JsonObject | undefined,
  first: string | undefined,
  { added, tokens }: Vocabulary,
): ReadonlyMap<Kind, number> {
  const ids = new Map<Kind, number>();
  for (const kind of Object.keys(kinds) as Kind[]) {
    const token = spelling(settings?.[`${kind}_token`]) ?? (settings && kind === "bos" ? first : undefined);
    const id = (token === undefined ? undefined : added.get(token)) ?? config[`${kind}_token_id`];
    if (Number.isSafeInteger(id) && Number(id) >= 0 && Number(id) < tokens.length) ids.set(kind, Number(id));
  }
  return ids;
}

/** Whether each kind is put at its place without being asked for, where a file says so. */
function addedTokens(settings: JsonObject | undefined, first: string | undefined): ReadonlyMap<Kind, boolean> {
  const added = new Map<Kind, boolean>();
  const bos = spelling(settings?.["bos_token"]) ?? first;
  if (first !== undefined) added.set("bos", first === bos);
  for (const kind of Object.keys(kinds) as Kind[]) {
    const isAdded = settings?.[`add_${kind}_token`];
    if (typeof isAdded === "boolean") added.set(kind, isAdded);
  }
  return added;
}

/** A token is spelled, or described with its spelling. */
function spelling(value: unknown): string | undefined {
  const content = isObject(value) ? value["content"] : value;
  return typeof content === "string" && content !== "" ? content : undefined;
}

/** The token that the tokenizer puts before a text. */
function firstOfTemplate(tokenizer: JsonObject): string | undefined {
  const post = tokenizer["post_processor"];
  const processors =
    isObject(post) && Array.isArray(post["processors"]) ? (post["processors"] as readonly unknown[]) : [post];
  for (const processor of processors) {
    if (!isObject(processor) || processor["type"] !== "TemplateProcessing") continue;
    const single = processor["single"];
    const [first] = Array.isArray(single) && single.length > 1 ? (single as readonly unknown[]) : [];
    const special = isObject(first) ? first["SpecialToken"] : undefined;
    if (isObject(special) && typeof special["id"] === "string") return special["id"];
  }
  return undefined;
}

function chatTemplate(folder: string, settings: JsonObject | undefined): string | undefined {
  // Without settings llama.cpp's converter reads no template either.
  if (!settings) return undefined;
  const own = settings["chat_template"];
  if (typeof own === "string") return own;
  const named = Array.isArray(own) ? (own as readonly unknown[]) : [];
  const chosen = named.find((each) => isObject(each) && each["name"] === "default");
  if (isObject(chosen) && typeof chosen["template"] === "string") return chosen["template"];
  return readOptionalText(folder, "chat_template.jinja");
}
