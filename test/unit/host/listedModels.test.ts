// Which models VS Code's chat has in its list while models load.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ListedModels } from "../../../src/languageModel/listedModels.ts";
import type { ModelRole } from "../../../src/shared/modelRoles.ts";
import type { ModelInfo, ModelStatus } from "../../../src/shared/status.ts";

const ready = (path: string, contextSize = 2048): ModelStatus => ({
  state: "ready",
  model: { path, contextSize } as ModelInfo,
  generating: false,
  unloaded: false,
  metrics: { queue: 0 },
});
const resting = (path: string): ModelStatus => ({ ...ready(path), unloaded: true }) as ModelStatus;
const loading = (model: string): ModelStatus => ({ state: "loading", model, progress: 0 });
const failed: ModelStatus = { state: "failed", model: "a", problem: { message: "It is gone." } };
const of = (...roles: readonly ModelRole[]) => roles.map((id) => ({ id }));

test("a model that rests, loads and is there then is in the list all the time, and nothing is said to have changed", () => {
  const listed = new ListedModels();
  assert.equal(listed.isChangedBy(loading("")), false);
  assert.deepEqual(listed.list([], loading("")), []);
  assert.equal(listed.isChangedBy(resting("/a")), true);
  assert.deepEqual(listed.list(of("chat"), resting("/a")), of("chat"));
  for (const status of [loading("a"), ready("/a"), resting("/a"), loading("a")]) {
    assert.equal(listed.isChangedBy(status), false);
    assert.deepEqual(listed.list(status.state === "loading" ? [] : of("chat"), status), of("chat"));
  }
});

test("another model, another context and a failure are changes, and a model that failed is in no list", () => {
  const listed = new ListedModels();
  const changes = [ready("/a"), ready("/a", 4096), loading("b"), ready("/b"), failed, loading("b"), ready("/b")];
  assert.deepEqual(
    changes.map((status) => listed.isChangedBy(status)),
    [true, true, false, true, true, false, true],
  );
  listed.list(of("chat"), ready("/b"));
  assert.deepEqual(listed.list([], failed), []);
});

test("of two models the one that loads stays in the list, and one that both roles share is there once", () => {
  const listed = new ListedModels();
  assert.deepEqual(
    listed.list(of("completion", "chat"), { ...ready("/a"), chat: ready("/b") }),
    of("completion", "chat"),
  );
  assert.deepEqual(listed.list(of("completion"), { ...ready("/a"), chat: loading("b") }), of("completion", "chat"));
  assert.deepEqual(listed.list(of("chat"), ready("/a")), of("chat"));
  assert.deepEqual(listed.list([], loading("a")), of("chat"));
});
