// What a page of a panel is: a node that shows the states which the host sends, and says to it what the user does.

import type { FromPage } from "../../src/shared/pages.ts";

/** Tells the host what the user does. */
export type Say<Message> = (message: FromPage<Message>) => void;

export interface OpenedPage<State> {
  readonly node: HTMLElement;
  /** Shows a state in the place of the last. */
  readonly show: (state: State) => void;
}

/** Makes a page of its words. Those who write one know the types of their strings, states and messages. */
export type OpenPage = (strings: never, say: Say<{ readonly type: string }>) => OpenedPage<never>;

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

/** To be called once: VS Code gives its API away only once. */
export function connectToHost(): { readonly say: (message: { readonly type: string }) => void } {
  const api = acquireVsCodeApi();
  return { say: (message) => api.postMessage(message) };
}
