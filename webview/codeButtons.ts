// What the editor can do with a block of code, beside having it copied.

import { iconButton } from "./components.ts";
import type { PageContext } from "./context.ts";

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

export function createCodeButtons(
  { strings, ask }: Pick<PageContext, "strings" | "ask">,
  language: string,
  code: () => string,
): HTMLButtonElement[] {
  const insert = iconButton("insert", strings.insertCode, () => void ask({ type: "insertCode", code: code() }));
  const apply = iconButton("diff", strings.applyCode, () => void ask({ type: "applyCode", code: code() }));
  const file = iconButton("new-file", strings.newFile, () => {
    void ask({ type: "newFile", code: code(), language: language.slice(0, longestLanguage) });
  });
  const run = iconButton("terminal", strings.runCode, () => void ask({ type: "runCode", code: code() }));
  return [insert, apply, file, ...(shells.has(language.toLowerCase()) ? [run] : [])];
}
