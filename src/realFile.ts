// Where a file lies that links lead to.

import { realpathSync } from "node:fs";

import { Uri } from "vscode";

/** The same where there is no link, no such file, or no file system that Node knows. */
export function realFile(uri: Uri): Uri {
  if (uri.scheme !== "file") return uri;
  try {
    return Uri.file(realpathSync.native(uri.fsPath));
  } catch {
    return uri;
  }
}
