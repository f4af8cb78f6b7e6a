// Where the user writes: the text, what goes with it, and the buttons that send and stop.

import type { ContextUse, Offer } from "../src/shared/chatContext.ts";
import { longestText } from "../src/shared/limits.ts";
import { plainName } from "../src/shared/plainText.ts";
import type { Attachment } from "../src/shared/chat.ts";
import type { ModelStatus } from "../src/shared/status.ts";
import { codicon, element, iconButton, replaceKeepingFocus, setLabel } from "./components.ts";
import { type PageContext, fill } from "./context.ts";
import { createContextUseBar } from "./contextUseBar.ts";
import { runsFromRight } from "./direction.ts";
import { createOfferList } from "./offerList.ts";
import { isDemonstration } from "./statusCard.ts";
import { attachmentIcon } from "./userMessage.ts";

export interface ComposerState {
  readonly status: ModelStatus;
  readonly attachments: readonly Attachment[];
  readonly answering: boolean;
  readonly contextUse: ContextUse | undefined;
}

export interface Composer {
  readonly node: HTMLElement;
  show(state: ComposerState): void;
  focus(): void;
  /** Says why something was not done, or nothing any more. */
  explain(refusal: string | undefined): void;
  /** Shows what may be chosen for what stands in the composer from `@` or `/` on, if it still does. */
  offer(query: string, offers: readonly Offer[]): void;
  /** Puts a text into the composer, in the place of what is there. */
  write(text: string): void;
}

export function createComposer(context: PageContext, draft: string, onDraft: (draft: string) => void): Composer {
  const { strings, ask, say } = context;
  const text = element("textarea", "");
  text.rows = 1;
  text.ariaLabel = strings.message;
  text.value = draft;
  arrange(text);

  const chips = element("ul", "chips");
  chips.ariaLabel = strings.attachments;
  const send = iconButton("send", strings.send, submit);
  send.classList.add("send");
  const stop = iconButton("debug-stop", strings.stop, () => {
    void ask({ type: "stop" });
    text.focus();
  });
  stop.classList.add("stop");
  const model = createModelButton(context);
  const toolbar = element(
    "div",
    "toolbar",
    iconButton("mention", strings.addContext, () => {
      offers.begin();
      onInput();
    }),
    iconButton("list-selection", strings.attachSelection, () => void ask({ type: "attachSelection" })),
    iconButton("file-add", strings.attachFile, () => void ask({ type: "attachFile" })),
    model.node,
    send,
    stop,
  );
  const hint = element("p", "hint");
  hint.role = "status";
  const use = createContextUseBar(context);
  const box = element("div", "box", chips, text, use.node, toolbar);
  const offers = createOfferList(context, text, { onChange: onInput, onNone: () => void submit() });
  const node = element("footer", "composer", offers.node, box, hint);
  const tellDraft = afterRest(() => say({ type: "draft", text: text.value.slice(0, longestText) }));

  if (draft !== "") tellDraft();

  let state: ComposerState | undefined;
  let shownAttachments: readonly Attachment[] = [];
  let sending = false;

  async function submit(): Promise<void> {
    const reason = state && whyNotSend(context, state, text.value);
    text.focus();
    if (reason) hint.textContent = reason;
    if (reason || sending) return;
    sending = true;
    // What was chosen for the message may still be gathered.
    await offers.whenChosen();
    const sent = text.value;
    const accepted = await ask({ type: "send", text: sent.trim() });
    sending = false;
    // What was written meanwhile stays.
    if (accepted) write(text.value.startsWith(sent) ? text.value.slice(sent.length) : text.value);
  }
  function write(value: string): void {
    text.value = value;
    onInput();
  }
  function onInput(): void {
    arrange(text);
    hint.textContent = whyTooLong(context, text.value) ?? "";
    showReadiness();
    onDraft(text.value);
    offers.follow();
    tellDraft();
  }
  function showReadiness(): void {
    const reason = state && whyNotSend(context, state, text.value);
    send.ariaDisabled = String(reason !== undefined);
    send.title = reason ?? strings.send;
  }

  // Before a long text is pasted: the browser lays it out at once.
  text.addEventListener("beforeinput", ({ data }) => {
    if (text.textLength + (data?.length ?? 0) > longDraft) arrange(text, true);
  });
  text.addEventListener("input", onInput);
  text.addEventListener("keydown", (event) => {
    // While an input method composes, Enter takes its proposal.
    if (offers.take(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit();
  });
  // The whole box is where one clicks to write.
  box.addEventListener("click", (event) => {
    if (event.target === box || event.target === toolbar) text.focus();
  });

  return {
    node,
    focus: () => text.focus(),
    offer: offers.show,
    explain: (refusal) => (hint.textContent = refusal ?? ""),
    write: (value) => {
      write(value);
      text.focus();
    },
    show: (next) => {
      const changed = next.status !== state?.status || next.answering !== state.answering;
      state = next;
      // Who stands at the button when the answer ends by itself goes on writing.
      if (!next.answering && stop.matches(":focus")) text.focus();
      send.hidden = next.answering;
      stop.hidden = !next.answering;
      model.show(next.status);
      // While a model loads, what one can ask is what it was before.
      if (next.status.state === "ready")
        text.placeholder = isDemonstration(next.status) ? strings.demonstrationPlaceholder : strings.placeholder;
      if (next.attachments !== shownAttachments) {
        shownAttachments = next.attachments;
        const pending = next.attachments.map((attachment) => createPendingChip(context, attachment, text));
        replaceKeepingFocus(chips, text, ...pending);
      }
      use.show(next.contextUse);
      showTokens(context, chips, next);
      chips.hidden = next.attachments.length === 0;
      if (changed) showReadiness();
    },
  };
}

/** In a draft of more characters a key would take the browser long: it lays a paragraph out, and finds its direction, as a whole. */
const longDraft = 20_000;

/** Has a long draft shown like code: it does not grow, and its lines are not wrapped. */
function arrange(text: HTMLTextAreaElement, isLong = text.textLength > longDraft): void {
  text.classList.toggle("long", isLong);
  text.wrap = isLong ? "off" : "soft";
  text.spellcheck = !isLong;
  text.dir = !isLong ? "auto" : runsFromRight(text.value.slice(0, longDraft)) ? "rtl" : "ltr";
}

/** What keeps the user from sending, in words. */
function whyNotSend(context: PageContext, state: ComposerState, text: string): string | undefined {
  const { strings } = context;
  if (state.answering) return strings.sendNeedsEnd;
  switch (state.status.state) {
    case "failed":
      return strings.sendNeedsWorkingModel;
    // The answer waits for a model that loads.
    case "loading":
    case "ready":
      return whyTooLong(context, text) ?? (text.trim() ? undefined : strings.sendNeedsText);
  }
}

function whyTooLong({ strings }: PageContext, text: string): string | undefined {
  return text.length > longestText ? fill(strings.messageTooLong, text.length, longestText) : undefined;
}

/** Milliseconds without a key after which the host is told of the draft. */
const restTime = 300;

function afterRest(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, restTime);
  };
}

