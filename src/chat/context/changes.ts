// `@changes`: what differs from the last commit.

import path from "node:path";

import { Uri, l10n, workspace } from "vscode";

import { UserError } from "../../problems.ts";
import type { Settings } from "../../settings.ts";
import { gatheredUri } from "../../shared/chatContext.ts";
import type { Attachment } from "../../shared/protocol.ts";
import { gitRoots, runGit } from "./git.ts";
import { splitDiff } from "./splitDiff.ts";
import { fitParts, gathered } from "./source.ts";

/** Whatever the user has set for his own eyes. */
const diffOptions = ["--no-color", "--no-ext-diff", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/"];

/** The diff of each file is whole or left out. */
export async function attachChanges(settings: Pick<Settings, "isExcluded">, room: number): Promise<Attachment> {
  const roots = await gitRoots();
  if (roots.length === 0) throw new UserError(l10n.t("The workspace is in no git repository, or is not trusted."));
  const diffs: string[] = [];
  let secret = 0;
  for (const root of roots) {
    // A repository without a commit has nothing to compare with but what was staged.
    const diff = (await readDiff(root, "HEAD", settings)) ?? (await readDiff(root, "--cached", settings));
    diffs.push(...(diff?.files ?? []));
    secret += diff?.secret ?? 0;
    const untracked = await runGit(root, ["ls-files", "-z", "--others", "--exclude-standard"]);
    const names = untracked?.split("\0").filter((name) => name !== "") ?? [];
    for (const name of names) {
      const uri = Uri.file(path.join(root, name));
      if (!settings.isExcluded(uri)) diffs.push(l10n.t("New file: {0}", workspace.asRelativePath(uri)));
    }
  }
  if (diffs.length + secret === 0) throw new UserError(l10n.t("Nothing differs from the last commit."));
  const fitted = fitParts(diffs, room);
  const leftOut = fitted.leftOut + secret;
  return gathered(gatheredUri("changes"), {
    label: l10n.t("Changes"),
    languageId: "diff",
    icon: "git-compare",
    text: fitted.text || l10n.t("No change fits."),
    ...(leftOut > 0 && {
      leftOut: l10n.t("the changes of {0} files are left out: they are too long, or may hold secrets", leftOut),
    }),
  });
}

/** The diff of each file, without those that may hold secrets; undefined where git fails. */
export async function readDiff(
  root: string,
  against: "HEAD" | "--cached",
  settings: Pick<Settings, "isExcluded">,
): Promise<{ readonly files: readonly string[]; readonly secret: number } | undefined> {
  const diff = await runGit(root, ["-c", "core.quotePath=false", "diff", ...diffOptions, against]);
  if (diff === undefined) return undefined;
  const parts = splitDiff(diff);
  const open = parts.filter(({ file }) => !settings.isExcluded(Uri.file(path.join(root, file))));
  return { files: open.map(({ text }) => text), secret: parts.length - open.length };
}
