// A model that is unloaded writes what it can in the time that it has, before its process is killed.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";

import { generateRequest, loadRequest, unloadRequest } from "../../server/engine/process/rpc.ts";
import { planFile } from "../../server/models/plan/plannedFile.ts";
import { modelFile } from "../support/models.ts";

const promptCache = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-unload-"));
const child = fork(fileURLToPath(new URL("../../dist/engine.cjs", import.meta.url)), {
  env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
  stdio: ["ignore", "ignore", "ignore", "ipc"],
});
const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
connection.listen();
after(() => {
  child.kill("SIGKILL");
  connection.dispose();
  fs.rmSync(promptCache, { recursive: true });
});

test("a context that cannot be written in time is not begun", async () => {
  const plan = { path: modelFile("falcon7b"), contextSize: 512, gpu: "off", threads: 1, promptCache } as const;
  const { planned } = planFile(plan.path);
  const prompt = ["let boat = find(12);\n".repeat(20)];
  const filesAfter = async (within: number) => {
    await connection.sendRequest(loadRequest, { plan, planned, markers: [], progressToken: "0" });
    const request = { priority: "completion", prompt, maxTokens: 1, temperature: 0, stop: [] } as const;
    await connection.sendRequest(generateRequest, { ...request, progressToken: "1" });
    await connection.sendRequest(unloadRequest, { within });
    return fs.readdirSync(promptCache).length;
  };
  assert.equal(await filesAfter(0), 0);
  assert.equal(await filesAfter(60_000), 1);
});
