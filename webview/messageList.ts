// The conversation: one node per message, kept as long as the message is; it follows the end while the reader is there.

import type { Conversation, Message } from "../src/shared/chat.ts";
import { type AnswerView, createAnswerView } from "./answerView.ts";
import { codicon, element, setLabel } from "./components.ts";
import type { PageContext } from "./context.ts";
import type { HasTime } from "./frame.ts";
import type { Place } from "./host.ts";
import { createUserMessage } from "./userMessage.ts";

/** Closer to the end than this many pixels counts as being there. */
const nearEnd = 24;

export interface MessageList {
  readonly node: HTMLElement;
  /** Returns false when the time was up before all was shown. */
  show(conversation: Conversation, hasTime: HasTime): boolean;
}

/** `header` stands before the messages. There is no place while the list follows its end. */
export function createMessageList(
  context: PageContext,
  header: HTMLElement,
  firstPlace: Place | undefined,
  onScroll: (place: Place | undefined) => void,
): MessageList {
  const { strings } = context;
  const messages = element("div", "messages");
  // A log that is not live: each answer is announced once, when it is whole.
  messages.role = "log";
  messages.ariaLive = "off";
  messages.ariaLabel = strings.conversation;
  const scroller = element("div", "scroller", header, messages);
  const jump = element("button", "jump", codicon("arrow-down"));
  jump.type = "button";
  jump.hidden = true;
  setLabel(jump, strings.jumpToLatest);
  const node = element("div", "conversation", scroller, jump);

  const messageOf = new WeakMap<HTMLElement, string>();
  let following = true;
  let shown: Conversation | undefined;
  let isWhole = false;
  /** Where the reader was before the page was made again, until he goes on: what comes into sight above it gets its real height. */
  let restoring = firstPlace;
  for (const event of ["wheel", "touchmove", "pointerdown", "keydown"])
    document.addEventListener(event, () => (restoring = undefined), { capture: true, passive: true });

  function scrollTo(place: Place | undefined): void {
    const message = place && nodes().find((node) => messageOf.get(node) === place.message);
    following = message === undefined;
    jump.hidden = following;
    // A place in it is one of its real height.
    message?.classList.add("reading");
    scroller.scrollTop = message ? message.offsetTop + place.offset : scroller.scrollHeight;
  }
  const nodes = () => [...messages.children].filter((node) => node instanceof HTMLElement);
  function placeNow(): Place | undefined {
    const { scrollTop } = scroller;
    const node = nodes().findLast(({ offsetTop }) => offsetTop <= scrollTop) ?? nodes()[0];
    const message = node && messageOf.get(node);
    return node && message !== undefined ? { message, offset: scrollTop - node.offsetTop } : undefined;
  }
  let told: Place | undefined;
  function tellPlace(): void {
    const place = following ? undefined : placeNow();
    if (place?.message === told?.message && place?.offset === told?.offset) return;
    told = place;
    onScroll(place);
  }
  let size = "";
  const sizeNow = () => `${scroller.clientWidth}×${scroller.clientHeight}`;
  scroller.addEventListener("scroll", () => {
    // A scroll in a size that is not settled yet is the layout's, not the reader's.
    if (size !== sizeNow() || restoring !== undefined) return;
    const toEnd = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    following = toEnd < nearEnd || messages.childElementCount === 0;
    jump.hidden = following;
    tellPlace();
  });
  jump.addEventListener("click", () => scrollTo(undefined));
  // What grows, be it an answer or the composer below, pushes the end away. Without messages the beginning is what one reads.
  const observer = new ResizeObserver(() => {
    size = sizeNow();
    if (messages.childElementCount === 0) return;
    if (following || restoring) scrollTo(restoring);
    // What has come into sight has its real height now.
    else tellPlace();
  });
  observer.observe(messages);
  observer.observe(scroller);

  const showMessages = createMessageNodes(context, messages, messageOf);
  return {
    node,
    show: (conversation, hasTime) => {
      if (conversation === shown && isWhole) return true;
      isWhole = showMessages(conversation, hasTime);
      const last = conversation.messages.at(-1);
      const asked = last !== undefined && last.id !== shown?.messages.at(-1)?.id;
      if (asked && shown) restoring = undefined;
      if (restoring || asked) scrollTo(restoring);
      shown = conversation;
      return isWhole;
    },
  };
}

/** Keeps a place's children those of the conversation's messages. */
function createMessageNodes(
  context: PageContext,
  place: HTMLElement,
  messageOf: WeakMap<HTMLElement, string>,
): (conversation: Conversation, hasTime: HasTime) => boolean {
  let nodes = new Map<string, HTMLElement>();
  let answers = new Map<string, AnswerView>();
  let shownId: string | undefined;
  function keep({ id }: Message, node: HTMLElement): void {
    nodes.set(id, node);
    messageOf.set(node, id);
  }

  return ({ id, messages }, hasTime) => {
    if (id !== shownId) {
      nodes = new Map();
      answers = new Map();
    }
    shownId = id;
    const last = messages.at(-1)?.id;
    let isWhole = true;
    let hasShown = false;
    // The end is what one reads first.
    for (const message of messages.toReversed()) {
      if (message.role === "user") {
        if (!nodes.has(message.id)) keep(message, createUserMessage(context, message));
        continue;
      }
      // Something is shown in each frame, however little time there is.
      if (hasShown && !hasTime()) {
        isWhole = false;
        continue;
      }
      hasShown = true;
      const answer = answers.get(message.id) ?? createAnswerView(context);
      if (!nodes.has(message.id)) keep(message, answer.node);
      answers.set(message.id, answer);
      isWhole = answer.show(message, message.id === last, hasTime) && isWhole;
    }
    placeNodes(
      place,
      messages.flatMap((message) => nodes.get(message.id) ?? []),
    );
    return isWhole;
  };
}

/** Leaves alone what is in its place: a browser lays out anew what is taken away and put back. */
function placeNodes(place: HTMLElement, wanted: readonly HTMLElement[]): void {
  const kept = new Set<Element>(wanted);
  for (const node of [...place.children]) if (!kept.has(node)) node.remove();
  let next = place.firstElementChild;
  for (const node of wanted) {
    if (node === next) next = node.nextElementSibling;
    else place.insertBefore(node, next);
  }
}
