// A model with room for few tokens: what is asked of it fits, however long the document is and whatever else is open.

import assert from "node:assert/strict";
import { test } from "node:test";

import { completionContextRequest } from "../../src/shared/methods.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

// The machine is as fast as it takes to have room for other files.
process.env["FALCON_WITHOUT"] = "prefetch";
process.env["FALCON_PROMPT_RATE"] = "100000";

const line = "const parseWheel = (spokes, rim) => spokes * rim; // 🦅\n";

for (const contextSize of [64, 128, 512, 1024]) {
  test(`of ${contextSize} tokens: a long document is completed, beside another one`, async (t) => {
    const client = await LspClient.start({
      ...quickSettings,
      model: { ...quickSettings.model, path: modelFile("falcon7b"), contextSize },
    });
    t.after(() => client.stop());
    const status = await client.statusWhere(({ state }) => state === "ready" || state === "failed");
    assert.equal(status.state, "ready");
    const others = Array.from({ length: 300 }, (_, i) =>
      i < 280 ? `unrelated${i}();\n` : `const wheel = ${i}; // rim\n`,
    );
    await client.open("file:///other.ts", others.join(""));
    await client.open(
      "file:///long/name/of/a/folder/long.ts",
      `${line.repeat(1000)}const wheel = \n${line.repeat(1000)}`,
    );
    const [item] = await client.complete("file:///long/name/of/a/folder/long.ts", 1000, 14);
    assert.deepEqual(
      client.logs.filter((each) => each.includes("inline completion")),
      [],
    );
    assert.ok(item && item.insertText !== "");
    const report = await client.connection.sendRequest(completionContextRequest);
    assert.equal(
      report !== null && report.tokens > 0,
      contextSize > 512,
      "only what is left beside the window is of other files",
    );
  });
}
