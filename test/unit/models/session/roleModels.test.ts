// The models of both roles, with hosts that load when they are told: who waits gets his role's model, and who reloads only his.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import {
  type ConnectRequest,
  EngineError,
  type LoadRequest,
  type Model,
  type ModelHost,
} from "../../../../server/engine/engine.ts";
import { RoleModels } from "../../../../server/models/session/roleModels.ts";
import type { ModelStatus, RemoteServer } from "../../../../src/shared/protocol.ts";
import { type ModelRole, modelRoles, statusOf } from "../../../../src/shared/modelRoles.ts";
import { modelFile } from "../../../support/models.ts";
import { until } from "../../../support/processes.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-role-models-"));
after(() => fs.rmSync(folder, { recursive: true }));
const [fileA, fileB] = ["a", "b"].map((name) => {
  const file = path.join(folder, `${name}.gguf`);
  fs.copyFileSync(modelFile("falcon7b"), file);
  return file;
}) as [string, string];

function setUp() {
  const loads: string[] = [];
  const gates = new Map<string, Promise<void>>();
  const load = async (file: string): Promise<Model> => {
    loads.push(path.basename(file));
    await gates.get(file);
    return {
      info: {
        ...{ name: "m", path: file, demonstration: false, architecture: "falcon", infill: false, markers: [] },
        ...{ contextSize: 512, kvCache: "f16", flashAttention: false, sequences: 2, promptRate: 10_000 },
        ...{ device: "CPU", gpuLayers: 0, layers: 2, devices: [], passedOver: [] },
      },
      generate: () => Promise.reject(new EngineError("died", "nothing is generated")),
      score: () => Promise.resolve([]),
      countTokens: () => Promise.resolve(1),
    };
  };
  const idle = { memory: undefined, dispose: () => Promise.resolve() };
  const models = new RoleModels({
    createHost: (): ModelHost => ({ ...idle, load: ({ plan }: LoadRequest) => load(plan.path) }),
    createRemote: () => ({ ...idle, load: ({ server }: ConnectRequest) => load(server.name) }),
    ...{ markers: [], onStatus: () => undefined, log: () => undefined },
  });
  const settingsOf = (file: string) => ({ path: file, contextSize: 512, gpu: "off", threads: 1 }) as const;
  const use = (completion: string, chat: string, server?: RemoteServer) => {
    const backend = server && { name: server.name, server, isTrusted: true };
    const forChat = { ...settingsOf(chat), ...(backend && { backend }) };
    models.use({ completion: settingsOf(completion), chat: forChat }, modelRoles);
  };
  const isReady = (role: ModelRole) => {
    const status: ModelStatus = statusOf(models.status, role);
    return status.state === "ready";
  };
  const bothReady = () => until("both are ready", () => modelRoles.every(isReady));
  return { models, use, loads, gates, bothReady, isReady };
}

test("who waits for the model that both roles share gets the one that his role is given meanwhile", async () => {
  const { models, use, gates, bothReady } = setUp();
  const gate = Promise.withResolvers<void>();
  gates.set(fileA, gate.promise);
  use(fileA, fileA);
  const [completion, chat] = [models.ready("completion"), models.ready("chat")];
  use(fileA, fileB);
  gate.resolve();
  assert.equal((await completion).info.path, fileA);
  assert.equal((await chat).info.path, fileB);
  await bothReady();
  await models.dispose();
});

test("a role's model is reloaded alone when it failed or its file is another, and stays when it is right", async () => {
  const { models, use, loads, bothReady } = setUp();
  const gone = path.join(folder, "gone.gguf");
  use(fileA, gone);
  await until("the chat's has failed", () => statusOf(models.status, "chat").state === "failed");
  await until("ghost text's is ready", () => models.status.state === "ready");
  assert.deepEqual(loads.splice(0), ["a.gguf"]);
  await models.reload({ role: "completion" });
  assert.deepEqual(loads, [], "it is loaded and right, though the other failed");
  fs.copyFileSync(fileB, gone);
  await models.reload({ role: "chat" });
  await bothReady();
  assert.deepEqual(loads.splice(0), ["gone.gguf"]);
  fs.utimesSync(fileA, new Date(0), new Date(0));
  await models.reload({ role: "completion" });
  assert.deepEqual(loads.splice(0), ["a.gguf"]);
  await models.reload();
  assert.deepEqual(loads.splice(0).toSorted(), ["a.gguf", "gone.gguf"], "without a role all are loaded again");
  await models.dispose();
});

test("a server whose key has changed is reached again, though another model failed, and no other model is loaded", async () => {
  const { models, use, loads, isReady } = setUp();
  use(path.join(folder, "nowhere.gguf"), fileA, { name: "box", address: "http://127.0.0.1:1", kind: "llama-server" });
  await until("the server's is ready", () => isReady("chat"));
  await until("ghost text's has failed", () => models.status.state === "failed");
  assert.deepEqual(loads.splice(0), ["box"]);
  await models.reload({ server: "box" });
  assert.deepEqual(loads.splice(0), ["box"]);
  await models.reload({ server: "another" });
  assert.deepEqual(loads, []);
  await models.dispose();
});
