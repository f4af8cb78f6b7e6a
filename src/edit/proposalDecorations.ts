// How proposed changes look: what is new stands in the text on a green ground, what it takes the place of beside it in red;
// while they are being written it is the other way round.

import {
  type DecorationOptions,
  OverviewRulerLane,
  Range,
  ThemeColor,
  window,
  type Disposable,
  type ThemableDecorationAttachmentRenderOptions,
  type TextDocument,
  type TextEditor,
} from "vscode";

import type { Proposal } from "./proposal.ts";
import type { PlacedHunk } from "./trackedText.ts";

/** Lines that a hover shows. */
const mostLines = 100;

/** Characters of a removed line that are shown. */
const longestLine = 200;

/** Themes of high contrast give the border a colour, others none. */
const hiddenBorder = "1px solid transparent";

export class ProposalDecorations implements Disposable {
  readonly #added = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor("diffEditor.insertedLineBackground"),
    border: hiddenBorder,
    borderColor: new ThemeColor("diffEditor.insertedTextBorder"),
    overviewRulerColor: new ThemeColor("diffEditorOverview.insertedForeground"),
    overviewRulerLane: OverviewRulerLane.Full,
  });
  readonly #addedWords = window.createTextEditorDecorationType({
    backgroundColor: new ThemeColor("diffEditor.insertedTextBackground"),
    // A border would make the line longer than the editor has reckoned where it wraps it.
    outline: hiddenBorder,
    outlineColor: new ThemeColor("diffEditor.insertedTextBorder"),
    overviewRulerColor: new ThemeColor("diffEditorOverview.insertedForeground"),
    overviewRulerLane: OverviewRulerLane.Full,
  });
  readonly #removed = window.createTextEditorDecorationType({
    overviewRulerColor: new ThemeColor("diffEditorOverview.removedForeground"),
    overviewRulerLane: OverviewRulerLane.Full,
  });
  readonly #leaving = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor("diffEditor.removedLineBackground"),
    border: hiddenBorder,
    borderColor: new ThemeColor("diffEditor.removedTextBorder"),
    overviewRulerColor: new ThemeColor("diffEditorOverview.removedForeground"),
    overviewRulerLane: OverviewRulerLane.Full,
  });
  readonly #coming = window.createTextEditorDecorationType({
    overviewRulerColor: new ThemeColor("diffEditorOverview.insertedForeground"),
    overviewRulerLane: OverviewRulerLane.Full,
  });
  readonly #writing = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor("editor.rangeHighlightBackground"),
  });

  show(editor: TextEditor, proposals: readonly Proposal[]): void {
    const { document } = editor;
    const added: Range[] = [];
    const addedWords: Range[] = [];
    const removed: DecorationOptions[] = [];
    const leaving: Range[] = [];
    const coming: DecorationOptions[] = [];
    for (const proposal of proposals) {
      for (const announced of proposal.announced) {
        const lines = oldLinesOf(document, announced);
        if (lines) leaving.push(lines);
        coming.push(...besideOld(announced, lines, editor));
      }
      for (const placed of proposal.placed) {
        if (isWithinLine(proposal, placed)) {
          addedWords.push(proposal.rangeOf(placed));
          removed.push(besideWords(proposal, placed, document));
        } else {
          const lines = linesOf(proposal, placed);
          if (lines) added.push(lines);
          removed.push(...besideNew(proposal, placed, lines, editor));
        }
      }
    }
    editor.setDecorations(this.#added, added);
    editor.setDecorations(this.#addedWords, addedWords);
    editor.setDecorations(this.#removed, removed);
    editor.setDecorations(this.#leaving, leaving);
    editor.setDecorations(this.#coming, coming);
    editor.setDecorations(
      this.#writing,
      proposals.filter(({ isWriting }) => isWriting).map(({ range }) => range),
    );
  }

  dispose(): void {
    for (const type of [this.#added, this.#addedWords, this.#removed, this.#leaving, this.#coming, this.#writing])
      type.dispose();
  }
}

/** Whether a change neither has nor takes a line break, and is not a whole line. */
function isWithinLine(proposal: Proposal, { hunk }: PlacedHunk): boolean {
  return proposal.by === "words" && !/\n/.test(hunk.text + proposal.original.slice(hunk.start, hunk.end));
}

/** The lines that a hunk has put into the document; undefined where it only takes some. */
export function linesOf({ document, original }: Proposal, { hunk, start, end }: PlacedHunk): Range | undefined {
  if (hunk.text === "") return undefined;
  const isInsertion = hunk.start === hunk.end;
  // New lines have a line end behind them, or before them where the last line is above.
  const before = isInsertion && hunk.start === original.length ? (/^\r?\n/.exec(hunk.text)?.[0].length ?? 0) : 0;
  const after = isInsertion && before === 0 ? (/\r?\n$/.exec(hunk.text)?.[0].length ?? 0) : 0;
  return new Range(document.positionAt(start + before), document.positionAt(end - after));
}

const removedStyle = {
  color: new ThemeColor("editor.foreground"),
  backgroundColor: new ThemeColor("diffEditor.removedTextBackground"),
  border: hiddenBorder,
  borderColor: new ThemeColor("diffEditor.removedTextBorder"),
} as const;

const addedStyle = {
  color: new ThemeColor("editor.foreground"),
  backgroundColor: new ThemeColor("diffEditor.insertedTextBackground"),
  border: hiddenBorder,
  borderColor: new ThemeColor("diffEditor.insertedTextBorder"),
} as const;

function besideWords(proposal: Proposal, placed: PlacedHunk, document: TextDocument): DecorationOptions {
  const old = proposal.original.slice(placed.hunk.start, placed.hunk.end);
  const range = proposal.rangeOf(placed);
  if (old === "") return { range };
  // The margin is as wide as the border: the line is as long as the editor has reckoned.
  const before = { ...removedStyle, contentText: oneLine(old), textDecoration: "line-through", margin: "0 -1px" };
  return { range, hoverMessage: hoverOf([old], document), renderOptions: { before } };
}

/** The lines that a hunk will take from the document; undefined where it only adds some. */
function oldLinesOf(document: TextDocument, { hunk, start, end }: PlacedHunk): Range | undefined {
  if (start === end) return undefined;
  const [first, last] = [document.positionAt(start), document.positionAt(end)];
  // Where only lines go, a line end goes with them: the one behind them, or that before the last ones of the document.
  if (hunk.text !== "") return new Range(first, last);
  return last.character === 0
    ? new Range(first, document.lineAt(last.line - 1).range.end)
    : new Range(first.line + 1, 0, last.line, last.character);
}

/** Each line that is going to come stands behind one of those that give way, or behind the one above. */
function besideOld({ hunk, start }: PlacedHunk, lines: Range | undefined, editor: TextEditor): DecorationOptions[] {
  if (hunk.text === "") return [];
  const { document } = editor;
  const { line, character } = document.positionAt(start);
  const above = document.lineAt(character === 0 ? Math.max(0, line - 1) : line).range;
  return besideLines(linesIn(hunk.text), "+", addedStyle, lines ?? above, editor);
}

/** Each line that was taken stands behind one of those that took its place. */
function besideNew(
  proposal: Proposal,
  { hunk, start }: PlacedHunk,
  lines: Range | undefined,
  editor: TextEditor,
): DecorationOptions[] {
  if (hunk.start === hunk.end) return [];
  const old = linesIn(proposal.original.slice(hunk.start, hunk.end));
  const place = lines ?? editor.document.lineAt(editor.document.positionAt(start)).range;
  return besideLines(old, "−", removedStyle, place, editor);
}

/** Without the line end that is taken or put in with them. */
function linesIn(text: string): string[] {
  return text.replace(/^\r?\n|\r?\n$/g, "").split(/\r?\n/);
}

/** Texts behind the lines of a place, all at the same column. */
function besideLines(
  texts: readonly string[],
  sign: "+" | "−",
  style: ThemableDecorationAttachmentRenderOptions,
  place: Range,
  { document, options }: TextEditor,
): DecorationOptions[] {
  const tabSize = typeof options.tabSize === "number" ? options.tabSize : 4;
  const { start, end } = place;
  const rows = Array.from({ length: end.line - start.line + 1 }, (_, i) => document.lineAt(start.line + i));
  const widths = rows.map(({ text }) => widthOf(text, tabSize));
  const column = Math.min(Math.max(...widths), 100) + 4;
  return rows.flatMap(({ range }, i): DecorationOptions[] => {
    if (i >= texts.length) return [];
    const more = i === rows.length - 1 ? texts.length - rows.length : 0;
    const text = oneLine((texts[i] ?? "").trim()) + (more > 0 ? `  (${sign}${more})` : "");
    const margin = `0 0 0 ${Math.max(2, column - (widths[i] ?? 0))}ch`;
    const after = { ...style, contentText: `${sign} ${text}`, margin };
    return [{ range, hoverMessage: hoverOf(texts, document), renderOptions: { after } }];
  });
}

/** All lines of a change, as code: what is cut off at the editor's edge is read here. */
function hoverOf(lines: readonly string[], { languageId }: TextDocument) {
  const value = lines.slice(0, mostLines).join("\n");
  // Nothing of it may end the code.
  return { language: languageId, value: value.replaceAll("```", "`\u200B``") };
}

function oneLine(text: string): string {
  return text.slice(0, longestLine).replaceAll(/\r?\n/g, "⏎").replaceAll("\t", "  ").replaceAll(/ /g, "\u00A0");
}

function widthOf(text: string, tabSize: number): number {
  let width = 0;
  for (const character of text.slice(0, 1_000)) width += character === "\t" ? tabSize - (width % tabSize) : 1;
  return width;
}
