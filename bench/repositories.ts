// Packages of held-out files on the disk, each the workspace folder of its cases.

import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { DidChangeWatchedFilesNotification, FileChangeType, type FileEvent } from "vscode-languageserver-protocol/node";

import { completionContextRequest } from "../src/shared/methods.ts";
import type { LspClient } from "../test/support/lspClient.ts";

interface SourceFile {
  readonly package: string;
  readonly path: string;
  readonly text: string;
}

export class Repositories {
  readonly #root = fs.mkdtempSync(path.join(tmpdir(), "falcon-held-out-"));
  readonly #files: ReadonlyMap<string, readonly SourceFile[]>;

  constructor(files: readonly SourceFile[]) {
    this.#files = Map.groupBy(files, (file) => file.package);
  }

  /** The folder of a package, as a URI. */
  folderOf(name: string): string {
    const folder = path.join(this.#root, name.replaceAll(/[^\w.-]/g, "_"));
    for (const file of fs.existsSync(folder) ? [] : (this.#files.get(name) ?? [])) {
      const written = path.join(folder, file.path);
      fs.mkdirSync(path.dirname(written), { recursive: true });
      fs.writeFileSync(written, file.text);
    }
    return pathToFileURL(folder).href;
  }

  dispose(): void {
    fs.rmSync(this.#root, { recursive: true });
  }
}

/** Makes a folder the workspace, in place of another one, and completes there until the index holds it. */
export async function enterRepository(client: LspClient, folder: string, left: string | undefined): Promise<void> {
  const named = (uri: string | undefined) => (uri === undefined ? [] : [{ uri, name: uri }]);
  if (folder !== left) {
    const event = { added: named(folder), removed: named(left) };
    await client.connection.sendNotification("workspace/didChangeWorkspaceFolders", { event });
  }
  for (;;) {
    // In no folder, and another one each time: for the same text nothing is looked for again.
    const uri = `file:///${randomUUID()}.js`;
    await client.open(uri, "const waited = waitFor(", "javascript");
    await client.complete(uri, 0, 23);
    await forget(client, [uri]);
    const report = await client.connection.sendRequest(completionContextRequest);
    const index = report?.providers.find(({ name }) => name === "index");
    if (index === undefined || index.failure === undefined) return;
    await sleep(20);
  }
}

/** Closes documents, so that they are not among those visited a moment ago. */
export async function forget({ connection }: Pick<LspClient, "connection">, uris: readonly string[]): Promise<void> {
  for (const uri of uris) await connection.sendNotification("textDocument/didClose", { textDocument: { uri } });
  const changes: FileEvent[] = uris.map((uri) => ({ uri, type: FileChangeType.Changed }));
  await connection.sendNotification(DidChangeWatchedFilesNotification.type, { changes });
}
