// What an empty conversation shows: an invitation, and ways to begin.

import type { PageRequest } from "../src/shared/chat.ts";
import type { ModelStatus } from "../src/shared/status.ts";
import { codicon, element } from "./components.ts";
import { plainName } from "../src/shared/plainText.ts";
import { type PageContext, fill } from "./context.ts";
import { isDemonstration } from "./statusCard.ts";

export interface Welcome {
  readonly node: HTMLElement;
  /** Offers what the model can do, also while it is loaded again; nothing until one is known. */
  show(status: ModelStatus): void;
}

/** `onSuggestion` is given the text with which the user wants to begin. */
export function createWelcome(context: PageContext, onSuggestion: (text: string) => void): Welcome {
  const { strings } = context;
  const suggestions = element("ul", "suggestions");
  const hint = element("p", "");
  const place = element("p", "");
  let shown: boolean | undefined;
  return {
    node: element("section", "welcome", element("h1", "", strings.welcomeTitle), place, suggestions, hint),
    show: (status) => {
      place.replaceChildren(...placeOf(status, context));
      const demonstration = isDemonstration(status);
      if (status.state !== "ready" || demonstration === shown) return;
      shown = demonstration;
      const hadFocus = suggestions.contains(document.activeElement);
      const items = demonstration
        ? createDemonstrations(context)
        : strings.suggestions.map((text) => createSuggestion(text, () => onSuggestion(text)));
      suggestions.replaceChildren(...items);
      if (hadFocus) suggestions.querySelector("button")?.focus();
      hint.replaceChildren(
        ...(demonstration
          ? [codicon("lightbulb"), strings.demonstrationHint]
          : [codicon("comment-discussion"), strings.welcomeHint]),
      );
    },
  };
}

/** Where the model runs, and whether what is written leaves the machine; nothing until that is known. */
function placeOf(status: ModelStatus, { strings }: PageContext): (string | Node)[] {
  if (status.state !== "ready") return [];
  const { remote } = status.model;
  if (!remote) return [codicon("lock"), strings.welcomeText];
  return [codicon("cloud-upload"), fill(strings.welcomeRemote, plainName(remote.name))];
}

function createDemonstrations({ strings, ask }: PageContext): HTMLElement[] {
  const { complete, explain, document } = strings.demonstrations;
  const actions: readonly (readonly [string, PageRequest])[] = [
    [complete, { type: "completeLine" }],
    [explain, { type: "command", command: "explain" }],
    [document, { type: "command", command: "document" }],
  ];
  return actions.map(([label, request]) => createSuggestion(label, () => void ask(request)));
}

function createSuggestion(label: string, onClick: () => void): HTMLElement {
  const button = element("button", "suggestion", label);
  button.type = "button";
  button.addEventListener("click", onClick);
  return element("li", "", button);
}
