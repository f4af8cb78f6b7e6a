// What an empty conversation shows: an invitation, and ways to begin.

import { codicon, element } from "./components.ts";
import type { PageContext } from "./context.ts";

/** `onSuggestion` is given the text with which the user wants to begin. */
export function createWelcome({ strings }: PageContext, onSuggestion: (text: string) => void): HTMLElement {
  const suggestions = strings.suggestions.map((suggestion) => {
    const button = element("button", "suggestion", suggestion);
    button.type = "button";
    button.addEventListener("click", () => onSuggestion(suggestion));
    return element("li", "", button);
  });
  return element(
    "section",
    "welcome",
    element("h1", "", strings.welcomeTitle),
    element("p", "", codicon("lock"), strings.welcomeText),
    element("ul", "suggestions", ...suggestions),
    element("p", "", codicon("comment-discussion"), strings.welcomeHint),
  );
}
