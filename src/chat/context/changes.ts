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
    const args = ["-c", "core.quotePath=false", "diff", ...diffOptions];
    const diff = (await runGit(root, [...args, "HEAD"])) ?? (await runGit(root, [...args, "--cached"])) ?? "";
    for (const part of splitDiff(diff)) {
      if (settings.isExcluded(Uri.file(path.join(root, part.file)))) secret++;
      else diffs.push(part.text);
    }
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
