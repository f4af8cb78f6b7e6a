// The window of one request after the other: it keeps its place while the user types, so that a key changes the prompt's end alone.

import { isLeftOut } from "./ablation.ts";
import type { CompletionRequest } from "./request.ts";
import { type CompletionWindow, cutWindow, type WindowBudget } from "./window.ts";

/** The window where it was placed. */
export interface SteadyText {
  /** The lines before the one that the cursor was in. */
  readonly before: string;
  /** That line up to the cursor, with all that was typed since. */
  readonly typed: string;
  /** The text after the cursor, without closing brackets and quotes that stand right behind it. */
  readonly suffix: string;
}

interface Placed {
  readonly uri: string;
  /** The number of the line that `typed` begins with. */
  readonly line: number;
  readonly before: string;
  readonly suffix: string;
  /** Whether the suffix reaches to the end of the document. */
  readonly isWhole: boolean;
  readonly budget: WindowBudget;
  /** Tokens that `before` and what is typed may have. */
  readonly room: number;
}

/** What the editor closes by itself, with white space: a line, or the rest of one, that tells the model nothing new. */
const closers = /^[\s)\]}>'"`;,]*/;
/** Longer typing is put into the prefix: in prefix-suffix-middle order the suffix is evaluated again then. */
const longestTyped = 1500;
/** More closing lines than this are text of their own. */
const longestClosed = 80;

type CountTokens = (text: string) => Promise<number>;

export class SteadyWindow {
  #placed: Placed | undefined;

  /** Which is placed anew without a change to this one. */
  copy(): SteadyWindow {
    const copy = new SteadyWindow();
    copy.#placed = this.#placed;
    return copy;
  }

  async cut(request: CompletionRequest, budget: WindowBudget, countTokens: CountTokens): Promise<SteadyText> {
    const placed = this.#placed;
    if (placed && !isLeftOut("steadyWindow")) {
      const typed = typedIn(placed, request, budget);
      if (typed !== undefined && (await fits(placed.before + typed, placed.room, countTokens)))
        return { before: placed.before, typed, suffix: placed.suffix };
    }
    return this.#place(request, budget, countTokens);
  }

  async #place(request: CompletionRequest, budget: WindowBudget, countTokens: CountTokens): Promise<SteadyText> {
    const after = isLeftOut("steadyWindow") ? request.suffix : withoutClosers(request.suffix);
    const window = await cutWindow({ ...request, suffix: after }, budget, countTokens);
    const { before, typed } = atLine(window);
    const { suffix, room } = window;
    const line = request.firstLine + request.prefix.split("\n").length - 1;
    this.#placed = { uri: request.uri, line, before, suffix, isWhole: suffix === after, budget, room };
    return { before, typed, suffix };
  }
}

function atLine({ prefix }: CompletionWindow): { readonly before: string; readonly typed: string } {
  const start = prefix.lastIndexOf("\n") + 1;
  return { before: prefix.slice(0, start), typed: prefix.slice(start) };
}

/** What stands between the place and the cursor; undefined where the window has to be placed anew. */
function typedIn(placed: Placed, { uri, prefix, suffix, firstLine }: CompletionRequest, budget: WindowBudget) {
  if (uri !== placed.uri || budget.prefix < placed.budget.prefix || budget.suffix < placed.budget.suffix)
    return undefined;
  const start = startOfLine(prefix, placed.line - firstLine);
  if (start === undefined || prefix.length - start > longestTyped || !prefix.slice(0, start).endsWith(placed.before))
    return undefined;
  return isSuffix(placed, suffix) ? prefix.slice(start) : undefined;
}

/** Whether the text after the cursor is the one of the window, but for what was closed since. */
function isSuffix({ suffix, isWhole }: Placed, now: string): boolean {
  const [closed = ""] = closers.exec(now.slice(0, longestClosed)) ?? [];
  const start = isWhole ? now.length - suffix.length : now.indexOf(suffix);
  return start >= 0 && start <= closed.length && now.startsWith(suffix, start);
}

/** The text from the end of the cursor's line on, where nothing but closing characters stands before that. */
function withoutClosers(suffix: string): string {
  const lineEnd = suffix.indexOf("\n");
  const rest = lineEnd < 0 ? suffix : suffix.slice(0, lineEnd);
  return closers.exec(rest)?.[0] === rest ? suffix.slice(rest.length) : suffix;
}

function startOfLine(text: string, line: number): number | undefined {
  let start = 0;
  for (let i = 0; i < line && start >= 0; i++) start = text.indexOf("\n", start) + 1 || -1;
  return line < 0 || start < 0 ? undefined : start;
}

async function fits(text: string, room: number, countTokens: CountTokens): Promise<boolean> {
  return Buffer.byteLength(text) <= room || (await countTokens(text)) <= room;
}
