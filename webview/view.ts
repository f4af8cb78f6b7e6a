// The page: folds what the host says into one state and shows it, at most once per frame.

import type { ContextUse } from "../src/shared/chatContext.ts";
import { reduceConversation, streamingAnswer } from "../src/shared/conversation.ts";
import type { Attachment, Conversation } from "../src/shared/chat.ts";
import type { ModelStatus } from "../src/shared/status.ts";
import type { WebviewStrings } from "../src/shared/webviewStrings.ts";
import { createCodeButtons } from "./codeButtons.ts";
import { element } from "./components.ts";
import { createComposer } from "./composer.ts";
import type { PageContext } from "./context.ts";
import { inFrames } from "./frame.ts";
import type { Host, HostMessage } from "./host.ts";
import { createMessageList } from "./messageList.ts";
import { createPlaceLinks } from "./placeLinks.ts";
import { createStatusCard } from "./statusCard.ts";
import { createWelcome } from "./welcome.ts";

interface PageState {
  readonly conversation: Conversation;
  readonly status: ModelStatus;
  readonly attachments: readonly Attachment[];
  readonly contextUse?: ContextUse | undefined;
}

/** Makes the page and keeps it up to date with what the host says. */
export function createView(host: Host, strings: WebviewStrings): HTMLElement {
  const announcer = element("div", "visually-hidden");
  announcer.role = "status";
  announcer.ariaLive = "polite";
  const tasks: (() => void)[] = [];
  const context: PageContext = {
    strings,
    ask: async (request) => {
      const refusal = await host.ask(request);
      composer.explain(refusal);
      return refusal === undefined;
    },
    codeButtons: (language, code) => createCodeButtons(context, language, code),
    say: host.say,
    linkPlaces: (answer) => places.watch(answer),
    later: (task) => {
      tasks.push(task);
      requestRender();
    },
    focusComposer: () => composer.focus(),
    announce: (text) => (announcer.textContent = text),
  };
  const places = createPlaceLinks(context);
  const { draft, place } = host.recall();
  const composer = createComposer(context, draft, (text) => host.remember({ draft: text }));
  const welcome = createWelcome(context, (text) => composer.write(text));
  const list = createMessageList(context, welcome.node, place, (at) => host.remember({ place: at }));
  const statusCard = createStatusCard(context);
  const page = element("main", "page", list.node, statusCard.node, composer.node, announcer);
  page.hidden = true;

  let state: PageState | undefined;
  // VS Code gives the focus to the page, and the page to its composer: one that comes late takes it from nobody.
  let focusAsked = false;
  const requestRender = inFrames((hasTime) => {
    if (!state) return true;
    const { conversation, status, attachments, contextUse } = state;
    const empty = conversation.messages.length === 0;
    page.hidden = false;
    page.classList.toggle("empty", empty);
    // While a model loads one can write already.
    welcome.node.hidden = !empty || status.state === "failed";
    welcome.show(status);
    statusCard.show(status, empty);
    composer.show({ status, attachments, contextUse, answering: streamingAnswer(conversation) !== undefined });
    const isWhole = list.show(conversation, hasTime);
    // What is not shown yet cannot take the focus.
    if (focusAsked && document.hasFocus()) {
      focusAsked = false;
      composer.focus();
    }
    while (isWhole && tasks.length > 0 && hasTime()) tasks.shift()?.();
    return isWhole && tasks.length === 0;
  });
  window.addEventListener("focus", requestRender);

  host.onMessage((message) => {
    if (message.type === "focus") focusAsked = true;
    else if (message.type === "places") places.found(message.names);
    else if (message.type === "offers") composer.offer(message.query, message.offers);
    else state = receive(state, message);
    requestRender();
  });
  document.addEventListener("keydown", (event) => {
    const answering = state && streamingAnswer(state.conversation);
    if (event.key === "Escape" && !event.isComposing && answering) void context.ask({ type: "stop" });
  });
  return page;
}

/** The state after a message. Before the first whole state, changes have nothing to change. */
function receive(
  state: PageState | undefined,
  message: Exclude<HostMessage, { type: "focus" | "offers" | "places" }>,
): PageState | undefined {
  if (message.type === "state") {
    const { conversation, status, attachments } = message;
    return { conversation, status, attachments };
  }
  if (!state) return undefined;
  switch (message.type) {
    case "event":
      return { ...state, conversation: reduceConversation(state.conversation, message.event) };
    case "status":
      return { ...state, status: message.status };
    case "attachments":
      return { ...state, attachments: message.attachments };
    case "contextUse":
      return { ...state, contextUse: message.use };
  }
}
