// What the status bar item shows in each state.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

// Without a bundle it speaks English, as VS Code's own does.
import * as l10n from "@vscode/l10n";

import type { ModelInfo } from "../../../src/shared/protocol.ts";
import { statusBarView } from "../../../src/statusBarView.ts";

const model: ModelInfo = {
  name: "Falcon 7B",
  path: "/models/falcon.gguf",
  architecture: "falcon",
  contextSize: 2048,
  infill: true,
  device: "CPU",
  gpuLayers: 0,
};
const ready = { state: "ready", model, generating: false } as const;
const details = "Falcon 7B: 2048 tokens of context, on CPU";

suite("statusBarView", () => {
  test("warns of a missing model", () => {
    const view = statusBarView({ state: "noModel" }, "on", "python", l10n);
    assert.equal(view.text, "$(warning) Falcon: No Model");
    assert.equal(view.background, "warning");
  });

  test("shows the percent of loading once there is one", () => {
    const loading = (progress: number) =>
      statusBarView({ state: "loading", model: "m.gguf", progress }, "on", "", l10n);
    assert.deepEqual(loading(0), { text: "$(loading~spin) Falcon", tooltip: "Falcon is loading m.gguf" });
    assert.equal(loading(0.426).text, "$(loading~spin) Falcon 42%");
    assert.equal(loading(1).text, "$(loading~spin) Falcon 100%");
    assert.equal(loading(7).text, "$(loading~spin) Falcon 100%");
  });

  test("describes the model when ready", () => {
    assert.deepEqual(statusBarView(ready, "on", "python", l10n), {
      text: "$(zap) Falcon",
      tooltip: `${details}\nInline completions are on`,
    });
  });

  test("spins while generating", () => {
    assert.deepEqual(statusBarView({ ...ready, generating: true }, "on", "python", l10n), {
      text: "$(loading~spin) Falcon",
      tooltip: `${details}\nGenerating…\nInline completions are on`,
    });
  });

  test("tells for what completions are off", () => {
    assert.deepEqual(statusBarView(ready, "off", "python", l10n), {
      text: "$(circle-slash) Falcon",
      tooltip: `${details}\nInline completions are off`,
    });
    assert.equal(
      statusBarView(ready, "offForLanguage", "python", l10n).tooltip,
      `${details}\nInline completions are off for python`,
    );
  });

  test("tells the problem of a failure", () => {
    const problem = { message: "m.gguf is not a model." };
    assert.deepEqual(statusBarView({ state: "failed", model: "m.gguf", problem }, "on", "", l10n), {
      text: "$(error) Falcon",
      tooltip: "m.gguf is not a model.",
      background: "error",
    });
  });
});
