// A block of code with its language and its buttons.

import { type CodeLines, createCodeLines } from "./codeLines.ts";
import { element, iconButton, tick } from "./components.ts";
import { type MarkdownContext, fill } from "./context.ts";

export interface CodeBlock extends CodeLines {
  readonly language: string;
}

export function createCodeBlock(context: MarkdownContext, language: string): CodeBlock {
  const { strings, ask } = context;
  const lines = createCodeLines(context, language);
  const copy = iconButton("copy", strings.copyCode, async () => {
    if (!(await ask({ type: "copyCode", code: lines.node.textContent }))) return;
    tick(copy, "copy");
    context.announce(strings.copied);
  });
  const buttons = [copy, ...context.codeButtons(language, () => lines.node.textContent)];
  const name = element("span", "language", language || strings.plainText);
  const pre = element("pre", "", lines.node);
  // Code reads from left to right in every language.
  pre.dir = "ltr";
  const node = element("div", "code-block", element("div", "code-bar", name, ...buttons), pre);
  node.role = "group";
  node.ariaLabel = fill(strings.code, language || strings.plainText);
  return { ...lines, node, language };
}
