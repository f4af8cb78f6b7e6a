// Where the services of a user make their claims.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { test } from "node:test";

import { userFolder } from "../../../server/engine/shared/claims.ts";
import { processNamespace } from "../../../server/processNamespace.ts";

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

test(
  "processes whose ids mean others to each other have services of their own",
  { skip: process.platform !== "linux" },
  () => {
    const module = new URL("../../../server/processNamespace.ts", import.meta.url).href;
    const script = `import(${JSON.stringify(module)}).then(({ processNamespace }) => console.log(processNamespace()))`;
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, [...args, "-e", script], { encoding: "utf8" }).trim();
    assert.equal(run(process.execPath), processNamespace());
    const isolated = ["--user", "--map-root-user", "--pid", "--fork", process.execPath];
    assert.notEqual(run("unshare", ...isolated), processNamespace());
  },
);
