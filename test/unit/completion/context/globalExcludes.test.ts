import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { after, test } from "node:test";

import { IgnoredFiles } from "../../../../server/completion/context/ignoredFiles.ts";

const home = mkdtempSync(path.join(tmpdir(), "falcon-home-"));
after(() => rmSync(home, { recursive: true }));
Object.assign(process.env, { HOME: home, USERPROFILE: home, XDG_CONFIG_HOME: "", GIT_CONFIG_GLOBAL: "" });

function write(name: string, text: string): void {
  mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
  writeFileSync(path.join(home, name), text);
}

/** Which of four files git ignores in a repository of its own. */
async function ignoredIn(name: string, texts: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const repository = path.join(home, name);
  mkdirSync(path.join(repository, ".git"), { recursive: true });
  for (const [file, text] of Object.entries(texts)) write(path.join(name, file), text);
  const ignored = new IgnoredFiles(repository);
  const files = ["default.ts", "named.ts", "own.ts", "kept.ts"];
  const isIgnored = await Promise.all(files.map((file) => ignored.hasFile(path.join(repository, file))));
  return files.filter((_, i) => isIgnored[i]);
}

test("the user's own rules hold in every repository: git's default file, or the one that a configuration names", async () => {
  assert.deepEqual(await ignoredIn("nothing"), []);
  write(".config/git/ignore", "default.ts\n");
  assert.deepEqual(await ignoredIn("default"), ["default.ts"]);
  write("rules", "named.ts\nkept.ts\n");
  write(".gitconfig", '[user]\n\tname = A\n[core]\n\texcludesFile = "~/rules"\n[other]\n\texcludesfile = none\n');
  assert.deepEqual(await ignoredIn("named", { ".gitignore": "!kept.ts\n" }), ["named.ts"]);
});

test("a repository's configuration holds before the user's", async () => {
  const config = "[core]\n\tbare = false\n\texcludesfile = .git/rules\n";
  assert.deepEqual(await ignoredIn("own", { ".git/config": config, ".git/rules": "own.ts\n" }), ["own.ts"]);
  Object.assign(process.env, { GIT_CONFIG_GLOBAL: path.join(home, "missing") });
  assert.deepEqual(await ignoredIn("overridden"), ["default.ts"]);
});
