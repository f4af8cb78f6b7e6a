import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";

import { gitIn } from "../../../server/git.ts";
import { gitProgram } from "../../../src/chat/context/gitProgram.ts";
import { GitRepository } from "../../support/gitRepository.ts";

describe("git in a repository of others", () => {
  const repository = new GitRepository();
  after(() => repository.dispose());
  const { folder } = repository;

  test("asks no remote, even where the repository allows a protocol that starts programs", async () => {
    const started = path.join(folder, "started");
    repository.git("config", "protocol.ext.allow", "always");
    repository.git("config", "protocol.allow", "always");
    repository.git("remote", "add", "origin", `ext::sh -c "touch% ${started.replaceAll(" ", "% ")}"`);
    const { code, problem } = await gitIn("git", folder)(["fetch", "origin"]);
    assert.notEqual(code, 0);
    assert.match(problem, /'ext' not allowed/);
    assert.equal(fs.existsSync(started), false);
  });

  test("is started elsewhere, and works there all the same", async () => {
    const top = ["rev-parse", "--show-toplevel"];
    assert.equal((await gitIn("git", folder)(top)).bytes.toString().trim(), folder);
    assert.equal((await gitProgram("git")(folder, top)).text.trim(), folder);
    // As Windows finds one by its bare name.
    const relative = `.${path.sep}git-of-the-repository`;
    fs.writeFileSync(path.join(folder, relative), "#!/bin/sh\ntouch started\n", { mode: 0o755 });
    assert.equal((await gitIn(relative, folder)(top)).code, undefined);
    assert.equal((await gitProgram(relative)(folder, top)).code, undefined);
    assert.equal(fs.existsSync(path.join(folder, "started")), false);
  });
});
