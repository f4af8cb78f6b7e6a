// What becomes of requests of a model that has just left its place to another client's.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Model } from "../../../../server/engine/engine.ts";
import { UserError } from "../../../../server/userError.ts";
import { modelFile } from "../../../support/models.ts";
import { generate, ScriptedHost, sessionOf } from "../../../support/scriptedHost.ts";

const [fileA, fileB] = [modelFile("falcon7b"), modelFile("falconH1")];

function settingsOf(path: string) {
  return { path, contextSize: 512, gpu: "off", threads: 1 } as const;
}

test("what is asked of a model that has just left its place is asked of it once it is loaded again", async () => {
  for (const isTold of [true, false]) {
    const { session, host } = sessionOf(new ScriptedHost());
    await session.use(settingsOf(fileA), true);
    const leave = async (): Promise<Model> => {
      const model = await session.ready();
      host.leave();
      if (isTold) session.hostUnloaded();
      return model;
    };
    assert.equal((await generate(await leave())).stopReason, "end");
    assert.equal(await (await leave()).countTokens(["x"]), 1);
    const score = { priority: "completion", prompt: ["x"], continuations: [] } as const;
    assert.deepEqual(await (await leave()).score?.(score, new AbortController().signal), []);
    assert.equal(host.loads.length, 4);
    assert.equal(session.queue, 0);
    await session.dispose();
  }
});

test("what was asked of a model that left its place is not asked of another one that was chosen meanwhile", async () => {
  const { session, host } = sessionOf(new ScriptedHost());
  await session.use(settingsOf(fileA), true);
  const model = await session.ready();
  host.leave();
  void session.use(settingsOf(fileB), true);
  await assert.rejects(generate(model), UserError);
  await session.dispose();
});
