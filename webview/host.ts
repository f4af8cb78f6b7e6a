// The typed line to the extension host, and what the page keeps of its own when it is made again.

import type { FromWebview, ToWebview } from "../src/shared/protocol.ts";

/** `scrollTop` is absent while the page follows the end of the conversation. */
export interface PageMemory {
  readonly draft: string;
  readonly scrollTop?: number | undefined;
}

export interface Host {
  readonly post: (message: FromWebview) => void;
  readonly onMessage: (listener: (message: ToWebview) => void) => void;
  /** What the page remembered last. */
  readonly recall: () => PageMemory;
  readonly remember: (change: Partial<PageMemory>) => void;
}

declare function acquireVsCodeApi(): {
  postMessage(message: FromWebview): void;
  getState(): PageMemory | undefined;
  setState(state: PageMemory): void;
};

/** To be called once: VS Code gives its API away only once. */
export function connectToHost(): Host {
  const api = acquireVsCodeApi();
  let memory: PageMemory = { draft: "", ...api.getState() };
  return {
    post: (message) => api.postMessage(message),
    onMessage: (listener) => {
      window.addEventListener("message", (event: MessageEvent<ToWebview>) => listener(event.data));
    },
    recall: () => memory,
    remember: (change) => {
      memory = { ...memory, ...change };
      api.setState(memory);
    },
  };
}
