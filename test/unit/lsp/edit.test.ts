// Edits over the protocol, of files that may hold secrets and of others.

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createConnection } from "vscode-languageserver/node";
import { createProtocolConnection } from "vscode-languageserver-protocol/node";

import { Grammars } from "../../../server/completion/syntax/grammars.ts";
import { startServer } from "../../../server/lsp/server.ts";
import { editRequest, statusChanged } from "../../../src/shared/methods.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

test("the engine saves nothing of an edit in a file that may hold secrets, nor in a notebook of that name", async () => {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const model = scriptedModel();
  const server = createConnection(toServer, toClient);
  startServer(server, {
    createHost: () => ({ memory: undefined, load: () => Promise.resolve(model), dispose: () => Promise.resolve() }),
    grammars: new Grammars(""),
    useMessages: () => undefined,
    convertWorker: "",
    bundledModel: fileURLToPath(new URL("../../../media/models/falcon-tiny-demo.gguf", import.meta.url)),
  });
  server.listen();
  const client = createProtocolConnection(toClient, toServer);
  const ready = new Promise<void>((resolve) => {
    client.onNotification(statusChanged, ({ state }) => {
      if (state === "ready") resolve();
    });
  });
  client.listen();
  await client.sendRequest("initialize", {
    processId: null,
    rootUri: null,
    capabilities: {},
    initializationOptions: { settings: { excludedFiles: ["**/.env", "**/keys.ipynb"] } },
  });
  await client.sendNotification("initialized", {});
  await ready;
  const cell = "vscode-notebook-cell:/project/keys.ipynb#one";
  await client.sendNotification("notebookDocument/didOpen", {
    notebookDocument: {
      uri: "file:///project/keys.ipynb",
      notebookType: "jupyter-notebook",
      version: 1,
      cells: [{ kind: 2, document: cell }],
    },
    cellTextDocuments: [{ uri: cell, languageId: "python", version: 1, text: "key = 1" }],
  });
  const uris = ["file:///project/main.py", "file:///project/.env", cell];
  for (const uri of uris) {
    await client.sendRequest(editRequest, {
      ...{ command: "edit", instruction: "rename the key", uri, languageId: "python", partialResultToken: uri },
      ...{ text: "key = 1", before: "", after: "" },
    });
  }
  assert.deepEqual(
    model.asked.map((request) => request.private),
    [false, true, true],
  );
  await client.sendRequest("shutdown");
  client.dispose();
  server.dispose();
});
