import assert from "node:assert/strict";
import path from "node:path";
import { after, test } from "node:test";

import { runComparison } from "../../../server/compare/runComparison.ts";
import type { LoadRequest, PromptPart } from "../../../server/engine/engine.ts";
import type { Candidate } from "../../../src/shared/comparison.ts";
import { readSettings } from "../../../server/lsp/settings.ts";
import { Grammars } from "../../../server/syntax/grammars.ts";
import { GitRepository } from "../../support/gitRepository.ts";
import { modelFile } from "../../support/models.ts";
import { type ScriptedModel, scriptedModel, textOf } from "../../support/scriptedModel.ts";

const grammars = path.join(import.meta.dirname, "../../../node_modules/@vscode/tree-sitter-wasm/wasm");
const repository = new GitRepository();
after(() => repository.dispose());
repository.commit({ "a.ts": "", "b.ts": "export const second = first + first;\n" });
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

async function run(signal: AbortSignal, candidates: readonly Candidate[] = [{ path: modelFile("falcon7b") }]) {
  const loads: LoadRequest[] = [];
  const models: ScriptedModel[] = [];
  const createHost = () => ({
    memory: 1e6,
    load: (request: LoadRequest) => {
      loads.push(request);
      const model = scriptedModel();
      models.push(model);
      return Promise.resolve(model);
    },
    dispose: () => Promise.resolve(),
  });
  const report = await runComparison(
    { folder: repository.folder, git: "git", candidates, minutes: 5 },
    {
      ...{ createHost, log: () => undefined, settings, grammars: new Grammars(grammars) },
      ...{ isExcluded: () => false, isBusy: () => false, onReport: () => undefined },
    },
    signal,
  );
  return { report, loads, models };
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

test("a candidate is loaded and asked with settings of its own, and named by them", async () => {
  const path = modelFile("falcon7b");
  const settings = { contextSize: 1234, infill: "none", snippets: 0 } as const;
  const { report, loads, models } = await run(new AbortController().signal, [
    { path },
    { path, settings, label: "small" },
  ]);
  assert.deepEqual(
    loads.map(({ plan }) => plan.contextSize),
    [2048, 1234],
  );
  const [plain = [], own = []] = models.map(({ asked }) => asked.map(({ prompt }) => prompt));
  assert.equal(plain.length, own.length);
  const infills = (prompt: readonly PromptPart[]) => prompt.some((part) => typeof part === "object" && "role" in part);
  assert.ok(plain.every(infills) && !own.some(infills));
  const seesOther = (prompt: readonly PromptPart[]) => textOf(prompt).includes("b.ts");
  assert.ok(plain.some(seesOther) && !own.some(seesOther));
  assert.deepEqual(
    report.candidates.map(({ label }) => label),
    [undefined, "small"],
  );
  assert.match(report.recommendation ?? "", /\(F32(, small)?\)/);
});

test("a comparison that is stopped while places are looked for says that it was", async () => {
  const { report } = await run(AbortSignal.abort());
  assert.equal(report.state, "stopped");
});
