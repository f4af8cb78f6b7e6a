// Asks for the token, where the page was opened without it or with another server's.

import { element, textButton } from "../components.ts";
import type { PlaygroundStrings } from "./strings.ts";

export interface TokenForm {
  readonly node: HTMLElement;
  /** @param why it is asked for */
  readonly show: (why: string) => void;
  /** Returns whether it was shown. */
  readonly hide: () => boolean;
}

export function createTokenForm(strings: PlaygroundStrings, onToken: (token: string) => void): TokenForm {
  const why = element("p", "why");
  why.role = "alert";
  const input = element("input", "");
  input.type = "password";
  input.autocomplete = "off";
  input.required = true;
  const give = () => {
    if (input.reportValidity()) onToken(input.value.trim());
  };
  const node = element(
    "form",
    "token-form",
    why,
    element("p", "", strings.tokenWhere),
    element("label", "", element("span", "", strings.token), input),
    textButton(strings.open, "primary", give),
  );
  node.noValidate = true;
  node.hidden = true;
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    give();
  });
  return {
    node,
    show: (reason) => {
      node.hidden = false;
      why.textContent = reason;
      input.value = "";
      input.focus();
    },
    hide: () => {
      const wasShown = !node.hidden;
      node.hidden = true;
      return wasShown;
    },
  };
}
