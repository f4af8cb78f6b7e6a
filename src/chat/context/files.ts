// `@file`, `@folder` and `@search`: what is in the workspace's files.

import type { TextDocument, Uri } from "vscode";
import { l10n, workspace } from "vscode";

import { UserError } from "../../problems.ts";
import type { Settings } from "../../settings.ts";
import { gatheredUri } from "../../shared/chatContext.ts";
import { plainName } from "../../shared/plainText.ts";
import type { Attachment } from "../../shared/chat.ts";
import { attachDocument, documentLabel, requireConsent } from "../attachments.ts";
import { cutText } from "./cutText.ts";
import { withoutIgnored } from "./git.ts";
import { rankPaths } from "./rankNames.ts";
import { fitParts, gathered, notes, type Candidate, type FindCandidates } from "./source.ts";
import { outlineOf } from "./outline.ts";
import { type WorkspaceFiles, openFile, pathOf, readText } from "./workspaceFiles.ts";

const mostOffers = 12;
/** Files of a folder that are looked at. */
const mostInFolder = 300;
/** Files of a folder whose symbols are asked for: each opens the file. */
const mostOutlined = 20;
/** Files that are searched, and lines that are found. */
const mostSearched = 3_000;
const mostFound = 100;
const longestLine = 200;

export interface FileDependencies {
  readonly files: WorkspaceFiles;
  readonly settings: Pick<Settings, "isExcluded" | "chatServer">;
  /** Characters that one attachment may have. */
  readonly room: () => number;
  /** What the user has written of his question. */
  readonly draft: () => string;
}

export function findFiles(dependencies: FileDependencies): FindCandidates {
  return async (words) => {
    const found = await pickPaths(await dependencies.files.list(), words);
    return found.map(({ uri, path }) => {
      const { name, folder } = splitPath(path);
      const attach = async () => [await attachFile(await openFile(uri), dependencies)];
      return { icon: "file", label: name, ...(folder && { description: folder }), attach };
    });
  };
}

export function findFolders(dependencies: FileDependencies): FindCandidates {
  return async (words) => {
    const folders = new Map<string, Uri>();
    for (const file of await dependencies.files.list()) {
      const root = workspace.getWorkspaceFolder(file)?.uri.path;
      if (root === undefined) continue;
      for (let path = parentOf(file.path); path.length > root.length; path = parentOf(path))
        folders.set(path, file.with({ path }));
    }
    const found = await pickPaths([...folders.values()], words);
    return found.map(({ uri, path }) => {
      const { name, folder } = splitPath(path);
      const attach = async () => [await attachFolder(uri, path, dependencies)];
      return { icon: "folder", label: name, ...(folder && { description: folder }), attach };
    });
  };
}

export function findText(dependencies: FileDependencies): FindCandidates {
  return (words) => {
    const text = words.trim();
    if (text === "") return Promise.resolve([]);
    const label = l10n.t("Search for “{0}”", plainName(text));
    const attach = async () => [await attachMatches(text, dependencies)];
    return Promise.resolve<Candidate[]>([{ icon: "search", label, attach }]);
  };
}

/** A file that is too long is its outline and the parts that are nearest to the question. */
export async function attachFile(
  document: TextDocument,
  { settings, room, draft }: FileDependencies,
): Promise<Attachment> {
  const { uri } = document;
  const text = document.getText();
  if (text.length <= room()) return attachDocument(document, settings);
  await requireConsent(document, settings);
  const outline = fitParts(await outlineOf(uri), room() / 4).text;
  const cut = cutText(text, draft(), room() - outline.length);
  if (cut.keptLines === 0)
    throw new UserError(l10n.t("No line of {0} is short enough to be attached.", plainName(uri.path)));
  return gathered(uri.toString(), {
    label: documentLabel(document),
    languageId: document.languageId,
    text: outline === "" ? cut.text : `${outline}\n\n${cut.text}`,
    ...notes([l10n.t("only its outline and {0} of {1} lines fit", cut.keptLines, cut.lines)]),
  });
}

