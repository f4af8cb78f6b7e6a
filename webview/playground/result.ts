// A text as it is written, with how fast it came and how it ended.

import { createAnswerParts } from "../answerParts.ts";
import { codicon, element, spinner } from "../components.ts";
import { type MarkdownContext, fill } from "../context.ts";
import type { HasTime } from "../frame.ts";
import { type Api, Refusal, type Settings, type Task } from "./api.ts";
import type { PlaygroundStrings } from "./strings.ts";

export interface Result {
  readonly node: HTMLElement;
  /** Resolves when it is written, or was stopped or refused; to the refusal. */
  readonly write: (task: Task, settings: Settings, signal: AbortSignal) => Promise<Refusal | undefined>;
  /** Shows what came since the last frame. Returns false when there is more to show. */
  readonly show: (hasTime: HasTime) => boolean;
}

export interface ResultContext extends MarkdownContext {
  readonly strings: PlaygroundStrings;
  readonly api: Api;
  /** Asks for a call of `show`. */
  readonly requestRender: () => void;
}

interface TextView {
  show(text: string, ended: boolean, hasTime: HasTime): boolean;
}

export function createResult(context: ResultContext, title: string): Result {
  const { strings, api, requestRender } = context;
  const body = element("div", "result-text");
  body.tabIndex = 0;
  body.role = "group";
  body.ariaLabel = title;
  const standing = element("p", "standing");
  const node = element("section", "result", element("h2", "", title), body, standing);
  let text = "";
  let isEnded = true;
  let view: TextView | undefined;
  /** Called when all of a text that has ended is on the page. */
  let onShown: (() => void) | undefined;

  /** How it ended is said once it is there to be read. */
  function end(): Promise<void> {
    isEnded = true;
    requestRender();
    return new Promise((resolve) => (onShown = resolve));
  }

  function say(icon: HTMLElement, ...sentences: readonly string[]): void {
    standing.replaceChildren(icon, element("span", "", sentences.filter(Boolean).join(" ")));
  }

  async function write(task: Task, settings: Settings, signal: AbortSignal): Promise<void> {
    const start = performance.now();
    let first: number | undefined;
    const { isCut, tokens } = await api.write(
      task,
      settings,
      (piece) => {
        if (piece === "") return;
        first ??= performance.now();
        text += piece;
        requestRender();
      },
      signal,
    );
    const last = performance.now();
    const rate = first === undefined || tokens < 2 ? 0 : ((tokens - 1) * 1000) / Math.max(last - first, 1);
    const figures = fill(strings.figures, tokens, rate.toFixed(1), Math.round((first ?? last) - start));
    await end();
    say(codicon("check"), text === "" ? strings.empty : "", isCut ? strings.cut : "", `${figures}.`);
  }

  return {
    node,
    write: async (task, settings, signal) => {
      text = "";
      isEnded = false;
      body.replaceChildren();
      view = task.kind === "chat" ? createChatView(context, body) : createPlainView(task, body);
      say(spinner(), strings.writing);
      try {
        await write(task, settings, signal);
        return undefined;
      } catch (error) {
        await end();
        if (signal.aborted) say(codicon("circle-slash"), strings.stopped);
        else say(codicon("error"), error instanceof Refusal ? error.message : strings.unreachable);
        return error instanceof Refusal ? error : undefined;
      }
    },
    show: (hasTime) => {
      const isWhole = view?.show(text, isEnded, hasTime) ?? true;
      if (isWhole && isEnded) onShown?.();
      return isWhole;
    },
  };
}

/** An answer, in Markdown. */
function createChatView(context: MarkdownContext, body: HTMLElement): TextView {
  return createAnswerParts(context, (part) => body.append(part));
}

/** What is written stands where it belongs: after the text before it, and before the one after it. */
function createPlainView(task: Exclude<Task, { kind: "chat" }>, body: HTMLElement): TextView {
  const written = document.createTextNode("");
  const suffix = task.kind === "infill" ? [element("span", "given", task.suffix)] : [];
  const pre = element("pre", "", element("span", "given", task.prompt), element("mark", "", written), ...suffix);
  body.append(pre);
  return {
    show: (text) => {
      written.appendData(text.slice(written.length));
      return true;
    },
  };
}
