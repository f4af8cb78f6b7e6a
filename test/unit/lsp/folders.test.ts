// The workspace folders of a client, by which a document's path stands in the prompt of the bundled model.

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createConnection } from "vscode-languageserver/node";
import { createProtocolConnection, InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";

import { Grammars } from "../../../server/completion/syntax/grammars.ts";
import { startServer } from "../../../server/lsp/server.ts";
import { statusChanged } from "../../../src/shared/methods.ts";
import { scriptedModel, textOf } from "../../support/scriptedModel.ts";

for (const announced of [true, false]) {
  test(`a folder that is added later counts, with the capability ${announced ? "announced" : "left out"}`, async () => {
    const [toServer, toClient] = [new PassThrough(), new PassThrough()];
    const model = scriptedModel({ demonstration: true });
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
    const folder = (name: string) => ({ uri: `file:///${name}`, name });
    await client.sendRequest("initialize", {
      processId: null,
      rootUri: null,
      capabilities: announced ? { workspace: { workspaceFolders: true } } : {},
      workspaceFolders: [folder("old")],
      initializationOptions: { settings: { inlineCompletion: { debounce: 0 } } },
    });
    await client.sendNotification("initialized", {});
    await ready;
    await client.sendNotification("workspace/didChangeWorkspaceFolders", {
      event: { added: [folder("new")], removed: [folder("old")] },
    });
    const pathOf = async (uri: string) => {
      const textDocument = { uri, languageId: "typescript", version: 1, text: "let x = " };
      await client.sendNotification("textDocument/didOpen", { textDocument });
      await client.sendRequest("textDocument/inlineCompletion", {
        textDocument: { uri },
        position: { line: 0, character: 8 },
        context: { triggerKind: InlineCompletionTriggerKind.Automatic },
      });
      return textOf(model.asked.at(-1)?.prompt ?? []).split("let")[0];
    };
    assert.equal(await pathOf("file:///new/src/a.ts"), "src/a.ts\n");
    assert.equal(await pathOf("file:///old/src/b.ts"), "");
    await client.sendRequest("shutdown");
    client.dispose();
    server.dispose();
  });
}
