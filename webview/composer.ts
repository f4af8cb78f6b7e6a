// Where the user writes: the text, what goes with it, and the buttons that send and stop.

import { plainName } from "../src/shared/plainText.ts";
import type { Attachment, ServerStatus } from "../src/shared/protocol.ts";
import { codicon, element, iconButton, setLabel } from "./components.ts";
import { type PageContext, fill } from "./context.ts";
import { attachmentIcon } from "./userMessage.ts";

export interface ComposerState {
  readonly status: ServerStatus;
  readonly attachments: readonly Attachment[];
  readonly answering: boolean;
}

export interface Composer {
  readonly node: HTMLElement;
  show(state: ComposerState): void;
  focus(): void;
  /** Puts a text into the composer, in the place of what is there. */
  write(text: string): void;
}

export function createComposer(context: PageContext, draft: string, onDraft: (draft: string) => void): Composer {
  const { strings, post } = context;
  const text = element("textarea", "");
  text.rows = 1;
  text.placeholder = strings.placeholder;
  text.ariaLabel = strings.message;
  text.dir = "auto";
  text.value = draft;

  const chips = element("ul", "chips");
  chips.ariaLabel = strings.attachments;
  const send = iconButton("send", strings.send, submit);
  send.classList.add("send");
  const stop = iconButton("debug-stop", strings.stop, () => {
    post({ type: "stop" });
    text.focus();
  });
  stop.classList.add("stop");
  const model = createModelButton(context);
  const toolbar = element(
    "div",
    "toolbar",
    iconButton("list-selection", strings.attachSelection, () => post({ type: "attachSelection" })),
    iconButton("file-add", strings.attachFile, () => post({ type: "attachFile" })),
    model.node,
    send,
    stop,
  );
  const hint = element("p", "hint");
  hint.role = "status";
  const box = element("div", "box", chips, text, toolbar);
  const node = element("footer", "composer", box, hint);

  let state: ComposerState | undefined;
  let shownAttachments: readonly Attachment[] = [];

  function submit(): void {
    const reason = state && whyNotSend(context, state, text.value);
    text.focus();
    if (reason) {
      hint.textContent = reason;
      return;
    }
    post({ type: "send", text: text.value.trim() });
    write("");
  }
  function write(value: string): void {
    text.value = value;
    showReadiness();
    onDraft(value);
  }
  function showReadiness(): void {
    const reason = state && whyNotSend(context, state, text.value);
    send.ariaDisabled = String(reason !== undefined);
    send.title = reason ?? strings.send;
    hint.textContent = "";
  }

  text.addEventListener("input", () => write(text.value));
  text.addEventListener("keydown", (event) => {
    // While an input method composes, Enter takes its proposal.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  // The whole box is where one clicks to write.
  box.addEventListener("click", (event) => {
    if (event.target === box || event.target === toolbar) text.focus();
  });

  return {
    node,
    focus: () => text.focus(),
    write: (value) => {
      write(value);
      text.focus();
    },
    show: (next) => {
      const changed = next.status !== state?.status || next.answering !== state.answering;
      state = next;
      send.hidden = next.answering;
      stop.hidden = !next.answering;
      model.show(next.status);
      if (next.attachments !== shownAttachments) {
        shownAttachments = next.attachments;
        chips.replaceChildren(...next.attachments.map((attachment) => createPendingChip(context, attachment, text)));
      }
      chips.hidden = next.attachments.length === 0;
      if (changed) showReadiness();
    },
  };
}

/** What keeps the user from sending, in words. */
function whyNotSend({ strings }: PageContext, state: ComposerState, text: string): string | undefined {
  if (state.answering) return strings.sendNeedsEnd;
  switch (state.status.state) {
    case "loading":
      return strings.sendNeedsLoading;
    case "failed":
      return strings.sendNeedsWorkingModel;
    case "ready":
      return text.trim() ? undefined : strings.sendNeedsText;
  }
}

function createPendingChip({ strings, post }: PageContext, attachment: Attachment, heir: HTMLElement): HTMLElement {
  const name = element("span", "name", attachment.label);
  const remove = iconButton("close", fill(strings.removeAttachment, attachment.label), () => {
    post({ type: "removeAttachment", id: attachment.id });
    // The button goes away with its chip: the keyboard's focus needs another place.
    heir.focus();
  });
  return element("li", "chip", codicon(attachmentIcon(attachment)), name, remove);
}

/** The name of the model that answers; a click chooses another. */
function createModelButton({ strings, post }: PageContext) {
  const node = element("button", "model");
  node.type = "button";
  node.addEventListener("click", () => post({ type: "act", action: "selectModel" }));
  return {
    node,
    show: (status: ServerStatus): void => {
      node.hidden = status.state !== "ready";
      if (status.state !== "ready") return;
      const { contextSize, device } = status.model;
      const name = plainName(status.model.name);
      node.textContent = name;
      setLabel(node, fill(strings.modelDetails, name, contextSize, device));
    },
  };
}
