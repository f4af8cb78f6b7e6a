// The language server in the test's own process, over a connection, with a model whose words a test knows.

import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { createConnection } from "vscode-languageserver/node";
import {
  createProtocolConnection,
  type InitializeParams,
  type ProtocolConnection,
} from "vscode-languageserver-protocol/node";

import { Grammars } from "../../server/syntax/grammars.ts";
import type { Model } from "../../server/engine/engine.ts";
import { startServer } from "../../server/lsp/server.ts";
import type { CreateHost } from "../../server/models/session/roleModels.ts";
import { statusChanged } from "../../src/shared/methods.ts";

/**
 * Starts it, and resolves when its model may be asked for: it is loaded then, or at rest. `stop` ends both sides.
 * `createBackgroundHost` is for work that nobody waits for, and has the model, too, unless given.
 */
export async function serveInProcess(
  model: Model | Promise<Model>,
  params: Partial<InitializeParams>,
  { createBackgroundHost, onBattery = false }: { createBackgroundHost?: CreateHost; onBattery?: boolean } = {},
): Promise<{ readonly client: ProtocolConnection; readonly stop: () => Promise<void> }> {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const server = createConnection(toServer, toClient);
  const createHost = () => ({
    memory: undefined,
    load: () => Promise.resolve(model),
    dispose: () => Promise.resolve(),
  });
  startServer(server, {
    createHost,
    createBackgroundHost: createBackgroundHost ?? createHost,
    grammars: new Grammars(fileURLToPath(new URL("../../node_modules/@vscode/tree-sitter-wasm/wasm", import.meta.url))),
    battery: { isDischarging: () => Promise.resolve(onBattery) },
    useMessages: () => undefined,
    convertWorker: "",
    pages: "",
    fineTuning: "",
    bundledModel: fileURLToPath(new URL("../../media/models/falcon-tiny-demo.gguf", import.meta.url)),
  });
  server.listen();
  const client = createProtocolConnection(toClient, toServer);
  const ready = new Promise<void>((resolve) => {
    client.onNotification(statusChanged, ({ state }) => {
      if (state === "ready") resolve();
    });
  });
  client.listen();
  await client.sendRequest("initialize", { processId: null, rootUri: null, capabilities: {}, ...params });
  await client.sendNotification("initialized", {});
  await ready;
  const stop = async () => {
    await client.sendRequest("shutdown");
    client.dispose();
    server.dispose();
  };
  return { client, stop };
}
