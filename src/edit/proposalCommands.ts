// The commands that accept and reject proposed changes, for keys and for what is written above the changes.

import { Uri, window, workspace, type TextDocument, type TextEditor } from "vscode";

import { UserError } from "../problems.ts";
import { l10n } from "vscode";
import { Proposal } from "./proposal.ts";
import type { Proposals } from "./proposals.ts";

export function proposalCommands(proposals: Proposals): Record<string, (...args: unknown[]) => unknown> {
  return {
    "falcon.acceptChange": (proposal, hunk) => {
      const placed = placedIn(proposal, hunk);
      if (placed) placed.proposal.accept([placed.hunk]);
      else proposals.acceptAtCursor(activeEditor());
    },
    "falcon.rejectChange": (proposal, hunk) => {
      const placed = placedIn(proposal, hunk);
      return placed ? placed.proposal.reject([placed.hunk]) : proposals.rejectAtCursor(activeEditor());
    },
    "falcon.acceptAllChanges": (uri) => proposals.acceptAll(documentOf(uri)),
    "falcon.rejectAllChanges": (uri) => proposals.rejectAll(documentOf(uri)),
  };
}

/** What stands above a change hands it on; a key does not. */
function placedIn(proposal: unknown, hunk: unknown) {
  if (!(proposal instanceof Proposal)) return undefined;
  const placed = proposal.placed.find((each) => each.hunk === hunk);
  return placed && { proposal, hunk: placed.hunk };
}

function documentOf(uri: unknown): TextDocument {
  const document = uri instanceof Uri && workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
  return document || activeEditor().document;
}

function activeEditor(): TextEditor {
  if (!window.activeTextEditor) throw new UserError(l10n.t("Open a file in an editor first."));
  return window.activeTextEditor;
}
