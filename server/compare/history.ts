// Recent commits of a repository, with the files that each has changed.

import * as l10n from "@vscode/l10n";

import type { Git } from "../git.ts";
import { UserError } from "../userError.ts";

export interface Commit {
  readonly id: string;
  readonly parent: string;
  readonly files: readonly ChangedFile[];
}

export interface ChangedFile {
  /** Below the folder, with slashes, after the commit. */
  readonly path: string;
  /** Before it; undefined of a new file. */
  readonly pathBefore: string | undefined;
  /** The ids of its texts. */
  readonly before: string | undefined;
  readonly after: string;
}

const mostCommits = 400;
/** A commit that changes more files was made by a program, or imports what others wrote. */
const mostFiles = 100;

/**
 * The newest first. What merges, and what a history begins with, is nobody's writing here. A file that was renamed is the same file.
 * @throws UserError where there is no git, no repository or no history, or git cannot read it
 */
export async function recentCommits(git: Git, folder: string): Promise<readonly Commit[]> {
  const inside = await git(["rev-parse", "--is-inside-work-tree"]);
  if (inside.code === undefined) {
    throw new UserError(
      l10n.t("Git could not be run: {0}. Install it, or name it in the setting {1}.", inside.problem, "git.path"),
    );
  }
  if (inside.code !== 0) {
    throw new UserError(
      l10n.t("{0} is in no Git repository ({1}). Open a folder that is in one.", folder, inside.problem),
    );
  }
  const isBegun = (await git(["rev-parse", "--verify", "--quiet", "HEAD"])).code === 0;
  const log = isBegun ? await git(logArguments) : undefined;
  if (log && log.code !== 0 && !log.isCut) {
    throw new UserError(
      l10n.t(
        "Git could not read the history of {0}: {1}. Mend the repository, and compare again.",
        folder,
        log.problem,
      ),
    );
  }
  const commits = parseLog(log?.bytes.toString() ?? "");
  if (commits.length > 0) return commits;
  const shallow = await git(["rev-parse", "--is-shallow-repository"]);
  if (shallow.bytes.toString().trim() === "true") {
    throw new UserError(
      l10n.t(
        "{0} is a shallow clone without earlier commits, so that there is nothing to compare with. Run {1} there.",
        folder,
        "git fetch --unshallow",
      ),
    );
  }
  throw new UserError(
    l10n.t(
      "No commit of {0} has changed a file that was there before, or added one. Compare models once there are some commits.",
      folder,
    ),
  );
}

const logArguments = [
  ...["log", "--no-merges", "--min-parents=1", `--max-count=${mostCommits}`, "--no-show-signature", "--no-color"],
  // After a header that no path begins with, the changes of each commit, as ids of texts.
  ...["--format=%x01%H %P", "--raw", "-z", "--no-abbrev", "--relative", "--diff-filter=AMR", "--find-renames"],
  // Renames are looked for among so many files.
  ...["-l400", "--", "."],
];

/** What was cut at its end has lost a part of its last commit. */
function parseLog(text: string): Commit[] {
  const commits: (Commit & { readonly files: ChangedFile[] })[] = [];
  const fields = text.split("\0").values();
  for (const field of fields) {
    const [, id, parent] = /^\u0001(\S+) (\S+)/.exec(field) ?? [];
    if (id !== undefined && parent !== undefined) commits.push({ id, parent, files: [] });
    const file = readChange(field, fields);
    if (file) commits.at(-1)?.files.push(file);
  }
  return commits.filter(({ files }) => files.length > 0 && files.length <= mostFiles);
}

/** A field that begins a change, with the paths that follow it; undefined for any other, and of links and submodules. */
function readChange(field: string, next: Iterator<string, unknown>): ChangedFile | undefined {
  const [, mode, before, after, kind] = /^\n?:\d+ (\d+) (\S+) (\S+) ([AMR])/.exec(field) ?? [];
  if (mode === undefined || before === undefined || after === undefined) return undefined;
  const nextPath = () => {
    const { value, done } = next.next();
    return done === true ? "" : value;
  };
  const first = nextPath();
  const path = kind === "R" ? nextPath() : first;
  if (!mode.startsWith("100") || path === "") return undefined;
  return kind === "A"
    ? { path, after, pathBefore: undefined, before: undefined }
    : { path, after, pathBefore: first, before };
}
