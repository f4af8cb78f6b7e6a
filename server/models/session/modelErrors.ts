// The engine's failures in the user's words.

import * as l10n from "@vscode/l10n";

import { EngineError } from "../../engine/engine.ts";
import { PromptTooLongError, UserError } from "../../userError.ts";
import type { Crash } from "./crashes.ts";

/** No client names a model, and none comes with the server. */
export function noModelError(): UserError {
  return new UserError(
    l10n.t("No model is chosen. Choose a GGUF model file, by the setting {0}.", "falcon.model.path"),
    {
      action: "selectModel",
    },
  );
}

/** Why a model could not be loaded. */
export function loadError(error: unknown, file: string): UserError {
  if (error instanceof UserError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  switch (error instanceof EngineError ? error.failure : undefined) {
    case "outOfMemory":
      return new UserError(
        l10n.t(
          "There is not enough memory for the model {0}: {1}. Choose a smaller model, or lower the setting {2}.",
          file,
          reason,
          "falcon.model.contextSize",
        ),
        { action: "selectModel" },
      );
    case "noBackend":
      return new UserError(l10n.t("None of the engine's binaries runs on this machine."), { action: "showLog" });
    case "died":
      return new UserError(
        l10n.t(
          "The model process ended while it loaded {0} ({1}). The file may be damaged: choose another.",
          file,
          reason,
        ),
        { action: "selectModel" },
      );
    case "notEnded":
      return new UserError(
        l10n.t(
          "Process {0}, in which a model ran, does not end although it was told to, and two models may not fit into memory. Wait until it has ended, or restart the computer, and try again.",
          reason,
        ),
        { action: "retry" },
      );
    default:
      return new UserError(l10n.t("The model {0} cannot be loaded: {1}. Choose another file.", file, reason), {
        action: "selectModel",
      });
  }
}

/** Why a request to a loaded model failed; what is no failure of the engine comes back as it is. */
export function generationError(error: unknown, model: string): unknown {
  if (!(error instanceof EngineError)) return error;
  switch (error.failure) {
    case "died":
    case "unloaded":
    case "notLoaded":
      return new UserError(
        l10n.t("The process of the model {0} ended ({1}); it is started again.", model, error.message),
        { action: "retry" },
      );
    case "promptTooLong":
      return new PromptTooLongError(
        l10n.t("The prompt does not fit into the context of the model {0}: {1}.", model, error.message),
      );
    case "decodeFailed":
      return new UserError(
        l10n.t(
          "The model {0} could not go on: {1}. Ask again; if that does not help, restart the server.",
          model,
          error.message,
        ),
        { action: "restartServer" },
      );
    default:
      return error;
  }
}

/** A file that is not loaded any more, after the crashes. */
export function setAsideError(file: string, crashes: readonly Crash[]): UserError {
  return new UserError(
    l10n.t(
      "The model process ended {0} times with {1} (at last: {2}), so that the file is left alone. Choose another model, or restart the server to try again.",
      String(crashes.length),
      file,
      crashes.at(-1)?.reason ?? "",
    ),
    { action: "restartServer" },
  );
}
