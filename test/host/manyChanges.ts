// An edit of more changes than VS Code makes one by one.

import assert from "node:assert/strict";

import { describe, it } from "mocha";
import { Range, commands } from "vscode";

import { activateFalcon, openEditor } from "./falcon.ts";

describe("an edit of many changes", () => {
  it("more than a thousand changes each remain one that can be taken back", async () => {
    const { proposals } = await activateFalcon();
    const count = 1_200;
    const many = Array.from({ length: count }, (_, i) => `line${i};`).join("\n");
    const editor = await openEditor(many, "javascript", "end");
    const { document } = editor;
    const proposal = proposals.begin(document, document.validateRange(new Range(0, 0, document.lineCount, 0)));
    await proposal.finish(many.replaceAll(";", ";\n// new"));
    assert.equal(proposal.placed.length, count);
    await commands.executeCommand("falcon.rejectAllChanges");
    assert.equal(document.getText(), many);
  });
});
