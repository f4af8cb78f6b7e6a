// Says why a LoRA adapter cannot be used with a model, before anything native touches its file.

import path from "node:path";
import * as l10n from "@vscode/l10n";

import { UserError } from "../../userError.ts";
import { GgufError } from "./byteReader.ts";
import { checkAdapter } from "./checkAdapter.ts";
import { readModelFile } from "./readModelFile.ts";

/**
 * @param modelFile a file that was inspected already
 * @throws UserError that names the adapter's file, the cause and the mend
 */
export function inspectAdapter(file: string, modelFile: string): void {
  if (!path.isAbsolute(file)) throw unusable(file, l10n.t("the path is not absolute"));
  try {
    checkAdapter(readModelFile(file), readModelFile(modelFile));
  } catch (error) {
    if (error instanceof GgufError) throw unusable(file, error.message);
    if (isSystemError(error)) throw unusable(file, systemCause(error));
    throw error;
  }
}

function systemCause({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return l10n.t("it does not exist");
    case "EACCES":
    case "EPERM":
      return l10n.t("it may not be read");
    case "EISDIR":
      return l10n.t("it is a folder");
    default:
      return message;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}

function unusable(file: string, cause: string): UserError {
  return new UserError(
    l10n.t(
      "The adapter {0} cannot be used with this model: {1}. Choose another, or remove it from the setting {2}.",
      file,
      cause,
      "falcon.model.adapters",
    ),
  );
}
