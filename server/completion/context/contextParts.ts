// How the chunks stand in a prompt.

import type { PromptPart } from "../../engine/engine.ts";
import type { CompletionRequest } from "../request.ts";
import type { Chunk } from "./chunks.ts";

interface Style {
  readonly demonstration: boolean;
}

/**
 * For the bundled model in the form of its training: path, text and the token that ends a document (training/README.md).
 * Else under a comment with the path, in the syntax of the cursor's file.
 */
export function chunkParts(
  { path, text }: Chunk,
  { languageId }: CompletionRequest,
  { demonstration }: Style,
): PromptPart[] {
  if (demonstration) return [(path === "" ? "" : `${path}\n`) + text, { role: "eos" }];
  return [`${commentOf(path, languageId)}${text}\n`];
}

/** All of it: the chunks, and where the cursor's own file begins. */
export function contextParts(chunks: readonly Chunk[], request: CompletionRequest, style: Style): PromptPart[] {
  if (chunks.length === 0) return [];
  const parts = chunks.flatMap((chunk) => chunkParts(chunk, request, style));
  return style.demonstration ? parts : [...parts, commentOf(request.path, request.languageId)];
}

/** Languages whose comments do not begin with two slashes. */
const comments: Readonly<Record<string, readonly [open: string, close: string]>> = {
  ...Object.fromEntries(
    [
      "dockerfile",
      "elixir",
      "julia",
      "makefile",
      "perl",
      "powershell",
      "python",
      "r",
      "ruby",
      "shellscript",
      "toml",
      "yaml",
    ].map((language) => [language, ["# ", ""] as const]),
  ),
  ...Object.fromEntries(["elm", "haskell", "lua", "sql"].map((language) => [language, ["-- ", ""] as const])),
  ...Object.fromEntries(
    ["html", "markdown", "svelte", "vue", "xml"].map((language) => [language, ["<!-- ", " -->"] as const]),
  ),
  css: ["/* ", " */"],
};

/** A line with the path; nothing of a document that has none. */
function commentOf(path: string, languageId: string): string {
  const [open, close] = comments[languageId] ?? ["// ", ""];
  return path === "" ? "" : `${open}${path}${close}\n`;
}
