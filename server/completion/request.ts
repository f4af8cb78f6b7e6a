// What a completion is asked of: the text around the cursor, taken once from the document.

import type { Position, Range, TextDocument } from "vscode-languageserver-textdocument";

/** More characters than the prompt can use of either side; what stands there, of any size, is cut to this first. */
export const maxPrefixLength = 16_384;
export const maxSuffixLength = 4_096;

export interface CompletionRequest {
  readonly uri: string;
  readonly languageId: string;
  /** The file's path in its workspace folder, with slashes; empty for a document that is in none. */
  readonly path: string;
  /** Whether it comes from typing, not from the user's command. */
  readonly automatic: boolean;
  /** Text before the place of insertion, with line breaks as "\n"; begins at the start of a line unless that line is huge. */
  readonly prefix: string;
  /** Text after it. */
  readonly suffix: string;
  /** The line, counted from 0, in which `prefix` begins. */
  readonly firstLine: number;
  /** What the completion takes the place of: empty at the cursor, or the range of the suggest widget's selected item. */
  readonly range: Range;
  /** Text of the suggest widget's selected item, which the inserted text must begin with; it ends `prefix` too. */
  readonly selected: string;
}

export interface CompletionSite {
  readonly document: TextDocument;
  readonly position: Position;
  readonly automatic: boolean;
  readonly selectedCompletion?: { readonly range: Range; readonly text: string } | undefined;
  /** Text that stands before the document, such as a notebook's earlier cells. */
  readonly preceding?: string;
  /** Text that stands after it. */
  readonly following?: string;
  /** URIs of the workspace folders. */
  readonly folders?: readonly string[];
}

export function completionRequest(site: CompletionSite): CompletionRequest {
  const { document, position, automatic, selectedCompletion, preceding = "", following = "", folders = [] } = site;
  const range = selectedCompletion?.range ?? { start: position, end: position };
  const selected = selectedCompletion?.text ?? "";
  const start = document.offsetAt(range.start);
  const end = document.offsetAt(range.end);

  const from = startOfWindow(document, start);
  const before = normalizeLineBreaks(document.getText({ start: document.positionAt(from), end: range.start }));
  const rest = document.getText({ start: range.end, end: document.positionAt(end + maxSuffixLength) });
  const isWhole = rest.length < maxSuffixLength;
  const after = normalizeLineBreaks(rest + (isWhole ? following.slice(0, maxSuffixLength - rest.length) : ""));
  return {
    uri: document.uri,
    languageId: document.languageId,
    path: pathInFolder(document.uri, folders),
    automatic,
    prefix: (from === 0 ? lastLines(normalizeLineBreaks(preceding)) : "") + before + selected,
    suffix: withoutHalfCharacter(after),
    firstLine: document.positionAt(from).line,
    range,
    selected,
  };
}

/** Text of the cursor's line before the cursor. */
export function linePrefixOf({ prefix }: { readonly prefix: string }): string {
  return prefix.slice(prefix.lastIndexOf("\n") + 1);
}

/** Text of the cursor's line after the cursor. */
export function lineSuffixOf({ suffix }: { readonly suffix: string }): string {
  const end = suffix.indexOf("\n");
  return end < 0 ? suffix : suffix.slice(0, end);
}

/** The path of a URI in the workspace folder that it lies in, with slashes; empty where that is none. */
export function pathInFolder(uri: string, folders: readonly string[]): string {
  const decoded = decodedUri(uri.replace(/[?#].*/, ""));
  const folder = folders
    .map((each) => decodedUri(each)?.replace(/\/?$/, "/"))
    .find((each) => each !== undefined && decoded?.startsWith(each));
  return decoded?.slice(folder?.length ?? decoded.length) ?? "";
}

/** Whether two URIs name the same document: clients do not escape the same characters, and VS Code also escapes a drive's colon. */
export function isSameUri(a: string, b: string): boolean {
  const decoded = decodedUri(a);
  return a === b || (decoded !== undefined && decoded === decodedUri(b));
}

function decodedUri(uri: string): string | undefined {
  try {
    return decodeURIComponent(uri).replace(/^file:\/\/\/[A-Z]:/, (drive) => drive.toLowerCase());
  } catch {
    // Not every client escapes a percent sign: better no path than a wrong one.
    return undefined;
  }
}

/** Offset of the first line that lies wholly in the window, or a place in the line where that line is longer. */
function startOfWindow(document: TextDocument, cursor: number): number {
  const earliest = cursor - maxPrefixLength;
  if (earliest <= 0) return 0;
  const nextLine = document.offsetAt({ line: document.positionAt(earliest).line + 1, character: 0 });
  // Just below a huge line its end is the context; in the last line of a document the next one is its end.
  if (nextLine < cursor) return nextLine;
  const first = document.getText({
    start: document.positionAt(earliest),
    end: document.positionAt(earliest + 1),
  });
  return isLowSurrogate(first) ? earliest + 1 : earliest;
}

/** The lines at the end of a text that lie wholly in the window. */
function lastLines(text: string): string {
  if (text.length <= maxPrefixLength) return text;
  return text.slice(text.indexOf("\n", text.length - maxPrefixLength) + 1);
}

/** LSP counts in UTF-16, so a cut at a length can fall inside a character. */
export function withoutHalfCharacter(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}

function isLowSurrogate(unit: string): boolean {
  return /^[\uDC00-\uDFFF]/.test(unit);
}

function normalizeLineBreaks(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}
