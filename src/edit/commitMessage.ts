// “Write Commit Message”: what is staged → model → the message's box in the Source Control view.

import { randomUUID } from "node:crypto";

import { Uri, l10n } from "vscode";

import { readDiff } from "../chat/context/changes.ts";
import { type Repository, gitRefusal, gitRepositories, runGit } from "../chat/context/git.ts";
import { UserError, showProblem } from "../problems.ts";
import type { EditParams } from "../shared/edit.ts";
import { showProgress } from "../surfaces.ts";
import type { EditDependencies } from "./editSelection.ts";

type Dependencies = Pick<EditDependencies, "server" | "settings">;

/** @param view what the Source Control view hands on: which of its repositories is meant */
export async function writeCommitMessage(view: unknown, { server, settings }: Dependencies): Promise<void> {
  const repository = await findRepository(view);
  const root = repository.rootUri.fsPath;
  const params: EditParams = {
    command: "commitMessage",
    instruction: (await runGit(root, ["log", "-10", "--no-merges", "--format=%s"])) ?? "",
    uri: repository.rootUri.toString(),
    languageId: "diff",
    text: await readStaged(root, settings),
    before: "",
    after: "",
    partialResultToken: randomUUID(),
  };
  const box = new MessageBox(repository);
  const what = l10n.t("The commit's message");
  try {
    const result = await showProgress(l10n.t("Falcon writes the commit's message"), (_, cancelled) =>
      server.edit(params, (text) => box.add(text), AbortSignal.any([cancelled, box.taken])),
    );
    if (result.problem) void showProblem(result.problem);
    if (result.stopReason !== "end" || result.problem) box.restore();
    else if (result.text === "") throw new UserError(l10n.t("The model's answer is empty. {0} is as it was.", what));
    else box.write(result.text);
    if (result.stopReason === "interrupted") {
      throw new UserError(l10n.t("The model's process ended while it wrote. {0} is as it was.", what));
    }
    if (result.stopReason === "limit") {
      throw new UserError(l10n.t("The answer reached its limit before its end. {0} is as it was.", what));
    }
  } catch (error) {
    box.restore();
    if (!box.taken.aborted) throw error;
  }
}

/** The one whose button was pressed, else the one that the view has selected. */
async function findRepository(view: unknown): Promise<Repository> {
  const repositories = await gitRepositories();
  const given = rootOf(view);
  const found =
    repositories.find(({ rootUri }) => rootUri.toString() === given) ??
    repositories.find(({ ui }) => ui.selected) ??
    repositories[0];
  if (!found) throw await gitRefusal();
  return found;
}

function rootOf(view: unknown): string | undefined {
  const root = typeof view === "object" && view !== null && "rootUri" in view ? view.rootUri : undefined;
  return root instanceof Uri ? root.toString() : undefined;
}

async function readStaged(root: string, settings: Dependencies["settings"]): Promise<string> {
  const staged = await readDiff(root, "--cached", settings, true);
  if (!staged) throw new UserError(l10n.t("Git could not tell what is staged."));
  if (staged.files.length > 0) return staged.files.join("\n");
  throw new UserError(
    staged.secret > 0
      ? l10n.t("Only files that may hold secrets are staged: the setting {0} names them.", "falcon.excludedFiles")
      : l10n.t("Nothing is staged. Stage the changes that the message is for first."),
  );
}

/** The box for the message, which is the user's as soon as they write in it. */
class MessageBox {
  readonly #box: Repository["inputBox"];
  readonly #before: string;
  /** VS Code tells late of what was put in: the box may have any text of these. */
  readonly #ours: Set<string>;
  readonly #taken = new AbortController();
  #written = "";

  constructor({ inputBox }: Repository) {
    this.#box = inputBox;
    this.#before = inputBox.value;
    this.#ours = new Set([this.#before]);
  }

  /** Aborted once the user has written in the box. */
  get taken(): AbortSignal {
    return this.#taken.signal;
  }

  add(text: string): void {
    this.#written += text;
    this.write(this.#written.trim());
  }

  write(message: string): void {
    if (!this.#ours.has(this.#box.value)) this.#taken.abort();
    if (this.#taken.signal.aborted) return;
    this.#ours.add(message);
    this.#box.value = message;
  }

  restore(): void {
    this.write(this.#before);
  }
}
