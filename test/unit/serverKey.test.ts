// The key of a server from the environment.

import assert from "node:assert/strict";
import { test } from "node:test";

import { environmentKey } from "../../server/serverKey.ts";

test("each server has a variable of its own, so that no key goes to another server", () => {
  const env = { FALCON_KEY_GPU_BOX: " sesame ", FALCON_KEY_EMPTY: "" };
  assert.equal(environmentKey("GPU box", env), "sesame");
  assert.equal(environmentKey("other", env), undefined);
  assert.equal(environmentKey("empty", env), undefined);
});
