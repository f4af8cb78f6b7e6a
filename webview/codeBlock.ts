// A block of code with its language and its buttons.

import { element, iconButton, tick } from "./components.ts";
import { type PageContext, fill } from "./context.ts";
import { highlight } from "./markdown.ts";

export interface CodeBlock {
  readonly node: HTMLElement;
  readonly language: string;
  /** Shows code that is still being written, without colours. */
  write(code: string): void;
  /** Shows the whole code, with colours. */
  close(code: string): void;
}

export function createCodeBlock(context: PageContext, language: string): CodeBlock {
  const { strings, ask } = context;
  const text = document.createTextNode("");
  const code = element("code", "", text);
  const copy = iconButton("copy", strings.copyCode, async () => {
    if (!(await ask({ type: "copyCode", code: code.textContent }))) return;
    tick(copy, "copy");
    context.announce(strings.copied);
  });
  const insert = iconButton("insert", strings.insertCode, () => {
    void ask({ type: "insertCode", code: code.textContent });
  });
  const name = element("span", "language", language || strings.plainText);
  const pre = element("pre", "", code);
  // Code reads from left to right in every language.
  pre.dir = "ltr";
  const node = element("div", "code-block", element("div", "code-bar", name, copy, insert), pre);
  node.role = "group";
  node.ariaLabel = fill(strings.code, language || strings.plainText);
  return {
    node,
    language,
    write: (written) => {
      if (written.startsWith(text.data)) text.appendData(written.slice(text.length));
      else text.data = written;
    },
    close: (written) => code.replaceChildren(highlight(written, language)),
  };
}