async function pickPaths(uris: readonly Uri[], words: string): Promise<{ readonly uri: Uri; readonly path: string }[]> {
  const byPath = new Map(uris.map((uri) => [workspace.asRelativePath(uri), uri]));
  const paths = rankPaths([...byPath.keys()], words, 3 * mostOffers);
  const kept = await withoutIgnored(paths.flatMap((path) => byPath.get(path) ?? []));
  return kept.slice(0, mostOffers).map((uri) => ({ uri, path: workspace.asRelativePath(uri) }));
}

function splitPath(path: string): { readonly name: string; readonly folder: string } {
  const at = path.lastIndexOf("/");
  return { name: path.slice(at + 1), folder: path.slice(0, Math.max(at, 0)) };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** The files and their symbols first, then whole files, those that explain a folder before the rest, as far as there is room. */
async function attachFolder(uri: Uri, label: string, { files, settings, room }: FileDependencies): Promise<Attachment> {
  const all = (await files.inFolder(uri)).filter((file) => !settings.isExcluded(file));
  const found = all.slice(0, mostInFolder);
  const outlines = await Promise.all(
    found.map(async (file, index) => {
      const path = pathOf(file);
      return index < mostOutlined ? [path, ...(await outlineOf(file))].join("\n") : path;
    }),
  );
  const outline = fitParts(outlines, room() / 2);
  if (outline.text === "")
    throw new UserError(l10n.t("There is nothing in {0} that can be attached.", plainName(label)));
  const texts = await Promise.all(
    [...found]
      .sort((a, b) => weightOf(a) - weightOf(b))
      .slice(0, mostOutlined * 2)
      .map(async (file) => {
        const text = await readText(file);
        return text === undefined ? [] : [`\n==> ${pathOf(file)}\n${text.trimEnd()}`];
      }),
  );
  const whole = fitParts(texts.flat(), room() - outline.text.length);
  const leftOut = found.length - (texts.flat().length - whole.leftOut);
  return gathered(gatheredUri(`folder:${uri.toString()}`), {
    label: `${label}/`,
    languageId: "plaintext",
    icon: "folder",
    text: `${outline.text}\n${whole.text}`,
    ...notes([
      leftOut > 0 && l10n.t("only the outline of {0} of {1} files fits", leftOut, found.length),
      all.length > found.length && l10n.t("at least {0} more files are left out", all.length - found.length),
    ]),
  });
}

/** What tells most about a folder comes first. */
function weightOf({ path }: Uri): number {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (name.startsWith("readme")) return 0;
  return /^(?:index|main|mod|__init__|lib|app)\./.test(name) ? 1 : 2;
}

async function attachMatches(text: string, { files, settings, room }: FileDependencies): Promise<Attachment> {
  const wanted = text.toLowerCase();
  const lines: string[] = [];
  let more = 0;
  const all = (await files.list()).filter((uri) => !settings.isExcluded(uri));
  const notSearched = Math.max(all.length - mostSearched, 0);
  for (const uri of all.slice(0, mostSearched)) {
    const content = await readText(uri);
    if (!content?.toLowerCase().includes(wanted)) continue;
    for (const [index, line] of content.split("\n").entries()) {
      if (!line.toLowerCase().includes(wanted)) continue;
      if (lines.length === mostFound) more++;
      else lines.push(`${pathOf(uri)}:${index + 1}: ${line.trim().slice(0, longestLine)}`);
    }
  }
  const name = plainName(text);
  if (lines.length === 0)
    throw new UserError(
      notSearched > 0
        ? l10n.t("“{0}” is in none of {1} files; at least {2} more were not searched.", name, mostSearched, notSearched)
        : l10n.t("“{0}” is in no file of the workspace.", name),
    );
  const fitted = fitParts(lines, room());
  const leftOut = more + fitted.leftOut;
  return gathered(gatheredUri(`search:${text}`), {
    label: l10n.t("“{0}” in files", name),
    languageId: "plaintext",
    icon: "search",
    text: fitted.text,
    ...notes([
      leftOut > 0 && l10n.t("{0} more lines are left out", leftOut),
      notSearched > 0 && l10n.t("at least {0} more files were not searched", notSearched),
    ]),
  });
}
