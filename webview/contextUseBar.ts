// How full the model's context is, as a bar with its numbers.

import type { ContextUse } from "../src/shared/chatContext.ts";
import { element } from "./components.ts";
import { type PageContext, fill } from "./context.ts";

export interface ContextUseBar {
  readonly node: HTMLElement;
  show(use: ContextUse | undefined): void;
}

export function createContextUseBar({ strings }: PageContext): ContextUseBar {
  const filled = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  filled.setAttribute("height", "100%");
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  bar.append(filled);
  const words = element("span", "words");
  const node = element("div", "context-use", bar, words);
  node.role = "meter";
  node.ariaValueMin = "0";
  node.hidden = true;
  return {
    node,
    show: (use) => {
      node.hidden = use === undefined;
      if (!use) return;
      const { question, total, room } = use;
      const number = (tokens: number) => tokens.toLocaleString(document.documentElement.lang);
      const share = Math.min(total / room, 1);
      const state = question > room ? "too-much" : total > room ? "overflowing" : "";
      node.className = `context-use ${state}`.trim();
      // The page's policy forbids styles in elements; an attribute of a drawing is none.
      filled.setAttribute("width", `${Math.round(share * 100)}%`);
      words.textContent = `${number(total)} / ${number(room)}`;
      const numbers = fill(strings.contextUse, number(total), number(room));
      const consequence = { "too-much": strings.contextTooSmall, overflowing: strings.contextOverflows, "": "" }[state];
      node.title = [numbers, consequence].filter(Boolean).join(". ");
      node.ariaLabel = node.title;
      node.ariaValueMax = String(room);
      node.ariaValueNow = String(Math.min(total, room));
      node.ariaValueText = node.title;
    },
  };
}
