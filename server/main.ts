// The language server process: makes the connection and the real dependencies.

import path from "node:path";
import * as l10n from "@vscode/l10n";
import { createConnection } from "vscode-languageserver/node";

import { ModelProcess } from "./engine/process/modelProcess.ts";
import { startServer } from "./lsp/server.ts";

const connection = createConnection();
startServer(connection, {
  createHost: (log, onDied) => new ModelProcess({ modulePath: path.join(__dirname, "engine.cjs"), log, onDied }),
  useMessages: (contents) => l10n.config({ contents: { ...contents } }),
});
connection.listen();
