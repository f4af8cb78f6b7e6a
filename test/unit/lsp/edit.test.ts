// Edits over the protocol, of files that may hold secrets and of others.

import assert from "node:assert/strict";
import { test } from "node:test";

import { editRequest } from "../../../src/shared/methods.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";
import { serveInProcess } from "../../support/serverInProcess.ts";

test("the engine saves nothing of an edit in a file that may hold secrets, nor in a notebook of that name", async () => {
  const model = scriptedModel();
  const { client, stop } = await serveInProcess(model, {
    initializationOptions: { settings: { excludedFiles: ["**/.env", "**/keys.ipynb"] } },
  });
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
  await stop();
});
