// The language server process: makes the connection and the real dependencies.

import "./nodeVersion.ts";

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { setEnvironmentData } from "node:worker_threads";
import * as l10n from "@vscode/l10n";
import { createConnection } from "vscode-languageserver/node";

import { Grammars } from "./syntax/grammars.ts";
import { ModelProcess } from "./engine/process/modelProcess.ts";
import { RemoteHost } from "./engine/remote/remoteHost.ts";
import { environmentKey } from "./engine/remote/serverKey.ts";
import { Claims, userFolder } from "./engine/shared/claims.ts";
import type { ServiceLocation } from "./engine/shared/openService.ts";
import { SharedHost } from "./engine/shared/sharedHost.ts";
import { startServer } from "./lsp/server.ts";

/** The model that lies beside the server, as in the package. */
function findBundledModel(): string | undefined {
  const folder = path.join(__dirname, "../media/models");
  const file = fs.existsSync(folder) ? fs.readdirSync(folder).find((name) => name.endsWith(".gguf")) : undefined;
  return file && path.join(folder, file);
}

const [engine, service] = [path.join(__dirname, "engine.cjs"), path.join(__dirname, "service.cjs")];

/** The service of exactly this version of the product. */
function locateService(): ServiceLocation {
  const version = createHash("sha256");
  for (const file of [engine, service]) version.update(fs.readFileSync(file));
  const claims = new Claims(userFolder(process.env), version.digest("hex").slice(0, 16));
  return { claims, modulePath: service };
}

// An unhandled rejection is a bug, but the requests that run need not end with it.
process.on("unhandledRejection", (reason) => {
  process.stderr.write(`${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`);
});
// The client that forked the server is gone.
process.on("disconnect", () => process.exit(1));

const connection = createConnection();
startServer(connection, {
  createHost: (log, onDied, onUnloaded) => {
    const own = new ModelProcess({ modulePath: engine, log, onDied });
    return new SharedHost({ locate: locateService, own, log, onDied, onUnloaded });
  },
  remote:
    ({ key, network }) =>
    (onDied, onNote) =>
      new RemoteHost({
        key: async (name) => (await key(name)) ?? environmentKey(name),
        network,
        onDied,
        onNote,
      }),
  grammars: new Grammars(path.join(__dirname, "grammars")),
  useMessages: (contents) => {
    l10n.config({ contents: { ...contents } });
    // Threads have modules of their own.
    setEnvironmentData("falcon.messages", contents);
  },
  convertWorker: path.join(__dirname, "convert.cjs"),
  bundledModel: findBundledModel(),
});
connection.listen();
