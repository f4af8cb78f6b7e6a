// The language server process: makes the connection and the real dependencies.

import "./nodeVersion.ts";

import path from "node:path";
import process from "node:process";
import { setEnvironmentData } from "node:worker_threads";
import * as l10n from "@vscode/l10n";
import { createConnection } from "vscode-languageserver/node";

import { Battery } from "./battery.ts";
import { Grammars } from "./syntax/grammars.ts";
import { RemoteHost } from "./engine/remote/remoteHost.ts";
import { environmentKey } from "./serverKey.ts";
import { backgroundHostCreator, findBundledModel, hostCreator } from "./installation.ts";
import { startServer } from "./lsp/server.ts";

// An unhandled rejection is a bug, but the requests that run need not end with it.
process.on("unhandledRejection", (reason) => {
  process.stderr.write(`${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`);
});
// The client that forked the server is gone.
process.on("disconnect", () => process.exit(1));

const connection = createConnection();
startServer(connection, {
  createHost: hostCreator(__dirname),
  createBackgroundHost: backgroundHostCreator(__dirname),
  remote:
    ({ key, network }) =>
    (onFailed, onNote) =>
      new RemoteHost({
        key: async (name) => (await key(name)) ?? environmentKey(name),
        network,
        onFailed,
        onNote,
      }),
  grammars: new Grammars(path.join(__dirname, "grammars")),
  battery: new Battery(),
  useMessages: (contents) => {
    l10n.config({ contents: { ...contents } });
    // Threads have modules of their own.
    setEnvironmentData("falcon.messages", contents);
  },
  pages: __dirname,
  convertWorker: path.join(__dirname, "convert.cjs"),
  fineTuning: path.join(__dirname, "../training/finetune"),
  bundledModel: findBundledModel(__dirname),
});
connection.listen();
