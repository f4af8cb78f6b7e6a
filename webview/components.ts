// The building blocks of the page. The only importer of the webview UI toolkit, which is archived: take little from it.

import { provideVSCodeDesignSystem, vsCodeButton } from "@vscode/webview-ui-toolkit";

/** To be called once, before any component is made. */
export function registerComponents(): void {
  provideVSCodeDesignSystem().register(vsCodeButton());
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** A button of the toolkit with words on it. */
export function textButton(
  label: string,
  appearance: "primary" | "secondary",
  onClick: (event: Event) => void,
): HTMLElement {
  const button = document.createElement("vscode-button");
  button.setAttribute("appearance", appearance);
  button.textContent = label;
  button.addEventListener("click", onClick);
  return button;
}

/** A small button that shows a codicon; its label is its tooltip and its name. */
export function iconButton(icon: string, label: string, onClick: () => void | Promise<void>): HTMLButtonElement {
  const button = element("button", "icon-button", codicon(icon));
  button.type = "button";
  setLabel(button, label);
  button.addEventListener("click", () => void onClick());
  return button;
}

/** Replaces children. The keyboard's focus stays with the button of the same name, or goes to the heir. */
export function replaceKeepingFocus(
  node: HTMLElement,
  heir: { focus(options?: FocusOptions): void },
  ...children: readonly Node[]
): void {
  // Not the active element: where the editor has the focus, it stays there.
  const focused = node.querySelector(":focus");
  node.replaceChildren(...children);
  if (!focused) return;
  const buttons = [...node.querySelectorAll<HTMLElement>("button, vscode-button")];
  (buttons.find((button) => nameOf(button) === nameOf(focused)) ?? heir).focus({ preventScroll: true });
}

function nameOf(button: Element): string | null {
  return button.ariaLabel ?? button.textContent;
}

export function setLabel(node: HTMLElement, label: string): void {
  node.title = label;
  node.ariaLabel = label;
}

export function codicon(name: string): HTMLElement {
  const icon = element("span", `codicon codicon-${name}`);
  icon.ariaHidden = "true";
  return icon;
}

/** Turns beside words that say what is going on. The toolkit's ring would interrupt a screen reader with "Loading". */
export function spinner(): HTMLElement {
  const icon = codicon("loading");
  icon.classList.add("codicon-modifier-spin");
  return icon;
}

/** Shows a tick on an icon button for a moment. */
export function tick(button: HTMLButtonElement, icon: string, milliseconds = 1600): void {
  button.replaceChildren(codicon("check"));
  setTimeout(() => button.replaceChildren(codicon(icon)), milliseconds);
}
