// A model that is unloaded writes what it can in the time that it has, before its process is killed.

import "../support/oneLibuvThread.ts";
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import * as library from "node-llama-cpp";

import { LlamaHost } from "../../server/engine/llama/llamaHost.ts";
import { modelFile } from "../support/models.ts";

const promptCache = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-unload-"));
after(() => fs.rmSync(promptCache, { recursive: true }));

test("a context that cannot be written in time is not begun", async () => {
  const host = new LlamaHost(library, () => undefined);
  const plan = { path: modelFile("falcon7b"), contextSize: 512, gpu: "off", threads: 1, promptCache } as const;
  const prompt = ["let boat = find(12);\n".repeat(20)];
  const filesAfter = async (within: number) => {
    const model = await host.load({ plan, markers: [] }, () => undefined);
    const request = { priority: "completion", prompt, maxTokens: 1, temperature: 0, stop: [] } as const;
    await model.generate(request, () => undefined, new AbortController().signal);
    await host.unload(within);
    return fs.readdirSync(promptCache).length;
  };
  assert.equal(await filesAfter(0), 0);
  assert.equal(await filesAfter(60_000), 1);
});
