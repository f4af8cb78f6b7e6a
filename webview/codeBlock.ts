// A block of code with its language and its buttons.

import { type CodeLines, createCodeLines } from "./codeLines.ts";
import { element, iconButton, tick } from "./components.ts";
import { type PageContext, fill } from "./context.ts";

export interface CodeBlock extends CodeLines {
  readonly language: string;
}

/** Languages whose code can be run in a terminal; it asks first. */
const shells = new Set([
  "sh",
  "bash",
  "zsh",
  "fish",
  "shell",
  "shellscript",
  "powershell",
  "ps1",
  "pwsh",
  "bat",
  "cmd",
]);

const longestLanguage = 100;

export function createCodeBlock(context: PageContext, language: string): CodeBlock {
  const { strings, ask } = context;
  const lines = createCodeLines(context, language);
  const copy = iconButton("copy", strings.copyCode, async () => {
    if (!(await ask({ type: "copyCode", code: lines.node.textContent }))) return;
    tick(copy, "copy");
    context.announce(strings.copied);
  });
  const insert = iconButton("insert", strings.insertCode, () => {
    void ask({ type: "insertCode", code: lines.node.textContent });
  });
  const apply = iconButton("diff", strings.applyCode, () => {
    void ask({ type: "applyCode", code: lines.node.textContent });
  });
  const file = iconButton("new-file", strings.newFile, () => {
    void ask({ type: "newFile", code: lines.node.textContent, language: language.slice(0, longestLanguage) });
  });
  const run = iconButton(
    "terminal",
    strings.runCode,
    () => void ask({ type: "runCode", code: lines.node.textContent }),
  );
  const buttons = [copy, insert, apply, file, ...(shells.has(language.toLowerCase()) ? [run] : [])];
  const name = element("span", "language", language || strings.plainText);
  const pre = element("pre", "", lines.node);
  // Code reads from left to right in every language.
  pre.dir = "ltr";
  const node = element("div", "code-block", element("div", "code-bar", name, ...buttons), pre);
  node.role = "group";
  node.ariaLabel = fill(strings.code, language || strings.plainText);
  return { ...lines, node, language };
}
