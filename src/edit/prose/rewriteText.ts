// “Fix Grammar and Spelling” and its like: the prose of a document or a selection → model → proposals, a part after the other.

import { randomUUID } from "node:crypto";

import { Range, l10n, window, workspace, type TextDocument, type TextEditor } from "vscode";

import { onDidCloseDocument } from "../../closedDocuments.ts";
import { isCancelled, problemOf, showProblem, UserError } from "../../problems.ts";
import type { ServerClient } from "../../server/client.ts";
import { prosePart, rewriteProseRequest } from "../../shared/methods.ts";
import type { ProsePart, RewriteCommand, RewriteProseResult } from "../../shared/prose.ts";
import { showInformationMessage, showProgress } from "../../surfaces.ts";
import type { Proposals } from "../proposals.ts";
import { PartPlaces } from "./partPlaces.ts";

export interface ProseDependencies {
  readonly proposals: Proposals;
  readonly server: ServerClient;
}

/** How many lines a message names. */
const namedLines = 5;

/** @param title what the progress says @param language into which is translated, by its English name */
export async function rewriteText(
  { document, selection }: TextEditor,
  asked: { readonly command: RewriteCommand; readonly title: string; readonly language?: string },
  { proposals, server }: ProseDependencies,
): Promise<void> {
  const { command, title, language } = asked;
  const text = document.getText();
  const [start, end] = selection.isEmpty
    ? [0, text.length]
    : [document.offsetAt(selection.start), document.offsetAt(selection.end)];
  const { uri, languageId } = document;
  const place = { uri: uri.toString(), languageId, text, start, end, partialResultToken: randomUUID() };
  const run = new RewriteRun(document, text, proposals);
  try {
    const result = await showProgress(title, async (report, cancelled) => {
      const onPart = (part: ProsePart) => {
        run.show(part);
        report(l10n.t("{0} of {1}", run.done, part.total), run.done / part.total);
      };
      const params = { command, ...place, ...(language !== undefined && { language }) };
      return server.stream(rewriteProseRequest, prosePart, params, onPart, AbortSignal.any([cancelled, run.closed]));
    });
    await run.end(result);
  } catch (error) {
    // What was done stays.
    if (!isCancelled(error)) throw error;
  } finally {
    run.dispose();
  }
}

/** One run of a command over a document: its parts become proposals where they stand by then. */
class RewriteRun {
  readonly #document: TextDocument;
  readonly #text: string;
  readonly #proposals: Proposals;
  readonly #places = new PartPlaces();
  readonly #closed = new AbortController();
  /** Where parts begin that stay as they were. */
  readonly #broken: number[] = [];
  readonly #shown: ProsePart[] = [];
  #isReadOnly = false;
  #isOver = false;
  #leftOut = 0;
  done = 0;
  readonly #listeners = [
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (document === this.#document) this.#places.follow(contentChanges);
    }),
    onDidCloseDocument((document) => {
      if (document === this.#document) this.#closed.abort();
    }),
  ];

  constructor(document: TextDocument, text: string, proposals: Proposals) {
    this.#document = document;
    this.#text = text;
    this.#proposals = proposals;
  }

  /** Fires when the document is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  show(part: ProsePart): void {
    this.done++;
    if (part.isBroken) this.#broken.push(part.start);
    const original = this.#text.slice(part.start, part.end);
    if (part.text === original) return;
    this.#shown.push(part);
    const place = this.#places.find(part);
    const range = place && new Range(this.#document.positionAt(place.start), this.#document.positionAt(place.end));
    if (!range || this.#document.getText(range) !== original) {
      this.#leftOut++;
      return;
    }
    try {
      const proposal = this.#proposals.begin(this.#document, range, "words");
      // A proposal may wait long until its document is visible.
      void proposal.finish(part.text).then((outcome) => {
        this.#isReadOnly ||= outcome === "readOnly";
        return this.#showIfReadOnly();
      });
    } catch (error) {
      if (!problemOf(error)) throw error;
      this.#leftOut++;
    }
  }

  /** Tells the user what became of it. */
  async end({ total, stopReason, problem }: RewriteProseResult): Promise<void> {
    if (problem) {
      void showProblem(problem);
      return;
    }
    if (total === 0) throw new UserError(l10n.t("There is no text to write here: what is selected is code or markup."));
    if (stopReason === "interrupted") {
      throw new UserError(l10n.t("The model's process ended while it wrote. What was done until then is shown."));
    }
    const notes: string[] = [];
    if (this.#broken.length > 0) {
      const lines = linesAt(this.#text, this.#broken);
      const named = lines.slice(0, namedLines).join(", ") + (lines.length > namedLines ? ", …" : "");
      notes.push(l10n.t("Some text came back without its markup and was left as it was, at lines {0}.", named));
    }
    if (this.#leftOut > 0) {
      notes.push(l10n.t("{0} parts were left out: you have changed them meanwhile.", this.#leftOut));
    }
    if (notes.length === 0 && this.#shown.length === 0 && stopReason === "end") {
      notes.push(l10n.t("The model found nothing to change."));
    }
    if (notes.length > 0) void showInformationMessage(notes.join(" "));
    this.#isOver = true;
    await this.#showIfReadOnly();
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
  }

  /** What takes no edit is shown in another document, with all that was written. */
  async #showIfReadOnly(): Promise<void> {
    if (!this.#isReadOnly || !this.#isOver) return;
    this.#isReadOnly = false;
    let content = this.#text;
    for (const { start, end, text } of this.#shown.toReversed()) {
      content = content.slice(0, start) + text + content.slice(end);
    }
    await window.showTextDocument(await workspace.openTextDocument({ content, language: this.#document.languageId }));
  }
}

/** The numbers of the lines at rising offsets, each once. */
function linesAt(text: string, offsets: readonly number[]): number[] {
  const lines = new Set<number>();
  let [line, lineBreak] = [1, text.indexOf("\n")];
  for (const offset of offsets) {
    for (; lineBreak >= 0 && lineBreak < offset; lineBreak = text.indexOf("\n", lineBreak + 1)) line++;
    lines.add(line);
  }
  return [...lines];
}
