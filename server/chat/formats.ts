// The prompt formats of the Falcon families, as data. A model's own template is never run.

import type { PromptPart } from "../engine/engine.ts";

/** One turn of a conversation, as plain text. */
export interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly text: string;
}

export interface PromptFormat {
  /** Stands before each turn's text. */
  readonly open: Readonly<Record<Turn["role"], readonly PromptPart[]>>;
  /** Stands after each turn's text. */
  readonly close: Readonly<Record<Turn["role"], readonly PromptPart[]>>;
  /** Strings that end an answer where the model does not end it with its end token. */
  readonly stop: readonly string[];
  /** Whether turns are told apart by empty lines, so that those inside one must go. */
  readonly squeezesEmptyLines: boolean;
}

const marker = (special: string): PromptPart => ({ special });
const nothing = { system: [], user: [], assistant: [] };

/** tiiuae/falcon-7b-instruct, commit 0b9684d: system text bare, no space after "Assistant:". */
const falconInstruct: PromptFormat = {
  open: { system: [], user: ["\n\nUser: "], assistant: ["\n\nAssistant:"] },
  close: nothing,
  stop: ["\nUser:", "\nAssistant:"],
  squeezesEmptyLines: true,
};

/** tiiuae/falcon-180B-chat: https://huggingface.co/blog/falcon-180b */
const falcon180bChat: PromptFormat = {
  open: { system: ["System: "], user: ["User: "], assistant: ["Falcon:"] },
  close: { system: ["\n"], user: ["\n"], assistant: ["\n"] },
  stop: ["User:"],
  squeezesEmptyLines: false,
};

/** tiiuae/Falcon3-*-Instruct, as in llama.cpp's llama-chat.cpp, FALCON_3. */
const falcon3: PromptFormat = {
  open: {
    system: [marker("<|system|>"), "\n"],
    user: [marker("<|user|>"), "\n"],
    assistant: [marker("<|assistant|>"), "\n"],
  },
  close: { system: ["\n"], user: ["\n"], assistant: [{ role: "eos" }, "\n"] },
  stop: ["<|user|>"],
  squeezesEmptyLines: false,
};

/** tiiuae/Falcon-H1-*-Instruct and falcon-mamba-7b-instruct: https://huggingface.co/blog/falconmamba */
const chatMl: PromptFormat = {
  open: {
    system: [marker("<|im_start|>"), "system\n"],
    user: [marker("<|im_start|>"), "user\n"],
    assistant: [marker("<|im_start|>"), "assistant\n"],
  },
  close: {
    system: [marker("<|im_end|>"), "\n"],
    user: [marker("<|im_end|>"), "\n"],
    assistant: [marker("<|im_end|>"), "\n"],
  },
  stop: ["<|im_end|>"],
  squeezesEmptyLines: false,
};

/** Special tokens by which a format is told. */
export const chatMarkers = ["<|im_start|>", "<|im_end|>", "<|system|>", "<|user|>", "<|assistant|>"];

export interface FormatModel {
  readonly name: string;
  readonly architecture: string;
  /** Which of `chatMarkers` are special tokens of the model. */
  readonly markers: readonly string[];
}

/** The format by the model's own special tokens, then by its family; a model without any gets falcon-instruct's, which is plain text. */
export function formatOf({ name, markers }: FormatModel): PromptFormat {
  const has = (...needed: string[]) => needed.every((each) => markers.includes(each));
  if (has("<|im_start|>", "<|im_end|>")) return chatMl;
  if (has("<|system|>", "<|user|>", "<|assistant|>")) return falcon3;
  return /180b/i.test(name) ? falcon180bChat : falconInstruct;
}

/** The prompt of a conversation, up to where the assistant's next turn begins. */
export function renderTurns(turns: readonly Turn[], format: PromptFormat): PromptPart[] {
  const stable: PromptPart = { stable: true };
  const rendered = turns.flatMap(({ role, text }): PromptPart[] => [
    ...format.open[role],
    ...spaceBefore(role, format),
    plainText(text, format),
    ...format.close[role],
    // Other conversations begin alike.
    ...(role === "system" ? [stable] : []),
  ]);
  // An answer that is asked for again begins here.
  return [...rendered, stable, ...format.open.assistant];
}

/** An answer's first token brings its own space after "Assistant:"; a finished answer in the history needs it written. */
function spaceBefore(role: Turn["role"], format: PromptFormat): readonly PromptPart[] {
  const open = format.open[role].at(-1);
  return role === "assistant" && typeof open === "string" && open.endsWith(":") ? [" "] : [];
}

/** Models learn from text with line breaks as "\n". */
function plainText(text: string, { squeezesEmptyLines }: PromptFormat): string {
  const trimmed = text.trim().replaceAll(/\r\n?/g, "\n");
  return squeezesEmptyLines ? trimmed.replaceAll(/\n{2,}/g, "\n") : trimmed;
}
