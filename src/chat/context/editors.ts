// `@open` and `@problems`: what stands in editors, and what is wrong there.

import {
  DiagnosticSeverity,
  TabInputText,
  l10n,
  languages,
  window,
  workspace,
  type Diagnostic,
  type Uri,
} from "vscode";

import { UserError } from "../../problems.ts";
import type { Settings } from "../../settings.ts";
import { gatheredUri } from "../../shared/chatContext.ts";
import { oneLine } from "../../shared/plainText.ts";
import type { Attachment } from "../../shared/chat.ts";
import { attachDocument } from "../attachments.ts";
import { fitParts, gathered } from "./source.ts";
import { pathOf } from "./workspaceFiles.ts";

type Exclusion = Pick<Settings, "isExcluded" | "chatServer">;

const mostProblems = 200;

/** The files of the tabs, as far as there is room; those that may hold secrets, never. */
export async function attachOpenFiles(settings: Exclusion, room: number): Promise<readonly Attachment[]> {
  const uris = new Map<string, Uri>();
  for (const { tabs } of window.tabGroups.all) {
    for (const { input } of tabs) if (input instanceof TabInputText) uris.set(input.uri.toString(), input.uri);
  }
  const attachments: Attachment[] = [];
  let rest = room;
  let leftOut = 0;
  for (const uri of uris.values()) {
    const document = await Promise.resolve(workspace.openTextDocument(uri)).catch(() => undefined);
    const text = document?.getText() ?? "";
    if (!document || settings.isExcluded(uri) || text.length > rest) {
      leftOut++;
      continue;
    }
    if (text.trim() === "") continue;
    rest -= text.length;
    attachments.push(await attachDocument(document, settings));
  }
  const last = attachments.pop();
  if (!last) throw new UserError(l10n.t("No open editor has a text that can be attached."));
  const note = l10n.t("{0} other open files are left out: they are too long, no text, or may hold secrets", leftOut);
  return [...attachments, leftOut > 0 ? { ...last, leftOut: note } : last];
}

/** What the languages' extensions say of the workspace's files: errors first, those of the given document before others. */
export function attachProblems(settings: Exclusion, room: number, nearest: Uri | undefined): Attachment {
  const all = languages.getDiagnostics().filter(([uri]) => !settings.isExcluded(uri));
  const isFar = (uri: Uri) => Number(uri.toString() !== nearest?.toString());
  const problems = all
    .flatMap(([uri, diagnostics]) => diagnostics.map((diagnostic) => ({ uri, diagnostic })))
    .filter(({ diagnostic }) => diagnostic.severity <= DiagnosticSeverity.Warning)
    .sort((a, b) => a.diagnostic.severity - b.diagnostic.severity || isFar(a.uri) - isFar(b.uri));
  if (problems.length === 0) throw new UserError(l10n.t("There are no problems."));
  const kept = problems.slice(0, mostProblems);
  const fitted = fitParts(
    kept.map(({ uri, diagnostic }) => describe(uri, diagnostic)),
    room,
  );
  const leftOut = problems.length - kept.length + fitted.leftOut;
  return gathered(gatheredUri("problems"), {
    label: l10n.t("Problems"),
    languageId: "plaintext",
    icon: "warning",
    text: fitted.text,
    ...(leftOut > 0 && { leftOut: l10n.t("{0} more problems are left out", leftOut) }),
  });
}

function describe(uri: Uri, { range, severity, message, source }: Diagnostic): string {
  const document = workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
  const { line } = range.start;
  const code = document && line < document.lineCount ? `\n    ${document.lineAt(line).text.trim().slice(0, 200)}` : "";
  const kind = severity === DiagnosticSeverity.Error ? "error" : "warning";
  const from = source === undefined ? "" : ` (${oneLine(source, 50)})`;
  return `${pathOf(uri)}:${line + 1}: ${kind}: ${oneLine(message)}${from}${code}`;
}
