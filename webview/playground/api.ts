// What the playground asks of the server: the models, and texts as they are written.

import { createParser } from "eventsource-parser";

/** How a text is written; what is left out is as the server has it. */
export interface Settings {
  readonly model?: string;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly max_tokens?: number;
  readonly seed?: number;
}

/** What a text goes on from, what it stands between, or what it answers. */
export type Task =
  | { readonly kind: "text"; readonly prompt: string }
  | { readonly kind: "infill"; readonly prompt: string; readonly suffix: string }
  | { readonly kind: "chat"; readonly prompt: string };

export interface Written {
  /** Whether it was ended as it is long enough. */
  readonly isCut: boolean;
  readonly tokens: number;
}

/** What the server refuses, in its own words. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Api {
  /** @throws Refusal; TypeError where nobody answers */
  readonly models: () => Promise<readonly string[]>;
  /** @throws Refusal; TypeError where nobody answers, or not to the end */
  readonly write: (
    task: Task,
    settings: Settings,
    onText: (text: string) => void,
    signal: AbortSignal,
  ) => Promise<Written>;
}

interface Chunk {
  readonly choices?: readonly {
    readonly text?: string;
    readonly delta?: { readonly content?: string };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: { readonly completion_tokens: number };
  readonly error?: { readonly message: string };
}

export function createApi(token: () => string | undefined): Api {
  /** Addresses are relative to the page. */
  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${token() ?? ""}`, "content-type": "application/json" };
    const response = await fetch(path, { ...init, headers });
    if (response.ok) return response;
    const text = await response.text();
    throw new Refusal(response.status, messageOf(text) ?? `HTTP ${response.status}`);
  }

  return {
    models: async () => {
      const { data } = (await (await ask("v1/models")).json()) as { readonly data: readonly { readonly id: string }[] };
      return data.map(({ id }) => id);
    },
    write: async (task, settings, onText, signal) => {
      const path = task.kind === "chat" ? "v1/chat/completions" : "v1/completions";
      const stream = { stream: true, stream_options: { include_usage: true } };
      const body = JSON.stringify({ ...bodyOf(task), ...settings, ...stream });
      const response = await ask(path, { method: "POST", body, signal });
      return read(response, onText);
    },
  };
}

function bodyOf(task: Task): object {
  switch (task.kind) {
    case "text":
      return { prompt: task.prompt };
    case "infill":
      return { prompt: task.prompt, suffix: task.suffix };
    case "chat":
      return { messages: [{ role: "user", content: task.prompt }] };
  }
}

async function read(response: Response, onText: (text: string) => void): Promise<Written> {
  let written: Written = { isCut: false, tokens: 0 };
  const take = (data: string) => {
    if (data === "[DONE]") return;
    const { choices = [], usage, error } = JSON.parse(data) as Chunk;
    if (error) throw new Refusal(response.status, error.message);
    for (const { text, delta, finish_reason } of choices) {
      onText(text ?? delta?.content ?? "");
      if (finish_reason === "length") written = { ...written, isCut: true };
    }
    if (usage) written = { ...written, tokens: usage.completion_tokens };
  };
  let last = "";
  const parser = createParser({
    onEvent: ({ data }) => {
      last = data;
      take(data);
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) break;
    parser.feed(decoder.decode(chunk.value, { stream: true }));
  }
  // As of a connection that broke.
  if (last !== "[DONE]") throw new TypeError("The stream ended before the text did.");
  return written;
}

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as Chunk).error?.message;
  } catch {
    return undefined;
  }
}
