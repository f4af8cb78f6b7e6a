// Failures that the user sees: worded for him, shown once, with a button that mends them.

import { CancellationError, commands, l10n, type Disposable, type Event, type LogOutputChannel } from "vscode";
import { ConnectionError, ErrorCodes, LSPErrorCodes, ResponseError } from "vscode-languageserver-protocol";

import { type ModelRole, modelRoles, statusOf } from "./shared/modelRoles.ts";
import { problemCode } from "./shared/methods.ts";
import { plainText } from "./shared/plainText.ts";
import type { AnswerState } from "./shared/chat.ts";
import type { Problem, ProblemAction, ServerStatus } from "./shared/status.ts";
import { showErrorMessage } from "./surfaces.ts";

/** A failure that the user can mend. Everything else that is thrown is a bug. */
export class UserError extends Error {
  readonly problem: Problem;

  constructor(message: string, { action }: { readonly action?: ProblemAction } = {}) {
    super(message);
    this.problem = { message, ...(action && { action }) };
  }
}

/** The problem that an error tells the user of; undefined when the error is a bug. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof UserError) return error.problem;
  if (error instanceof ResponseError && error.code === problemCode) return error.data as Problem;
  return undefined;
}

/** Shows any failure of something that the user asked for. */
export async function showError(error: unknown, log: LogOutputChannel): Promise<void> {
  if (isCancelled(error)) return;
  const problem = problemOf(error);
  if (!problem) log.error(error instanceof Error ? error : String(error));
  await showProblem(problem ?? { message: l10n.t("Falcon ran into an error. The log has the details.") });
}

/** Why something was not done, for the place where the user asked for it. A bug is shown with the way to the log, too. */
export function refusalOf(error: unknown, log: LogOutputChannel): string {
  // The user knows why he said no.
  if (isCancelled(error)) return "";
  const problem = problemOf(error);
  if (!problem) void showError(error, log);
  return plainText(problem?.message ?? l10n.t("Falcon ran into an error. The log has the details."));
}

/**
 * Shows a problem with its button, and one that opens the log.
 * @param subject what the button's command is told to act on
 */
export async function showProblem({ message, action = "showLog" }: Problem, subject?: unknown): Promise<void> {
  const labels = actionLabels();
  const chosen = await showErrorMessage(message, ...new Set([labels[action], labels.showLog]));
  if (chosen === labels[action]) await runAction(action, subject);
  else if (chosen === labels.showLog) await runAction("showLog");
}

export function actionLabels(): Record<ProblemAction, string> {
  return {
    selectModel: l10n.t("Choose Model…"),
    restartServer: l10n.t("Restart Server"),
    showLog: l10n.t("Show Log"),
    retry: l10n.t("Try Again"),
    continueDownload: l10n.t("Try Again"),
    setHubToken: l10n.t("Set Access Token…"),
    modelsFolder: l10n.t("Open Setting"),
    hubSetting: l10n.t("Open Setting"),
    registrySetting: l10n.t("Open Setting"),
    proxySettings: l10n.t("Open Setting"),
    localApiPort: l10n.t("Open Setting"),
    setServerKey: l10n.t("Set Key…"),
    serversSetting: l10n.t("Open Setting"),
    manageTrust: l10n.t("Manage Trust"),
  };
}

export async function runAction(action: ProblemAction, subject?: unknown): Promise<void> {
  const table: Record<ProblemAction, readonly [command: string, ...args: string[]]> = {
    selectModel: ["falcon.chooseModel"],
    restartServer: ["falcon.restartServer"],
    showLog: ["falcon.showLog"],
    retry: ["falcon.reloadModel"],
    continueDownload: ["falcon.continueDownload"],
    setHubToken: ["falcon.setHubToken"],
    modelsFolder: ["workbench.action.openSettings", "falcon.models.folder"],
    hubSetting: ["workbench.action.openSettings", "falcon.models.hub"],
    registrySetting: ["workbench.action.openSettings", "falcon.models.registry"],
    proxySettings: ["workbench.action.openSettings", "http.proxy"],
    localApiPort: ["workbench.action.openSettings", "falcon.localApi.port"],
    setServerKey: ["falcon.setServerKey"],
    serversSetting: ["workbench.action.openSettings", "falcon.servers"],
    manageTrust: ["workbench.trust.manage"],
  };
  const [command, ...args] = table[action];
  await commands.executeCommand(command, ...args, ...(subject === undefined ? [] : [subject]));
}

/** Shows a model or server that failed once, however often that is reported, until something works again. */
export function announceFailures(onDidChangeStatus: Event<ServerStatus>): Disposable {
  const shown = new Map<ModelRole, string>();
  return onDidChangeStatus((status) => {
    for (const role of modelRoles) {
      const model = statusOf(status, role);
      if (model.state === "ready") shown.delete(role);
      if (model.state !== "failed") continue;
      const { message } = model.problem;
      // Both roles may have the same model.
      if (![...shown.values()].includes(message)) void showProblem(model.problem);
      shown.set(role, message);
    }
  });
}

/** How an answer ended whose request failed. */
export function endOfFailedAnswer(
  error: unknown,
  log: LogOutputChannel,
): { readonly state: Exclude<AnswerState, "streaming">; readonly problem?: Problem } {
  if (isCancelled(error)) return { state: "stopped" };
  if (isDisconnected(error)) return { state: "interrupted" };
  const problem = problemOf(error);
  if (!problem) log.error(error instanceof Error ? error : String(error));
  return {
    // What asking again mends is a model process that ended.
    state: problem?.action === "retry" ? "interrupted" : "failed",
    problem: problem ?? { message: l10n.t("The answer failed. The log has the details."), action: "showLog" },
  };
}

export function isCancelled(error: unknown): boolean {
  const codes: number[] = [LSPErrorCodes.RequestCancelled, LSPErrorCodes.ServerCancelled];
  return error instanceof CancellationError || (error instanceof ResponseError && codes.includes(error.code));
}

/** Whether the server ended before it answered. */
export function isDisconnected(error: unknown): boolean {
  const codes: number[] = [ErrorCodes.PendingResponseRejected, ErrorCodes.ConnectionInactive];
  return error instanceof ConnectionError || (error instanceof ResponseError && codes.includes(error.code));
}
