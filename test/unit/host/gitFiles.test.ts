// Which files may go with a message, as a real git tells of real repositories.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, suite, test } from "node:test";

import {
  byInnermost,
  gitProgram,
  ignoredFiles,
  isInside,
  listFiles,
  repositoryOf,
} from "../../../src/chat/context/gitProgram.ts";
import { matchHiddenFiles } from "../../../src/chat/context/hiddenFiles.ts";

suite("git", () => {
  const git = gitProgram("git");
  let folder = "";
  const at = (...names: string[]) => names.map((name) => path.join(folder, name));

  function write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
  }

  function run(where: string, ...args: string[]): void {
    const identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"];
    execFileSync("git", [...identity, ...args], { cwd: path.join(folder, where), stdio: "ignore" });
  }

  before(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "falcon-git-")));
    write({
      "inner/.gitignore": "*.log\n",
      "inner/a.ts": "",
      "outer/.gitignore": "*.log\nbuild/\n",
      "outer/a.ts": "",
      "outer/gone.ts": "",
      "outer/deep/:(b).ts": "",
      "outer/deep/secret.log": "",
      "outer/build/a.js": "",
      "elsewhere/a.ts": "",
    });
    for (const each of ["inner", "outer"]) {
      run(each, "init", "-q");
      run(each, "add", "-A");
      run(each, "commit", "-q", "-m", "a");
    }
    run("outer", "submodule", "add", "-q", path.join(folder, "inner"), "sub");
    write({ "outer/sub/secret.log": "", "outer/new.ts": "" });
    fs.rmSync(path.join(folder, "outer/gone.ts"));
    fs.symlinkSync(path.join(folder, "outer/deep"), path.join(folder, "outer/link"), "junction");
    fs.symlinkSync(path.join(folder, "elsewhere"), path.join(folder, "outer/away"), "junction");
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  test("what is ignored is known beside files of submodules and behind links; what git cannot tell of counts as ignored", async () => {
    const [root = ""] = at("outer");
    const kept = at("outer/a.ts", "outer/deep/:(b).ts", "outer/sub/a.ts", "outer/link/:(b).ts");
    const ignored = at(
      "outer/deep/secret.log",
      "outer/build/a.js",
      "outer/sub/secret.log",
      "outer/link/secret.log",
      "outer/away/a.ts",
    );
    const found = await ignoredFiles(git, root, [...kept, ...ignored]);
    assert.deepEqual([...found].sort(), ignored.sort());
    assert.deepEqual([...(await ignoredFiles(git, root, at("outer/a.ts")))], []);
  });

  test("where git cannot be run, all files count as ignored", async () => {
    const [root = ""] = at("outer");
    const files = at("outer/a.ts", "outer/new.ts");
    assert.deepEqual([...(await ignoredFiles(gitProgram("no-such-git"), root, files))], files);
    assert.deepEqual(await listFiles(gitProgram("no-such-git"), root), []);
  });

  test("lists what is tracked or new, and nothing that is ignored or gone", async () => {
    const [root = "", deep = ""] = at("outer", "outer/deep");
    const listed = (await listFiles(git, root)).map((file) => path.relative(root, file)).sort();
    const files = [".gitignore", ".gitmodules", "a.ts", path.join("deep", ":(b).ts"), "new.ts"];
    assert.deepEqual(listed, [...files, "away", "link", "sub"].sort());
    assert.deepEqual(await listFiles(git, deep), at("outer/deep/:(b).ts"));
  });

  test("says when there is more than is read", async () => {
    const [root = ""] = at("outer");
    const { text, isCut, code } = await git(root, ["ls-files"], { longest: 8 });
    assert.deepEqual([text.length <= 8, isCut, code], [true, true, 0]);
  });

  test("finds the repository of a folder in it, and none elsewhere", async () => {
    const [root = "", deep = "", elsewhere = ""] = at("outer", "outer/deep", "elsewhere");
    assert.equal(await repositoryOf(git, deep), root);
    assert.equal(await repositoryOf(git, elsewhere), undefined);
  });

  test("asks the innermost repository of each file", () => {
    const [outer = "", sub = "", dots = ""] = at("outer", "outer/sub", "outer/..a");
    const files = at("outer/sub/a.ts", "outer/a.ts", "elsewhere/a.ts");
    const found = byInnermost([outer, sub], files);
    assert.deepEqual(found.get(sub), at("outer/sub/a.ts"));
    assert.deepEqual(found.get(outer), at("outer/a.ts"));
    assert.ok(isInside(outer, dots) && !isInside(sub, outer) && !isInside(outer, outer));
  });
});

test("what the settings hide is hidden with all that is in it, from the folder's root on", () => {
  const isHidden = matchHiddenFiles(["**/node_modules", "build", "**/*.{js,{map,tmp}}", "docs/*.md"]);
  const hidden = ["node_modules/a/b.ts", "a/node_modules", "build/a", "a/b.js", "b.map", "b.tmp", "docs/a.md"];
  const shown = ["a/build/b.ts", "a.ts", "docs/a/b.md", "what?.js#.ts", "{js,map}"];
  assert.deepEqual([...hidden, ...shown].filter(isHidden), hidden);
});
