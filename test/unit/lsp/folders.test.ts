// The workspace folders of a client, by which a document's path stands in the prompt of the bundled model.

import assert from "node:assert/strict";
import { test } from "node:test";
import { InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";

import { scriptedModel, textOf } from "../../support/scriptedModel.ts";
import { serveInProcess } from "../../support/serverInProcess.ts";

for (const announced of [true, false]) {
  test(`a folder that is added later counts, with the capability ${announced ? "announced" : "left out"}`, async () => {
    const model = scriptedModel({ demonstration: true });
    const folder = (name: string) => ({ uri: `file:///${name}`, name });
    const { client, stop } = await serveInProcess(model, {
      capabilities: announced ? { workspace: { workspaceFolders: true } } : {},
      workspaceFolders: [folder("old")],
      initializationOptions: { settings: { inlineCompletion: { debounce: 0 } } },
    });
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
    await stop();
  });
}
