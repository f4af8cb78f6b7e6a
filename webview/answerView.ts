// An answer: its Markdown, how it stands in words, and what can be done with it.

import { plainText } from "../src/shared/plainText.ts";
import type { AnswerMessage } from "../src/shared/protocol.ts";
import { codicon, element, iconButton, spinner, textButton, tick } from "./components.ts";
import { type PageContext, fill } from "./context.ts";
import { createMarkdownView } from "./markdownView.ts";

/** A screen reader is given this many characters of an answer; the rest can be read in its place. */
const longestAnnounced = 2_000;

export interface AnswerView {
  readonly node: HTMLElement;
  /** `last`: the conversation ends with this answer, so it can be asked for again. */
  show(answer: AnswerMessage, last: boolean): void;
}

export function createAnswerView(context: PageContext): AnswerView {
  const { strings, announce } = context;
  const markdown = createMarkdownView(context);
  const heading = element("h2", "visually-hidden", strings.falcon);
  const thinking = element("p", "thinking", spinner(), strings.thinking);
  const footer = element("div", "answer-footer");
  const node = element("article", "message answer", heading, markdown.node, thinking, footer);
  node.tabIndex = -1;
  let shown: { readonly answer: AnswerMessage; readonly last: boolean } | undefined;

  return {
    node,
    show: (answer, last) => {
      if (answer === shown?.answer && last === shown.last) return;
      const streaming = answer.state === "streaming";
      const wasStreaming = shown?.answer.state === "streaming";
      shown = { answer, last };
      node.classList.toggle("streaming", streaming);
      thinking.hidden = !streaming || answer.text !== "";
      markdown.show(answer.text, !streaming);
      if (streaming) {
        // Who asks again by the keyboard stays with the answer, though the button goes away.
        if (footer.matches(":focus-within")) node.focus();
        footer.replaceChildren();
        if (!wasStreaming) announce(strings.answering);
        return;
      }
      footer.replaceChildren(
        ...createStanding(context, answer),
        ...notesOf(answer).map(createNote),
        createActions(context, answer, last),
      );
      if (wasStreaming) announce(describe(context, answer, markdown.node.textContent));
    },
  };
}

/** How an answer stands, in words; nothing when it is simply done. */
function standing({ strings }: PageContext, { state, text, problem }: AnswerMessage): string {
  switch (state) {
    case "streaming":
      return "";
    case "done":
      return text.trim() ? "" : strings.emptyAnswer;
    case "failed":
      return problem ? plainText(problem.message) : strings.failed;
    case "stopped":
    case "interrupted":
    case "truncated":
      return strings[state];
  }
}

function createStanding(context: PageContext, answer: AnswerMessage): HTMLElement[] {
  const words = standing(context, answer);
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
function createActions(context: PageContext, answer: AnswerMessage, last: boolean): HTMLElement {
  const { strings, ask, announce } = context;
  const actions = element("div", "actions");
  const action = answer.problem?.action;
  if (last && action && action !== "retry") {
    actions.append(textButton(strings.actions[action], "primary", () => void ask({ type: "act", action })));
  }
  const retry = () => void ask({ type: "retry" });
  const complete = answer.state === "done" && answer.text.trim() !== "";
  if (last && !complete) actions.append(textButton(strings.retry, "secondary", retry));
  if (answer.text.trim()) {
    const copy = iconButton("copy", strings.copyAnswer, async () => {
      if (!(await ask({ type: "copyCode", code: answer.text }))) return;
      tick(copy, "copy");
      announce(strings.copied);
    });
    actions.append(copy);
  }
  if (last && complete) actions.append(iconButton("refresh", strings.retry, retry));
  return actions;
}

function describe(context: PageContext, answer: AnswerMessage, text: string): string {
  const words = standing(context, answer);
  const said = text.trim() ? fill(context.strings.answered, text.trim().slice(0, longestAnnounced)) : "";
  return [said, words, ...notesOf(answer)].filter(Boolean).join("\n");
}
