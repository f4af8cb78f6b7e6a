// What the status bar item shows in each state.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

// Without a bundle it speaks English, as VS Code's own does.
import * as l10n from "@vscode/l10n";

import type { ModelInfo, ModelStatus } from "../../../src/shared/status.ts";
import { describeKept, statusBarView } from "../../../src/status/statusBarView.ts";

const model: ModelInfo = {
  name: "Falcon 7B",
  path: "/models/falcon.gguf",
  demonstration: false,
  architecture: "falcon",
  contextSize: 2048,
  infill: true,
  device: "CPU",
  gpuLayers: 0,
  layers: 33,
  kvCache: "f16",
  flashAttention: false,
  sequences: 2,
  promptRate: 10_000,
  devices: [],
};
const ready = { state: "ready", model, generating: false, unloaded: false, metrics: { queue: 0 } } as const;
const details = "Falcon 7B: 2048 tokens of context, on CPU";

suite("statusBarView", () => {
  test("names a demonstration model as such", () => {
    const demonstration = { ...ready, model: { ...model, demonstration: true } };
    assert.deepEqual(statusBarView(demonstration, "on", "python", l10n), {
      icon: "zap",
      text: "Falcon Demo",
      tooltip: [
        details,
        "A small demonstration model. Choose a Falcon of your own for real work.",
        "Inline completions are on",
      ],
    });
  });

  test("says on which server the model runs, where text goes, and what the server is waited for", () => {
    const remote = { name: "box", host: "box:8080", encrypted: false };
    const onServer = { ...ready, model: { ...model, remote }, note: "The server box is waking up" };
    assert.deepEqual(statusBarView(onServer, "on", "python", l10n), {
      icon: "zap",
      text: "Falcon on box",
      tooltip: [
        "Falcon 7B: 2048 tokens of context, on box",
        "Text leaves this machine: it is sent to box:8080, not encrypted",
        "The server box is waking up",
        "Inline completions are on",
      ],
    });
    const loading = { state: "loading", model: "box", progress: 0, note: "The server box is waking up" } as const;
    assert.deepEqual(statusBarView(loading, "on", "", l10n).tooltip, ["The server box is waking up"]);
  });

  test("names each server that a model runs on, whatever the other model does", () => {
    const on = (name: string) => ({ ...ready, model: { ...model, remote: { name, host: "h", encrypted: true } } });
    const loading = { state: "loading", model: "m.gguf", progress: 0.4 } as const;
    const failed = { state: "failed", model: "m.gguf", problem: { message: "It is gone." } } as const;
    const text = (completion: ModelStatus, chat: ModelStatus) =>
      statusBarView({ ...completion, chat }, "on", "python", l10n).text;
    assert.equal(text(ready, on("team")), "Falcon on team");
    assert.equal(text(on("box"), loading), "Falcon on box");
    assert.equal(text(loading, on("team")), "Falcon on team");
    assert.equal(text(on("box"), failed), "Falcon on box");
    assert.equal(text(on("box"), on("team")), "Falcon on box, team");
    assert.equal(text(on("box"), on("box")), "Falcon on box");
    assert.equal(text(ready, loading), "Falcon 40%");
  });

  test("shows the percent of loading once there is one", () => {
    const loading = (progress: number) =>
      statusBarView({ state: "loading", model: "m.gguf", progress }, "on", "", l10n);
    assert.deepEqual(loading(0), { icon: "loading~spin", text: "Falcon", tooltip: ["Falcon is loading m.gguf"] });
    assert.equal(loading(0.426).text, "Falcon 42%");
    assert.equal(loading(1).text, "Falcon 100%");
    assert.equal(loading(7).text, "Falcon 100%");
  });

  test("describes the model when ready", () => {
    assert.deepEqual(statusBarView(ready, "on", "python", l10n), {
      icon: "zap",
      text: "Falcon",
      tooltip: [details, "Inline completions are on"],
    });
  });

  test("says why a request waits that comes while the GPU is prepared", () => {
    const { icon, tooltip } = statusBarView({ ...ready, preparing: true }, "on", "python", l10n);
    assert.equal(icon, "loading~spin");
    assert.ok(tooltip.includes("Preparing the GPU: until that is done, an answer may take longer to begin"));
  });

  test("tells how many layers the GPU runs, and why not more", () => {
    const split = { ...model, device: "Vulkan", gpuLayers: 11, fallback: "Not enough memory; using Vulkan" };
    assert.deepEqual(statusBarView({ ...ready, model: split }, "on", "python", l10n).tooltip, [
      "Falcon 7B: 2048 tokens of context, on Vulkan (11 of 33 layers)",
      "Not enough memory; using Vulkan",
      "Inline completions are on",
    ]);
    const whole = { ...split, gpuLayers: 33, fallback: "CUDA: no device; using Vulkan" };
    assert.match(
      statusBarView({ ...ready, model: whole }, "on", "", l10n).tooltip.join("\n"),
      /^.* on Vulkan\nCUDA: .*\n/,
    );
  });

  test("tells that the context is stored in 8 bits", () => {
    const short = { ...model, kvCache: "q8_0" } as const;
    const [first] = statusBarView({ ...ready, model: short }, "on", "", l10n).tooltip;
    assert.equal(first, "Falcon 7B: 2048 tokens of context in 8 bits, on CPU");
  });

  test("tells of both models where the chat has its own, and first of the one that needs the user", () => {
    const other = { ...ready, model: { ...model, name: "Falcon-H1 1.5B" } };
    const view = (chat: ModelStatus, completion: ModelStatus = ready) =>
      statusBarView({ ...completion, chat }, "on", "", l10n);
    assert.deepEqual(view({ ...other, unloaded: true }), {
      icon: "zap",
      text: "Falcon",
      tooltip: [
        `Ghost text: ${details}`,
        "Chat: Falcon-H1 1.5B: 2048 tokens of context, on CPU",
        "Not in memory: the next request loads the model",
        "Inline completions are on",
      ],
    });
    const loading = { state: "loading", model: "m.gguf", progress: 0.5 } as const;
    const failed = { state: "failed", model: "m.gguf", problem: { message: "It is gone." } } as const;
    assert.deepEqual(view(loading).tooltip, [
      `Ghost text: ${details}`,
      "Chat: Falcon is loading m.gguf",
      "Inline completions are on",
    ]);
    assert.equal(view(loading).text, "Falcon 50%");
    assert.deepEqual(view(failed, loading), {
      icon: "error",
      text: "Falcon",
      tooltip: ["Ghost text: Falcon is loading m.gguf", "Chat: It is gone."],
      background: "error",
    });
    assert.equal(view(loading, failed).icon, "error");
  });

  test("spins while generating", () => {
    assert.deepEqual(statusBarView({ ...ready, generating: true }, "on", "python", l10n), {
      icon: "loading~spin",
      text: "Falcon",
      tooltip: [details, "Generating…", "Inline completions are on"],
    });
  });

  test("says how fast the model is, of what is known", () => {
    const metrics = { tokensPerSecond: 23.94, firstToken: 412, reused: 0.954, memory: 4.61e9, queue: 0 };
    const line = "23.9 tokens/s, first token after 0.41 s, 95% of prompts reused, 4610 MB of memory";
    assert.deepEqual(statusBarView({ ...ready, metrics }, "on", "", l10n).tooltip, [
      details,
      line,
      "Inline completions are on",
    ]);
    assert.ok(
      statusBarView({ ...ready, metrics: { memory: 5e8, queue: 0 } }, "on", "", l10n).tooltip.includes(
        "500 MB of memory",
      ),
    );
  });

  test("says of a model that was not loaded yet what is known, and nothing to wait for", () => {
    const resting = { ...ready, unloaded: true, model: { ...model, device: "", layers: 0, devices: [] } };
    assert.deepEqual(statusBarView(resting, "on", "", l10n), {
      icon: "zap",
      text: "Falcon",
      tooltip: [
        `${model.name}: ${model.contextSize} tokens of context`,
        "Not in memory: the next request loads the model",
        "Inline completions are on",
      ],
    });
  });

  test("says that the model sleeps", () => {
    assert.match(
      statusBarView({ ...ready, unloaded: true }, "on", "", l10n).tooltip.join("\n"),
      /the next request loads/,
    );
  });

  test("tells for what completions are off", () => {
    assert.deepEqual(statusBarView(ready, "off", "python", l10n), {
      icon: "circle-slash",
      text: "Falcon",
      tooltip: [details, "Inline completions are off"],
    });
    assert.deepEqual(statusBarView(ready, "offForLanguage", "python", l10n).tooltip, [
      details,
      "Inline completions are off for python",
    ]);
  });

  test("tells what is kept of what could be looked at", () => {
    const seen = {
      seenAfterHalfMinute: 120,
      keptAfterHalfMinute: 98,
      seenAfterFiveMinutes: 80,
      keptAfterFiveMinutes: 60,
    };
    const counts = { shown: 20, accepted: 9, characters: 150, ...seen };
    assert.equal(describeKept(counts, l10n), "98 of 120 kept after 30 s, 60 of 80 after 5 min");
    assert.equal(
      describeKept({ ...counts, seenAfterFiveMinutes: 0, keptAfterFiveMinutes: 0 }, l10n),
      "98 of 120 kept after 30 s",
    );
    const none = { seenAfterHalfMinute: 0, keptAfterHalfMinute: 0, seenAfterFiveMinutes: 0, keptAfterFiveMinutes: 0 };
    assert.equal(describeKept({ ...counts, ...none }, l10n), "");
  });

  test("tells the problem of a failure", () => {
    const problem = { message: "m.gguf is not a model." };
    assert.deepEqual(statusBarView({ state: "failed", model: "m.gguf", problem }, "on", "", l10n), {
      icon: "error",
      text: "Falcon",
      tooltip: ["m.gguf is not a model."],
      background: "error",
    });
  });
});
