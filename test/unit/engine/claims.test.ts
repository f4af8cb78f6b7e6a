// Where the services of a user make their claims.

import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { userFolder } from "../../../server/engine/shared/claims.ts";

test("the folder is in that of the session, or where the user says", () => {
  const folder = path.resolve("/run/user/1000");
  assert.equal(path.dirname(userFolder({ XDG_RUNTIME_DIR: folder })), folder);
  assert.equal(
    userFolder({ XDG_RUNTIME_DIR: folder, FALCON_SERVICE_FOLDER: path.resolve("/mine") }),
    path.resolve("/mine"),
  );
});

test("a variable that is empty or holds no absolute path is as if it were not set", () => {
  for (const value of ["", "run", "./run"]) {
    assert.equal(path.dirname(userFolder({ XDG_RUNTIME_DIR: value })), os.tmpdir(), value);
    assert.equal(userFolder({ FALCON_SERVICE_FOLDER: value }), userFolder({}), value);
  }
});
