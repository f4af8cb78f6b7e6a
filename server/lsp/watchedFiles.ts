// Files that change on the disk, as far as the client can watch them.

import { type Connection, DidChangeWatchedFilesNotification, type InitializeParams } from "vscode-languageserver";

/** A client that cannot watch what the server names is not asked, and may tell of changes nevertheless. */
export function watchFiles(connection: Connection, { capabilities }: InitializeParams): void {
  if (capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration !== true) return;
  connection.onInitialized(() => {
    connection.client
      .register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: "**/*" }] })
      .catch((error: unknown) => connection.console.warn(`Files are not watched: ${String(error)}`));
  });
}
