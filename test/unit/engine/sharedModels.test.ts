// Who shares a model of the service, and who gives way, with processes that load what a test says.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, beforeEach, test } from "node:test";

import {
  EngineError,
  type Generation,
  type GenerateRequest,
  type LoadPlan,
  type LoadRequest,
  type Model,
} from "../../../server/engine/engine.ts";
import { type Client, SharedModels } from "../../../server/engine/shared/sharedModels.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-shared-"));
after(() => fs.rmSync(folder, { recursive: true }));
for (const name of ["a", "b"]) fs.writeFileSync(path.join(folder, name), name);

/** Tokens of context for which there is memory, for all models together. */
let memory: number;
let loads: LoadPlan[];
let generated: GenerateRequest[];
let unloaded: string[];
let models: SharedModels;
beforeEach(() => {
  [memory, loads, generated, unloaded] = [Infinity, [], [], []];
  models = new SharedModels(() => createProcess());
});

const usage = { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 };
const model: Model = {
  info: { gpuLayers: 0 } as Model["info"],
  generate: (request) => {
    generated.push(request);
    return Promise.resolve<Generation>({ text: "", alternatives: [], stopReason: "end", usage });
  },
  countTokens: () => Promise.resolve(0),
};

function createProcess() {
  let taken = 0;
  return {
    memory: undefined,
    load: ({ plan }: LoadRequest) => {
      loads.push(plan);
      if (plan.contextSize > memory) return Promise.reject(new EngineError("outOfMemory", "no", { fits: memory }));
      taken = plan.contextSize;
      memory -= taken;
      return Promise.resolve(model);
    },
    dispose: () => {
      memory += taken;
      taken = 0;
      return Promise.resolve();
    },
  };
}

function load(name: string, plan: Partial<LoadPlan> = {}): Promise<Model> {
  const client: Client = {
    id: name,
    ended: new AbortController().signal,
    onDied: () => undefined,
    onUnloaded: () => unloaded.push(name),
    onLog: () => undefined,
  };
  const whole = { path: path.join(folder, "a"), contextSize: 100, gpu: "off", threads: 1, shared: true, ...plan };
  return models.load({ plan: whole, markers: [] } as unknown as LoadRequest, client, () => undefined);
}

async function isPrivate(loaded: Model): Promise<boolean> {
  const request = { priority: "chat", prompt: ["x"], maxTokens: 1, temperature: 0, stop: [] } as const;
  await loaded.generate(request, () => undefined, new AbortController().signal);
  return generated.at(-1)?.private ?? false;
}

test("editors that remember in folders of their own share a model, and text is saved only where its client says", async () => {
  const code = { promptCache: path.join(folder, "code"), measurements: path.join(folder, "code.json") };
  const saves = [await load("code", code), await load("another window", code)];
  const others = [await load("neovim", { promptCache: path.join(folder, "neovim") }), await load("none")];
  assert.equal(loads.length, 1);
  for (const each of saves) assert.equal(await isPrivate(each), false);
  for (const each of others) assert.equal(await isPrivate(each), true);
});

test("a window that asks for what did not fit is told so at once, and shares what the first one has instead", async () => {
  memory = 60;
  await assert.rejects(load("first"), { failure: "outOfMemory", fits: 60 });
  await load("first", { contextSize: 60 });
  await assert.rejects(load("second"), { failure: "outOfMemory", fits: 60 });
  await load("second", { contextSize: 60 });
  assert.deepEqual([loads.length, unloaded], [2, []]);
});

test("a model that does not fit even alone puts another one away once, and not at each load", async () => {
  memory = 60;
  await load("small", { contextSize: 20 });
  await assert.rejects(load("large", { path: path.join(folder, "b") }), { failure: "outOfMemory" });
  assert.deepEqual(unloaded, ["small"]);
  await load("small", { contextSize: 20 });
  await assert.rejects(load("large", { path: path.join(folder, "b") }), { failure: "outOfMemory", fits: 40 });
  assert.deepEqual(unloaded, ["small"]);
  memory = 100;
  await load("large", { path: path.join(folder, "b") });
  assert.deepEqual(unloaded, ["small"]);
});
