// What the name of a repository or a folder says of a model: “tiiuae/Falcon3-7B-Instruct” is of tiiuae, its base is
// Falcon3, its size 7B, and it is tuned as Instruct. By get_model_id_components() of llama.cpp's gguf-py/gguf/metadata.py.

export interface ModelName {
  readonly name: string;
  readonly organization: string | undefined;
  readonly basename: string | undefined;
  readonly finetune: string | undefined;
  readonly version: string | undefined;
  readonly sizeLabel: string | undefined;
}

type Kind = "basename" | "size" | "finetune" | "version" | "type";

interface Part {
  text: string;
  readonly kinds: Set<Kind>;
}

/** @param parameters of the model: what names another number of them is none of its size */
export function readModelName(id: string, parameters: number): ModelName {
  const nothing = {
    organization: undefined,
    basename: undefined,
    finetune: undefined,
    version: undefined,
    sizeLabel: undefined,
  };
  if (id.includes(" ")) return { ...nothing, name: title(id) };
  const slash = id.indexOf("/");
  const owner = id.slice(0, Math.max(slash, 0));
  const full = id.slice(slash + 1);
  const parts = full.split("-").flatMap((text, i) => (text === "" ? [] : [classify(text, i, parameters)]));
  keepNumberedSizes(parts);
  findBasename(parts);
  const joined = (kind: Kind, others: (part: Part) => boolean = () => true) =>
    [...new Set(parts.filter((part) => part.kinds.has(kind) && others(part)).map(({ text }) => text))].join("-") ||
    undefined;
  const sizeLabel = joined("size");
  const finetune = joined("finetune");
  const version = joined("version", ({ kinds }) => !kinds.has("basename"));
  // A name alone may be any.
  const isTelling = sizeLabel !== undefined || finetune !== undefined || version !== undefined;
  return {
    name: title(full),
    organization: owner === "" || owner.startsWith(".") ? undefined : title(owner),
    basename: isTelling ? joined("basename") : undefined,
    finetune,
    version,
    sizeLabel,
  };
}

const version = /^(v|iter)?\d+(\.\d+)*$/i;
const quantization = /^(i?q\d(_\w)*|b?fp?(16|32))$/i;
const size = /^((A|\d+x)?\d+([._]\d+)?[KMBT]\d?|small|mini|medium|large|x?xl)$/i;
const tuning = /^(chat|instruct|vision|lora)$/i;

function classify(text: string, index: number, parameters: number): Part {
  const part = (kind: Kind, as = text): Part => ({ text: as, kinds: new Set([kind]) });
  if (version.test(text)) return part("version");
  if (quantization.test(text)) return part("type", text.toUpperCase());
  if (index > 0 && size.test(text)) return classifySize(text, parameters);
  if (index > 0 && tuning.test(text)) return part("finetune");
  return { text, kinds: new Set() };
}

function classifySize(text: string, parameters: number): Part {
  let label = text.replace("_", ".");
  // “7b1” is 7.1 billion.
  if (/\d$/.test(label)) label = `${label.slice(0, -2)}.${label.at(-1) ?? ""}${label.at(-2) ?? ""}`;
  label = label.replace(/(?<=\d)[kmbt]$/, (unit) => unit.toUpperCase());
  const count = Number(label.slice(0, -1)) * 1000 ** " KMBT".indexOf(label.at(-1) ?? "");
  // What is far from the model's size is likely that of its context.
  if (parameters > 0 && Math.abs(count - parameters) > Math.floor((7 * parameters) / 8)) {
    return { text: label.slice(0, -1) + label.slice(-1).toLowerCase(), kinds: new Set(["finetune"]) };
  }
  return { text: label, kinds: new Set(["size"]) };
}

/** Beside a number a word such as “large” is no size. */
function keepNumberedSizes(parts: readonly Part[]): void {
  const sizes = parts.filter(({ kinds }) => kinds.has("size"));
  if (!sizes.some(({ text }) => /\d/.test(text))) return;
  for (const { text, kinds } of sizes) if (/^\p{L}+$/u.test(text)) kinds.delete("size");
}

/** The beginning, up to the first part that says something else; what comes later and says nothing is a tuning. */
function findBasename(parts: readonly Part[]): void {
  let isBeginning = true;
  for (const { text, kinds } of parts) {
    isBeginning &&= (kinds.size === 0 && /^\p{L}/u.test(text)) || kinds.has("version");
    if (isBeginning) kinds.add("basename");
    else if (kinds.size === 0) kinds.add("finetune");
  }
  // A version at its end is no part of it.
  for (const { kinds } of parts.toReversed()) {
    if (!kinds.has("basename") || kinds.size === 1) break;
    kinds.delete("basename");
  }
}

/** “falcon-7b-instruct” as “Falcon 7b Instruct”; numbers and acronyms stay as they are. */
function title(text: string): string {
  const words = text
    .replaceAll("-", " ")
    .split(/\s+/)
    .filter((word) => word !== "");
  const isOrdinary = (word: string) =>
    word === word.toLowerCase() && word !== word.toUpperCase() && !/^(v\d+(\.\d+)*|\d.*)$/.test(word);
  const titled = (word: string) => word.replace(/\p{L}+/gu, (run) => run.charAt(0).toUpperCase() + run.slice(1));
  return words.map((word) => (isOrdinary(word) ? titled(word) : word)).join(" ");
}
