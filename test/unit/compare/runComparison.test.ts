import assert from "node:assert/strict";
import path from "node:path";
import { after, test } from "node:test";

import { runComparison } from "../../../server/compare/runComparison.ts";
import type { LoadRequest } from "../../../server/engine/engine.ts";
import { readSettings } from "../../../server/lsp/settings.ts";
import { Grammars } from "../../../server/syntax/grammars.ts";
import { GitRepository } from "../../support/gitRepository.ts";
import { modelFile } from "../../support/models.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const grammars = path.join(import.meta.dirname, "../../../node_modules/@vscode/tree-sitter-wasm/wasm");
const repository = new GitRepository();
after(() => repository.dispose());
repository.commit({ "a.ts": "" });
repository.commit({ "a.ts": "export const first = 1;\nexport const second = first + 1;\n" });

const given = {
  model: {
    gpu: "cuda",
    promptCache: { folder: path.resolve("contexts"), keep: true },
    measurements: path.resolve("m"),
  },
  models: { cudaFolder: path.resolve("cuda") },
};
const settings = readSettings(given, (message) => {
  throw new Error(message);
});

async function run(signal: AbortSignal) {
  const loads: LoadRequest[] = [];
  const createHost = () => ({
    memory: 1e6,
    load: (request: LoadRequest) => {
      loads.push(request);
      return Promise.resolve(scriptedModel());
    },
    dispose: () => Promise.resolve(),
  });
  const report = await runComparison(
    { folder: repository.folder, git: "git", candidates: [{ path: modelFile("falcon7b") }], minutes: 5 },
    {
      ...{ createHost, log: () => undefined, settings, grammars: new Grammars(grammars) },
      ...{ isExcluded: () => false, isBusy: () => false, onReport: () => undefined },
    },
    signal,
  );
  return { report, loads };
}

test("models are loaded as those of ghost text are, but save nothing", async () => {
  const { report, loads } = await run(new AbortController().signal);
  // The file was there before, and empty.
  assert.ok(report.lines > 0);
  const plan = loads[0]?.plan;
  assert.equal(plan?.cudaFolder, given.models.cudaFolder);
  assert.equal(plan.promptCache, undefined);
  assert.equal(plan.measurements, undefined);
});

test("a comparison that is stopped while places are looked for says that it was", async () => {
  const { report } = await run(AbortSignal.abort());
  assert.equal(report.state, "stopped");
});
