// What is written above proposed changes: accept and reject each, and all.

import { CodeLens, Range, languages, l10n, type CodeLensProvider, type Disposable, type TextDocument } from "vscode";

import type { Proposal } from "./proposal.ts";
import { linesOf } from "./proposalDecorations.ts";
import type { Proposals } from "./proposals.ts";
import { plainText } from "../shared/plainText.ts";

export function registerProposalLenses(proposals: Proposals): Disposable {
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: proposals.onDidChange,
    provideCodeLenses: (document) => {
      const all = proposals.of(document);
      return [...all.flatMap((proposal) => lensesOf(proposal, document)), ...lensesOfAll(all, document)];
    },
  };
  return languages.registerCodeLensProvider({ scheme: "*" }, provider);
}

/** @param tooltip tells who hears them one after the other which change each is for */
function lensAt(line: number, title: string, tooltip: string, command: string, ...args: unknown[]): CodeLens {
  return new CodeLens(new Range(line, 0, line, 0), { title: plainText(title), tooltip, command, arguments: args });
}

function lensesOf(proposal: Proposal, document: TextDocument): CodeLens[] {
  const { placed, range } = proposal;
  if (proposal.isWriting) {
    return [lensAt(range.start.line, l10n.t("Falcon is writing… Stop"), "", "falcon.rejectAllChanges", document.uri)];
  }
  return placed.flatMap((each) => {
    const { line } = linesOf(document, each)?.start ?? document.positionAt(each.start);
    return [
      lensAt(
        line,
        l10n.t("Accept"),
        l10n.t("Accept the change at line {0}", line + 1),
        "falcon.acceptChange",
        proposal,
        each.hunk,
      ),
      lensAt(
        line,
        l10n.t("Reject"),
        l10n.t("Reject the change at line {0}", line + 1),
        "falcon.rejectChange",
        proposal,
        each.hunk,
      ),
    ];
  });
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
