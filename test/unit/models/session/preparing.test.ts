// What a session says while the GPU is prepared for its model, with a scripted host.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { ModelHost } from "../../../../server/engine/engine.ts";
import { ModelSession } from "../../../../server/models/session/modelSession.ts";
import { modelFile } from "../../../support/models.ts";
import { until } from "../../../support/processes.ts";
import { scriptedModel } from "../../../support/scriptedModel.ts";

test("the state says so until the model that is loaded is prepared, whatever becomes of the one before it", async () => {
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const prepared = [first.promise, second.promise, undefined];
  const host: ModelHost = {
    memory: undefined,
    load: () => {
      const waits = prepared.shift();
      return Promise.resolve({ ...scriptedModel(), ...(waits && { prepared: waits }) });
    },
    dispose: () => Promise.resolve(),
  };
  const session = new ModelSession({
    host,
    markers: [],
    onStatus: () => undefined,
    onRequest: () => undefined,
    onLoad: () => undefined,
    log: () => undefined,
  });
  const isPreparing = () => session.state.state === "ready" && session.state.preparing === true;
  const use = (contextSize: number) =>
    session.use({ path: modelFile("falcon7b"), contextSize, gpu: "auto", threads: 1 }, true);
  await use(512);
  assert.ok(isPreparing());
  await session.ready();
  await use(256);
  first.resolve();
  await new Promise(setImmediate);
  assert.ok(isPreparing());
  second.resolve();
  await until("it is prepared", () => !isPreparing());
  assert.ok(session.model);
  await use(128);
  assert.ok(!isPreparing(), "one that need not be prepared");
  await session.dispose();
});
