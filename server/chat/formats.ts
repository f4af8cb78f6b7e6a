// The prompt formats of the Falcon families, as data. A model's own template is never run.

import { basename } from "node:path";

import type { ChatTurn } from "../../src/shared/chat.ts";
import type { Tool } from "../../src/shared/tools.ts";
import type { PromptPart, SpecialToken } from "../engine/engine.ts";
import { falcon3Tools, falconH1Tools, type ToolFormat } from "./toolFormats.ts";

export interface PromptFormat {
  /** Stands before each turn's text. */
  readonly open: Readonly<Record<ChatTurn["role"], readonly PromptPart[]>>;
  /** Stands after each turn's text. */
  readonly close: Readonly<Record<ChatTurn["role"], readonly PromptPart[]>>;
  /** Special tokens that end an answer, beside the model's end token: those with which another turn begins or this one ends. */
  readonly stopTokens: readonly SpecialToken[];
  /** Texts that end an answer where one of its lines begins with one: models spell the turns out, too. */
  readonly stopLines: readonly string[];
  /** Whether turns are told apart by empty lines, so that those inside one must go. */
  readonly squeezesEmptyLines: boolean;
  /** Absent where models of the family were not trained on tools. */
  readonly tools?: ToolFormat;
}

/** A turn as it is rendered: that of the system may tell of tools. */
export interface Turn extends ChatTurn {
  readonly tools?: readonly Tool[];
}

const marker = (special: string): SpecialToken => ({ special });
const nothing = { system: [], user: [], assistant: [], tool: [] };

/** tiiuae/falcon-7b-instruct, commit 0b9684d: system text bare, no space after "Assistant:". */
const falconInstruct: PromptFormat = {
  open: { system: [], user: ["\n\nUser: "], assistant: ["\n\nAssistant:"], tool: ["\n\nUser: "] },
  close: nothing,
  stopTokens: [],
  stopLines: ["User:", "Assistant:"],
  squeezesEmptyLines: true,
};

/** tiiuae/falcon-180B-chat: https://huggingface.co/blog/falcon-180b */
const falcon180bChat: PromptFormat = {
  open: { system: ["System: "], user: ["User: "], assistant: ["Falcon:"], tool: ["User: "] },
  close: { system: ["\n"], user: ["\n"], assistant: ["\n"], tool: ["\n"] },
  stopTokens: [],
  stopLines: ["User:"],
  squeezesEmptyLines: false,
};

/** tiiuae/Falcon3-*-Instruct, as in llama.cpp's llama-chat.cpp, FALCON_3. */
const falcon3: PromptFormat = {
  open: {
    system: [marker("<|system|>"), "\n"],
    user: [marker("<|user|>"), "\n"],
    assistant: [marker("<|assistant|>"), "\n"],
    tool: [marker("<|assistant|>"), "\n<tool_response>\n"],
  },
  close: { system: ["\n"], user: ["\n"], assistant: [{ role: "eos" }, "\n"], tool: ["\n</tool_response>\n"] },
  stopTokens: ["<|user|>", "<|assistant|>", "<|system|>"].map(marker),
  stopLines: ["<|user|>"],
  squeezesEmptyLines: false,
  tools: falcon3Tools,
};

/** falcon-mamba-7b-instruct: https://huggingface.co/blog/falconmamba */
const chatMl: PromptFormat = {
  open: {
    system: [marker("<|im_start|>"), "system\n"],
    user: [marker("<|im_start|>"), "user\n"],
    assistant: [marker("<|im_start|>"), "assistant\n"],
    tool: [marker("<|im_start|>"), "user\n"],
  },
  close: {
    system: [marker("<|im_end|>"), "\n"],
    user: [marker("<|im_end|>"), "\n"],
    assistant: [marker("<|im_end|>"), "\n"],
    tool: [marker("<|im_end|>"), "\n"],
  },
  stopTokens: ["<|im_end|>", "<|im_start|>"].map(marker),
  stopLines: ["<|im_end|>", "<|im_start|>"],
  squeezesEmptyLines: false,
};

