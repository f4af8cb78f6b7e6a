// What is written above proposed changes: accept and reject each, and all.

import { CodeLens, Range, languages, l10n, type CodeLensProvider, type Disposable, type TextDocument } from "vscode";

import type { Proposal } from "./proposal.ts";
import { linesOf } from "./proposalDecorations.ts";
import type { Proposals } from "./proposals.ts";
import { plainText } from "../shared/plainText.ts";

export function registerProposalLenses(proposals: Proposals): Disposable {
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: proposals.onDidChange,
    provideCodeLenses: (document) => proposals.of(document).flatMap((proposal) => lensesOf(proposal, document)),
  };
  return languages.registerCodeLensProvider({ scheme: "*" }, provider);
}

function lensesOf(proposal: Proposal, document: TextDocument): CodeLens[] {
  const { placed, range } = proposal;
  /** @param tooltip tells who hears them one after the other which change each is for */
  const lens = (line: number, title: string, tooltip: string, command: string, ...args: unknown[]) =>
    new CodeLens(new Range(line, 0, line, 0), { title: plainText(title), tooltip, command, arguments: args });
  if (proposal.isWriting) {
    return [lens(range.start.line, l10n.t("Falcon is writing… Stop"), "", "falcon.rejectAllChanges", document.uri)];
  }
  const ofHunks = placed.flatMap((each) => {
    const { line } = linesOf(document, each)?.start ?? document.positionAt(each.start);
    return [
      lens(
        line,
        l10n.t("Accept"),
        l10n.t("Accept the change at line {0}", line + 1),
        "falcon.acceptChange",
        proposal,
        each.hunk,
      ),
      lens(
        line,
        l10n.t("Reject"),
        l10n.t("Reject the change at line {0}", line + 1),
        "falcon.rejectChange",
        proposal,
        each.hunk,
      ),
    ];
  });
  if (placed.length < 2) return ofHunks;
  return [
    ...ofHunks,
    lens(range.start.line, l10n.t("Accept All ({0})", placed.length), "", "falcon.acceptAllChanges", document.uri),
    lens(range.start.line, l10n.t("Reject All"), "", "falcon.rejectAllChanges", document.uri),
  ];
}
