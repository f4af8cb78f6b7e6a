// Formulas in LaTeX are shown as they are written: Markdown would take their stars, underscores and backslashes.

import type { TokenizerAndRendererExtension } from "marked";

import { escapeHtml } from "./escapeHtml.ts";

/** A formula in a line begins and ends with one of these pairs. A dollar sign alone has more rules, since it is also money. */
const pairs = [
  ["$$", "$$"],
  ["\\(", "\\)"],
  ["\\[", "\\]"],
] as const;

const displayStart = /^ {0,3}(?:\$\$|\\\[|\\begin\{([a-zA-Z]{1,20}\*?)\})/;

/** To be handed to marked. */
export const mathExtensions: TokenizerAndRendererExtension[] = [
  {
    name: "displayMath",
    level: "block",
    start: (text) => after(text.search(/\n {0,3}(?:\$\$|\\\[|\\begin\{)/)),
    tokenizer: (text) => {
      const raw = readDisplay(text);
      return raw === undefined ? undefined : { type: "displayMath", raw };
    },
    renderer: ({ raw }) => `<p>${show(raw.trim())}</p>`,
  },
  {
    name: "inlineMath",
    level: "inline",
    start: (text) => after(text.search(/[$\\]/), 0),
    tokenizer: (text) => {
      const raw = readInline(text);
      return raw === undefined ? undefined : { type: "inlineMath", raw };
    },
    renderer: ({ raw }) => show(raw),
  },
];

/** The text with its formulas made harmless, its length unchanged. */
export function maskMath(text: string): string {
  let masked = "";
  for (let at = 0; at < text.length;) {
    const next = text.slice(at).search(/[$\\]/);
    if (next < 0) return masked + text.slice(at);
    const formula = readInline(text.slice(at + next));
    // A backslash that begins no formula takes the next character with it.
    const length = formula?.length ?? (text[at + next] === "\\" ? 2 : 1);
    const start = text.slice(at, at + next);
    masked += start + (formula ? "x".repeat(length) : text.slice(at + next, at + next + length));
    at += next + length;
  }
  return masked;
}

/** A formula in lines of its own. One that is not closed goes on to the next empty line, as LaTeX has none in a formula. */
function readDisplay(text: string): string | undefined {
  const [start, environment] = displayStart.exec(text) ?? [];
  if (start === undefined) return undefined;
  const emptyLine = text.search(/\n[ \t]*(?:\n|$)/);
  const limit = emptyLine < 0 ? text.length : emptyLine;
  const ending = environment ? `\\end{${environment}}` : start.trim() === "$$" ? "$$" : "\\]";
  const end = text.indexOf(ending, start.length);
  if (end < 0 || end > limit) return text.slice(0, limit);
  const lineEnd = text.indexOf("\n", end);
  const rest = text.slice(end + ending.length, lineEnd < 0 ? text.length : lineEnd);
  // In a line that goes on with words it is part of a paragraph.
  return /^[ \t]*[.,;]?[ \t]*$/.test(rest) ? text.slice(0, lineEnd < 0 ? text.length : lineEnd) : undefined;
}

function readInline(text: string): string | undefined {
  for (const [start, ending] of pairs) {
    if (!text.startsWith(start)) continue;
    const end = text.indexOf(ending, start.length);
    return end < 0 ? undefined : text.slice(0, end + ending.length);
  }
  const environment = /^\\begin\{([a-zA-Z]{1,20}\*?)\}/.exec(text)?.[1];
  if (environment) {
    const ending = `\\end{${environment}}`;
    const end = text.indexOf(ending);
    return end < 0 ? undefined : text.slice(0, end + ending.length);
  }
  // As in Pandoc: no space after the first dollar sign or before the second, and no digit after that.
  return /^\$(?![\s$])[^$\n]*[^$\s\\]\$(?!\d)|^\$[^$\s\\]\$(?!\d)/.exec(text)?.[0];
}

function show(formula: string): string {
  return `<span dir="ltr">${escapeHtml(formula).replaceAll("\n", "<br>")}</span>`;
}

function after(index: number, offset = 1): number | undefined {
  return index < 0 ? undefined : index + offset;
}