/** tiiuae/Falcon-H1-*-Instruct, chat_template.jinja. */
const falconH1: PromptFormat = {
  ...chatMl,
  open: { ...chatMl.open, tool: [marker("<|im_start|>"), "tool\n"] },
  tools: falconH1Tools,
};

const turn = (role: ChatTurn["role"]) => [{ turn: role }] as const;

/** The server that runs the model has its template. */
const ofServer: PromptFormat = {
  open: { system: turn("system"), user: turn("user"), assistant: turn("assistant"), tool: turn("tool") },
  close: nothing,
  stopTokens: [],
  stopLines: [],
  squeezesEmptyLines: false,
};

/** Special tokens by which a format is told. */
export const chatMarkers = ["<|im_start|>", "<|im_end|>", "<|system|>", "<|user|>", "<|assistant|>"];

export interface FormatModel {
  /** `general.name`. */
  readonly name: string;
  readonly path: string;
  readonly architecture: string;
  /** Which of `chatMarkers` are tokens of the model. */
  readonly markers: readonly string[];
  readonly ownFormat?: true;
}

/** The format by the model's own turn tokens, then by its name; a model without any gets falcon-instruct's, which is plain text. */
export function formatOf({ name, path, architecture, markers, ownFormat }: FormatModel): PromptFormat {
  if (ownFormat) return ofServer;
  const has = (...needed: string[]) => needed.every((each) => markers.includes(each));
  const names = `${name} ${basename(path)}`;
  const knowsChatMl = has("<|im_start|>", "<|im_end|>");
  if (has("<|system|>", "<|user|>", "<|assistant|>")) {
    // A vocabulary may have the tokens of both; Falcon-Arabic is made from Falcon3, and Falcon3-Mamba from Falcon-Mamba.
    if (!knowsChatMl || (architecture === "llama" && /falcon[-_ ]?(?:3|arabic)/i.test(names))) return falcon3;
  }
  if (knowsChatMl) return architecture === "falcon-h1" ? falconH1 : chatMl;
  return /180b/i.test(names) ? falcon180bChat : falconInstruct;
}

/** The prompt of a conversation, up to where the assistant's next turn begins. */
export function renderTurns(turns: readonly Turn[], format: PromptFormat): PromptPart[] {
  // An answer that is asked for again begins here.
  return [...turns.flatMap((turn) => renderTurn(turn, format)), { stable: true }, ...format.open.assistant];
}

export function renderTurn(turn: Turn, format: PromptFormat): PromptPart[] {
  const { role, tools } = turn;
  return [
    ...format.open[role],
    ...spaceBefore(role, format),
    textOf(turn, format),
    ...(tools && format.tools ? format.tools.close : format.close[role]),
    // Other conversations begin alike.
    ...(role === "system" ? [{ stable: true } as const] : []),
  ];
}

/** An answer's first token brings its own space after "Assistant:"; a finished answer in the history needs it written. */
function spaceBefore(role: ChatTurn["role"], format: PromptFormat): readonly PromptPart[] {
  const open = format.open[role].at(-1);
  return role === "assistant" && typeof open === "string" && open.endsWith(":") ? [" "] : [];
}

function textOf({ text, tools, toolCalls = [] }: Turn, format: PromptFormat): string {
  const plain = plainText(text, format);
  if (!format.tools) return plain;
  if (tools) return plain + format.tools.describe(tools);
  return [plain, toolCalls.length > 0 ? format.tools.write(toolCalls) : ""].filter((each) => each !== "").join("\n");
}

/** Models learn from text with line breaks as "\n". */
function plainText(text: string, { squeezesEmptyLines }: PromptFormat): string {
  const trimmed = text.trim().replaceAll(/\r\n?/g, "\n");
  return squeezesEmptyLines ? trimmed.replaceAll(/\n{2,}/g, "\n") : trimmed;
}