/** How many tokens each attachment has, once that is counted of those that are shown. */
function showTokens({ strings }: PageContext, chips: HTMLElement, { attachments, contextUse }: ComposerState): void {
  const counts = contextUse?.attachments.length === attachments.length ? contextUse.attachments : [];
  for (const [index, node] of [...chips.querySelectorAll<HTMLElement>(".tokens")].entries()) {
    const tokens = counts[index];
    node.textContent = tokens === undefined ? "" : tokens.toLocaleString(document.documentElement.lang);
    node.title = tokens === undefined ? "" : fill(strings.tokens, node.textContent);
    if (tokens !== undefined) node.ariaLabel = node.title;
  }
}

function createPendingChip({ strings, ask }: PageContext, attachment: Attachment, heir: HTMLElement): HTMLElement {
  const name = element("span", "name", attachment.label);
  const remove = iconButton("close", fill(strings.removeAttachment, attachment.label), () => {
    void ask({ type: "removeAttachment", id: attachment.id });
    // The button goes away with its chip: the keyboard's focus needs another place.
    heir.focus();
  });
  const tokens = element("span", "tokens");
  tokens.role = "note";
  const chip = element("li", "chip", codicon(attachmentIcon(attachment)), name, tokens, remove);
  chip.title = [attachment.label, attachment.leftOut].filter(Boolean).join(": ");
  return chip;
}

/** The name of the model that answers; a click chooses another. */
function createModelButton({ strings, ask }: PageContext) {
  const node = element("button", "model");
  node.type = "button";
  node.addEventListener("click", () => void ask({ type: "act", action: "selectModel" }));
  return {
    node,
    show: (status: ModelStatus): void => {
      node.hidden = status.state !== "ready";
      if (status.state !== "ready") return;
      const { contextSize, device, remote } = status.model;
      const name = plainName(status.model.name);
      node.textContent = name;
      const place = remote ? plainName(remote.name) : device;
      setLabel(
        node,
        place === ""
          ? fill(strings.modelDetailsAtRest, name, contextSize)
          : fill(strings.modelDetails, name, contextSize, place),
      );
    },
  };
}
