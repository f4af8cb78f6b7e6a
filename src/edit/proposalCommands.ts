// The commands that accept and reject proposed changes, for keys and for what is written above the changes.

import { Uri, l10n, window, workspace, type TextDocument, type TextEditor } from "vscode";

import { UserError } from "../problems.ts";
import type { Hunk } from "./hunks.ts";
import { Proposal } from "./proposal.ts";
import type { Proposals } from "./proposals.ts";

export function proposalCommands(proposals: Proposals): Record<string, (...args: unknown[]) => unknown> {
  return {
    "falcon.acceptChange": (proposal, hunk) => {
      if (proposal instanceof Proposal) proposal.accept(placedIn(proposal, hunk));
      else proposals.acceptAtCursor(activeEditor());
    },
    "falcon.rejectChange": (proposal, hunk) =>
      proposal instanceof Proposal
        ? proposal.reject(placedIn(proposal, hunk))
        : proposals.rejectAtCursor(activeEditor()),
    "falcon.nextChange": () => proposals.goTo(activeEditor(), "next"),
    "falcon.previousChange": () => proposals.goTo(activeEditor(), "previous"),
    "falcon.acceptAllChanges": (uri) => {
      const document = documentOf(uri);
      if (document) proposals.acceptAll(document);
    },
    "falcon.rejectAllChanges": async (uri) => {
      const document = documentOf(uri);
      if (document) await proposals.rejectAll(document);
    },
  };
}

/** What stands above a change hands it on, which a key does not; by the click it may be decided already. */
function placedIn({ placed }: Proposal, hunk: unknown): Hunk[] {
  return placed.flatMap((each) => (each.hunk === hunk ? [each.hunk] : []));
}

function documentOf(uri: unknown): TextDocument | undefined {
  if (!(uri instanceof Uri)) return activeEditor().document;
  return workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
}

function activeEditor(): TextEditor {
  if (!window.activeTextEditor) throw new UserError(l10n.t("Open a file in an editor first."));
  return window.activeTextEditor;
}
