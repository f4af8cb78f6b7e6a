// An answer: its parts, how it stands in words, and what can be done with it.

import { plainText } from "../src/shared/plainText.ts";
import type { AnswerMessage } from "../src/shared/chat.ts";
import { type AnswerParts, createAnswerParts } from "./answerParts.ts";
import { codicon, element, iconButton, replaceKeepingFocus, spinner, textButton, tick } from "./components.ts";
import { type PageContext, fill } from "./context.ts";
import type { HasTime } from "./frame.ts";

/** A screen reader is given this many characters of an answer; the rest can be read in its place. */
const longestAnnounced = 2_000;

export interface AnswerView {
  readonly node: HTMLElement;
  /** `last`: the conversation ends with this answer, so it can be asked for again. Returns false when there is more to show. */
  show(answer: AnswerMessage, last: boolean, hasTime: HasTime): boolean;
}

export function createAnswerView(context: PageContext): AnswerView {
  const { strings, announce } = context;
  const heading = element("h2", "visually-hidden", strings.falcon);
  const thinking = element("p", "thinking", spinner(), strings.thinking);
  const footer = element("div", "answer-footer");
  const node = element("article", "message answer", heading, thinking, footer);
  // It takes the focus from its buttons, when they go away.
  node.tabIndex = -1;
  node.ariaLabel = strings.falcon;
  const parts = createAnswerParts(context, (part) => thinking.before(part));
  let shown: { readonly answer: AnswerMessage; readonly last: boolean } | undefined;
  let isWhole = false;
  let isToBeAnnounced = false;

  function showState(answer: AnswerMessage, last: boolean, wasStreaming: boolean): void {
    const streaming = answer.state === "streaming";
    node.classList.toggle("streaming", streaming);
    if (streaming) {
      // Who asks again by the keyboard stays with the answer, though the button goes away.
      replaceKeepingFocus(footer, node);
      if (!wasStreaming) announce(strings.answering);
    } else {
      const said = parts.said();
      replaceKeepingFocus(
        footer,
        node,
        ...createStanding(context, answer, parts.isEmpty()),
        ...notesOf(answer).map(createNote),
        createActions(context, answer, last, said),
      );
      isToBeAnnounced = wasStreaming;
    }
  }

  return {
    node,
    show: (answer, last, hasTime) => {
      const isNew = answer !== shown?.answer || last !== shown.last;
      if (!isNew && isWhole) return true;
      const wasStreaming = shown?.answer.state === "streaming";
      shown = { answer, last };
      const streaming = answer.state === "streaming";
      isWhole = parts.show(answer.text, !streaming, hasTime);
      thinking.hidden = !streaming || !parts.isEmpty();
      if (isNew) showState(answer, last, wasStreaming);
      if (isWhole && !streaming) context.linkPlaces(node);
      if (isWhole && isToBeAnnounced) {
        isToBeAnnounced = false;
        announce(describe(context, answer, parts));
      }
      return isWhole;
    },
  };
}

/** How an answer stands, in words; nothing when it is simply done. */
function standing({ strings }: PageContext, { state, problem }: AnswerMessage, isEmpty: boolean): string {
  switch (state) {
    case "streaming":
      return "";
    case "done":
      return problem ? plainText(problem.message) : isEmpty ? strings.emptyAnswer : "";
    case "failed":
      return problem ? plainText(problem.message) : strings.failed;
    case "stopped":
    case "interrupted":
    case "truncated":
      return strings[state];
  }
}

function createStanding(context: PageContext, answer: AnswerMessage, isEmpty: boolean): HTMLElement[] {
  const words = standing(context, answer, isEmpty);
  if (!words) return [];
  const icon = { failed: "error", interrupted: "warning", truncated: "info", stopped: "circle-slash" };
  const name = answer.state in icon ? icon[answer.state as keyof typeof icon] : "info";
  return [element("p", `standing ${answer.state}`, codicon(name), element("span", "", words))];
}

/** What the user should know of the answer, as plain text: the server puts a model's name into it. */
function notesOf({ notes = [] }: AnswerMessage): string[] {
  return notes.map((note) => plainText(note));
}

function createNote(note: string): HTMLElement {
  return element("p", "standing note", codicon("info"), element("span", "", note));
}

/** Discreet icons under a good answer; a button in words where something is to be mended. */
function createActions(context: PageContext, answer: AnswerMessage, last: boolean, said: string): HTMLElement {
  const { strings, ask, announce } = context;
  const actions = element("div", "actions");
  const action = answer.problem?.action;
  if (last && action && action !== "retry") {
    actions.append(textButton(strings.actions[action], "primary", () => void ask({ type: "act", action })));
  }
  const retry = () => void ask({ type: "retry" });
  const complete = answer.state === "done" && said !== "";
  if (last && !complete) actions.append(textButton(strings.retry, "secondary", retry));
  if (said) {
    const copy = iconButton("copy", strings.copyAnswer, async () => {
      if (!(await ask({ type: "copyCode", code: said }))) return;
      tick(copy, "copy");
      announce(strings.copied);
    });
    actions.append(copy);
  }
  if (last && complete) actions.append(iconButton("refresh", strings.retry, retry));
  if (last && said) {
    actions.append(iconButton("settings", strings.retryWith, () => void ask({ type: "retryWith" })));
  }
  if (said) {
    actions.append(iconButton("repo-forked", strings.branch, () => void ask({ type: "branch", id: answer.id })));
  }
  return actions;
}

function describe(context: PageContext, answer: AnswerMessage, parts: AnswerParts): string {
  const words = parts.words();
  const said = words ? fill(context.strings.answered, words.slice(0, longestAnnounced)) : "";
  return [said, standing(context, answer, parts.isEmpty()), ...notesOf(answer)].filter(Boolean).join("\n");
}
