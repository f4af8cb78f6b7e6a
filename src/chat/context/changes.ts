// `@changes`: what differs from the last commit.

import path from "node:path";

import { Uri, l10n } from "vscode";

import { UserError } from "../../problems.ts";
import type { Settings } from "../../settings.ts";
import { gatheredUri } from "../../shared/chatContext.ts";
import type { Attachment } from "../../shared/chat.ts";
import { gitRefusal, openGit } from "./git.ts";
import type { Git } from "./gitProgram.ts";
import { splitDiff, wholeParts } from "./splitDiff.ts";
import { fitParts, gathered, notes } from "./source.ts";
import { pathOf } from "./workspaceFiles.ts";

/** Whatever the user has set for his own eyes. */
const diffOptions = ["--no-color", "--no-ext-diff", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/"];

const noDiff = { files: [], secret: 0, isCut: false };

/** The diff of each file is whole or left out. */
export async function attachChanges(settings: Pick<Settings, "isExcluded">, room: number): Promise<Attachment> {
  const opened = await openGit();
  if (!opened || opened.roots.length === 0) throw await gitRefusal();
  const diffs: string[] = [];
  let secret = 0;
  let isCut = false;
  for (const root of opened.roots) {
    // A repository without a commit has nothing to compare with but what was staged.
    const diff = (await readDiff(root, "HEAD", settings)) ?? (await readDiff(root, "--cached", settings)) ?? noDiff;
    const untracked = await listUntracked(opened.git, root, settings);
    diffs.push(...diff.files, ...untracked.files);
    secret += diff.secret;
    isCut ||= diff.isCut || untracked.isCut;
  }
  if (diffs.length + secret === 0 && !isCut) throw new UserError(l10n.t("Nothing differs from the last commit."));
  const fitted = fitParts(diffs, room);
  const leftOut = fitted.leftOut + secret;
  return gathered(gatheredUri("changes"), {
    label: l10n.t("Changes"),
    languageId: "diff",
    icon: "git-compare",
    text: fitted.text || l10n.t("No change fits."),
    ...notes([
      leftOut > 0 && l10n.t("the changes of {0} files are left out: they are too long, or may hold secrets", leftOut),
      isCut && l10n.t("the changes are too long to be read to their end"),
    ]),
  });
}

/**
 * The diff of each file, without those that may hold secrets; undefined where git fails.
 * @param withCut whether the beginning of one that is too long is of use, too
 */
export async function readDiff(
  root: string,
  against: "HEAD" | "--cached",
  settings: Pick<Settings, "isExcluded">,
  withCut = false,
): Promise<{ readonly files: readonly string[]; readonly secret: number; readonly isCut: boolean } | undefined> {
  const opened = await openGit();
  const diff = await opened?.git(root, ["-c", "core.quotePath=false", "diff", ...diffOptions, against]);
  if (diff?.code !== 0) return undefined;
  // The name of a file is not known where its line is cut.
  const parts = withCut ? splitDiff(diff.text).filter(({ text }) => text.includes("\n")) : wholeParts(diff);
  const open = parts.filter(({ file }) => !settings.isExcluded(Uri.file(path.join(root, file))));
  return { files: open.map(({ text }) => text), secret: parts.length - open.length, isCut: diff.isCut };
}

async function listUntracked(git: Git, root: string, settings: Pick<Settings, "isExcluded">) {
  const { code, text, isCut } = await git(root, ["ls-files", "-z", "--others", "--exclude-standard"]);
  const names = code === 0 ? text.split("\0").slice(0, -1) : [];
  const uris = names.map((name) => Uri.file(path.join(root, name))).filter((uri) => !settings.isExcluded(uri));
  return { files: uris.map((uri) => l10n.t("New file: {0}", pathOf(uri))), isCut };
}
