// The typed line to the extension host, and what the page keeps of its own when it is made again.

import type { FromWebview, PageNotice, PageRequest, ToWebview } from "../src/shared/chat.ts";

/** Where the reader is: so many pixels below the top of a message. What is out of sight has no height to go by. */
export interface Place {
  readonly message: string;
  readonly offset: number;
}

/** `place` is absent while the page follows the end of the conversation. */
export interface PageMemory {
  readonly draft: string;
  readonly place?: Place | undefined;
}

/** What the host says of its own accord. */
export type HostMessage = Exclude<ToWebview, { type: "reply" }>;

export interface Host {
  readonly say: (notice: PageNotice) => void;
  /** Resolves when the host has done it, to why it was refused if it was. */
  readonly ask: (request: PageRequest) => Promise<string | undefined>;
  readonly onMessage: (listener: (message: HostMessage) => void) => void;
  /** What the page remembered last. */
  readonly recall: () => PageMemory;
  readonly remember: (change: Partial<PageMemory>) => void;
}

/** Characters. */
const longDraft = 20_000;

declare function acquireVsCodeApi(): {
  postMessage(message: FromWebview): void;
  getState(): PageMemory | undefined;
  setState(state: PageMemory): void;
};

/** To be called once: VS Code gives its API away only once. */
export function connectToHost(): Host {
  const api = acquireVsCodeApi();
  let memory: PageMemory = { draft: "", ...api.getState() };
  let resting: ReturnType<typeof setTimeout> | undefined;
  window.addEventListener("pagehide", () => api.setState(memory));
  const waiting = new Map<number, (refusal: string | undefined) => void>();
  // A reply to an earlier page must not be taken for one to this page.
  let requests = Date.now();
  return {
    say: (notice) => api.postMessage(notice),
    ask: (message) => {
      const request = ++requests;
      api.postMessage({ ...message, request });
      return new Promise((resolve) => waiting.set(request, resolve));
    },
    onMessage: (listener) => {
      window.addEventListener("message", ({ data }: MessageEvent<ToWebview>) => {
        if (data.type === "reply") {
          waiting.get(data.request)?.(data.refusal);
          waiting.delete(data.request);
        } else {
          listener(data);
        }
      });
    },
    recall: () => memory,
    remember: (change) => {
      memory = { ...memory, ...change };
      clearTimeout(resting);
      // VS Code writes the state down as a whole: with a long draft it is to be done when the keys rest.
      if (memory.draft.length <= longDraft) api.setState(memory);
      else resting = setTimeout(() => api.setState(memory), 500);
    },
  };
}
