// What is written above proposed changes: accept and reject each, and all.

import { CodeLens, Range, languages, l10n, type CodeLensProvider, type Disposable, type TextDocument } from "vscode";

import type { Hunk } from "./hunks.ts";
import type { Proposal } from "./proposal.ts";
import { linesOf } from "./proposalDecorations.ts";
import type { Proposals } from "./proposals.ts";
import { plainText } from "../shared/plainText.ts";

/** Characters of a change's words that are named. */
const longestName = 30;

export function registerProposalLenses(proposals: Proposals): Disposable {
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: proposals.onDidChange,
    provideCodeLenses: (document) => {
      const all = proposals.of(document);
      // In a narrow editor the end of a row is not seen.
      return [...lensesOfAll(all, document), ...lensesOfEach(all, document)];
    },
  };
  return languages.registerCodeLensProvider({ scheme: "*" }, provider);
}

/** @param tooltip tells who hears them one after the other which change each is for */
function lensAt(line: number, title: string, tooltip: string, command: string, ...args: unknown[]): CodeLens {
  return new CodeLens(new Range(line, 0, line, 0), { title: plainText(title), tooltip, command, arguments: args });
}

function lensesOfEach(proposals: readonly Proposal[], document: TextDocument): CodeLens[] {
  const writing = proposals.filter(({ isWriting }) => isWriting);
  const changes = proposals
    .filter(({ isWriting }) => !isWriting)
    .flatMap((proposal) =>
      proposal.placed.map((placed) => {
        const { line } = linesOf(proposal, placed)?.start ?? document.positionAt(placed.start);
        return { proposal, placed, line };
      }),
    );
  const counts = new Map<number, number>();
  for (const { line } of changes) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [
    ...writing.map(({ range }) =>
      lensAt(range.start.line, l10n.t("Falcon is writing… Stop"), "", "falcon.rejectAllChanges", document.uri),
    ),
    ...changes.flatMap(({ proposal, placed: { hunk }, line }) => {
      // Several in a line are told apart by their words.
      const name = (counts.get(line) ?? 0) > 1 ? nameOf(proposal, hunk) : undefined;
      const lens = (title: string, tooltip: string, command: string) =>
        lensAt(line, title, tooltip, command, proposal, hunk);
      return [
        lens(
          name === undefined ? l10n.t("Accept") : l10n.t("Accept “{0}”", name),
          l10n.t("Accept the change at line {0}", line + 1),
          "falcon.acceptChange",
        ),
        lens(
          name === undefined ? l10n.t("Reject") : l10n.t("Reject “{0}”", name),
          l10n.t("Reject the change at line {0}", line + 1),
          "falcon.rejectChange",
        ),
      ];
    }),
  ];
}

/** The words that a change puts in, or those that it takes. */
function nameOf({ original }: Proposal, { start, end, text }: Hunk): string {
  const [sign, words] = text === "" ? ["−", original.slice(start, end)] : ["", text];
  return sign + (plainText(words, longestName) || "␣");
}

/** What decides all changes of a document stands above the first of them. */
function lensesOfAll(proposals: readonly Proposal[], { uri }: TextDocument): CodeLens[] {
  const waiting = proposals.filter(({ isWriting, placed }) => !isWriting && placed.length > 0);
  const count = waiting.reduce((sum, { placed }) => sum + placed.length, 0);
  if (count < 2) return [];
  const line = Math.min(...waiting.map(({ range }) => range.start.line));
  return [
    lensAt(line, l10n.t("Accept All ({0})", count), "", "falcon.acceptAllChanges", uri),
    lensAt(line, l10n.t("Reject All"), "", "falcon.rejectAllChanges", uri),
  ];
}
