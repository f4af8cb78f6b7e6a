// A part of an answer that is folded away until one wants to see it: what the model thought, or a tool that it calls.

import type { AnswerPart } from "../src/shared/answerParts.ts";
import type { PartView } from "./answerParts.ts";
import { createCodeBlock } from "./codeBlock.ts";
import { codicon, element, spinner } from "./components.ts";
import type { MarkdownContext } from "./context.ts";
import { createMarkdownView } from "./markdownView.ts";

export function createFoldedPart(context: MarkdownContext, kind: Exclude<AnswerPart["kind"], "text">): PartView {
  const { strings } = context;
  const summary = element("summary", "");
  const content = element("div", "folded-content");
  const node = element("details", "folded-part", summary, content);
  const show = kind === "thinking" ? createThinking(context, content) : createCall(context, content);
  let wanted = { text: "", ended: false };
  let waiting = false;

  /** What nobody sees costs nothing. */
  function showLater(): void {
    if (waiting || !node.open) return;
    waiting = true;
    context.later(() => {
      waiting = false;
      if (!show(wanted.text, wanted.ended)) showLater();
    });
  }
  node.addEventListener("toggle", showLater);

  let labelled: boolean | undefined;
  return {
    node,
    kind,
    show: (text, ended) => {
      if (ended !== labelled) summary.replaceChildren(...label(ended));
      labelled = ended;
      wanted = { text: text.trim(), ended };
      showLater();
      return true;
    },
  };

  function label(ended: boolean): Node[] {
    const arrow = codicon("chevron-right");
    if (kind === "toolCall") return [arrow, codicon("tools"), element("span", "", strings.toolCall)];
    if (ended) return [arrow, codicon("lightbulb"), element("span", "", strings.thought)];
    return [arrow, spinner(), element("span", "", strings.thinking)];
  }
}

type Show = (text: string, ended: boolean) => boolean;

function createThinking(context: MarkdownContext, place: HTMLElement): Show {
  const markdown = createMarkdownView(context);
  place.append(markdown.node);
  return (text, ended) => markdown.show(text, ended, () => false);
}

/** A call is JSON, shown once it is whole. */
function createCall(context: MarkdownContext, place: HTMLElement): Show {
  let shown = false;
  return (text, ended) => {
    if (!ended || shown) return true;
    shown = true;
    const code = createCodeBlock(context, "json");
    code.append(text);
    code.close();
    place.append(code.node);
    return true;
  };
}
