// Links, and what they lead to.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { realFile } from "../../server/realFile.ts";

test("a URI of a link is that of the file it leads to; every other one stays as it is", () => {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "falcon-links-"));
  try {
    const uriOf = (name: string) => pathToFileURL(path.join(folder, name)).href;
    fs.writeFileSync(path.join(folder, ".env"), "");
    fs.symlinkSync(".env", path.join(folder, "notes.md"));
    fs.symlinkSync(folder, path.join(folder, "inner"));
    assert.equal(realFile(uriOf("notes.md")), uriOf(".env"));
    assert.equal(realFile(uriOf("inner/notes.md")), uriOf(".env"));
    for (const uri of [uriOf(".env"), uriOf("gone"), "untitled:Untitled-1", "no URI"]) assert.equal(realFile(uri), uri);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
