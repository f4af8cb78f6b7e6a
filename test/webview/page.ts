// The chat page in Chromium, and the messages that the host sends it.

import { randomUUID } from "node:crypto";
import { after } from "node:test";

import { webviewHtml } from "../../src/webviewHtml.ts";
import type {
  AnswerMessage,
  AnswerState,
  Attachment,
  Message,
  PageRequest,
  ToWebview,
  UserMessage,
} from "../../src/shared/chat.ts";
import type { Problem, ModelStatus } from "../../src/shared/status.ts";
import { launchBrowser, type PageOptions, type ShownPage } from "./browser.ts";
import { pageStrings } from "./strings.ts";

export interface ChatPage extends ShownPage<ToWebview> {
  /** What the page has said since the last call, but for what needs no reply. */
  readonly said: () => Promise<PageRequest[]>;
}

export const readyStatus = {
  state: "ready",
  generating: false,
  unloaded: false,
  metrics: { queue: 0 },
  model: {
    name: "Falcon3 7B Instruct",
    path: "/models/falcon3.gguf",
    demonstration: false,
    architecture: "llama",
    contextSize: 4096,
    infill: false,
    device: "CPU",
    gpuLayers: 0,
    layers: 33,
    kvCache: "f16",
    flashAttention: false,
    sequences: 2,
    promptRate: 10_000,
    devices: [],
  },
} as const satisfies ModelStatus;

export const demonstrationStatus = {
  ...readyStatus,
  model: { ...readyStatus.model, name: "Falcon Tiny Demo", demonstration: true },
} as const satisfies ModelStatus;

export function stateMessage(
  messages: readonly Message[],
  status: ModelStatus = readyStatus,
  attachments: readonly Attachment[] = [],
): ToWebview {
  return { type: "state", conversation: { id: "c", messages }, status, attachments };
}

export function userMessage(text: string, attachments: readonly Attachment[] = []): UserMessage {
  return { id: randomUUID(), role: "user", text, attachments };
}

export function answerMessage(text: string, state: AnswerState = "done", problem?: Problem): AnswerMessage {
  return { id: "answer", role: "assistant", text, state, ...(problem && { problem }) };
}

export function deltaMessage(text: string): ToWebview {
  return { type: "event", event: { type: "delta", answerId: "answer", text } };
}

export function endedMessage(state: Exclude<AnswerState, "streaming"> = "done", problem?: Problem): ToWebview {
  return { type: "event", event: { type: "ended", answerId: "answer", state, ...(problem && { problem }) } };
}

export interface Pages {
  /** Opens a page in the place of the last. */
  readonly open: (options?: PageOptions) => Promise<ChatPage>;
  readonly close: () => Promise<void>;
}

/** To be called once in a test file: starts what pages need, and returns how to open one in the place of the last. */
export async function startPages(): Promise<Pages["open"]> {
  const { open, close } = await launchPages();
  after(close);
  return open;
}

export async function launchPages(): Promise<Pages> {
  const { open, close } = await launchBrowser<ToWebview>({ webview: "webview/main.ts" }, (origin) =>
    webviewHtml({
      cspSource: origin,
      nonce: randomUUID(),
      script: `${origin}/webview.js`,
      style: `${origin}/webview.css`,
      language: "en",
      strings: pageStrings,
    }),
  );
  return {
    open: async (options) => {
      const shown = await open(options);
      return { ...shown, said: () => saidBy(shown) };
    },
    close,
  };
}

function saidBy({ page }: ShownPage<ToWebview>): Promise<PageRequest[]> {
  return page.evaluate(() =>
    window.posted.splice(0).flatMap((message) => {
      if (!("request" in message)) return [];
      return [Object.fromEntries(Object.entries(message).filter(([key]) => key !== "request")) as PageRequest];
    }),
  );
}

/** Seconds that the page's thread works meanwhile. */
export async function processorTime({ page }: ChatPage, work: () => Promise<void>): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
  };
  const before = await read();
  await work();
  const after = await read();
  await devtools.detach();
  return after - before;
}
