// Editing a question that was sent, to send it again.

import { longestText } from "../src/shared/limits.ts";
import type { UserMessage } from "../src/shared/chat.ts";
import { element, iconButton, textButton } from "./components.ts";
import type { PageContext } from "./context.ts";

/** A button that has the message's words edited in its place. */
export function createEdit(
  { strings, ask, focusComposer }: PageContext,
  { id, text }: UserMessage,
  message: HTMLElement,
): HTMLElement {
  const field = element("textarea", "");
  field.ariaLabel = strings.editedMessage;
  field.dir = "auto";
  field.maxLength = longestText;
  const buttons = element(
    "div",
    "actions",
    textButton(strings.resend, "primary", () => void send()),
    textButton(strings.cancel, "secondary", close),
  );
  const form = element("div", "edit-form", field, buttons);
  const edit = iconButton("edit", strings.edit, () => {
    field.value = text;
    message.classList.add("editing");
    edit.before(form);
    field.focus();
  });
  edit.classList.add("edit");

  function close(): void {
    form.remove();
    message.classList.remove("editing");
    edit.focus();
  }

  async function send(): Promise<void> {
    const edited = field.value.trim();
    if (edited === "") {
      field.focus();
      return;
    }
    if (!(await ask({ type: "resend", id, text: edited }))) return;
    close();
    focusComposer();
  }

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey) void send();
    else return;
    event.preventDefault();
    // Escape would also stop an answer.
    event.stopPropagation();
  });
  return edit;
}
