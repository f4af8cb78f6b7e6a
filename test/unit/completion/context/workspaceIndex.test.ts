import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { TextDocument } from "vscode-languageserver-textdocument";

import { WorkspaceFiles } from "../../../../server/completion/context/workspaceFiles.ts";
import { WorkspaceIndex } from "../../../../server/completion/context/workspaceIndex.ts";
import { completionRequest } from "../../../../server/completion/request.ts";
import { matchExcludedFiles, secretFiles } from "../../../../src/shared/excludedFiles.ts";

const root = mkdtempSync(path.join(tmpdir(), "falcon-index-"));
after(() => rmSync(root, { recursive: true }));
const isExcluded = matchExcludedFiles(secretFiles);

interface Project {
  readonly folder: string;
  readonly folders: string[];
  readonly files: WorkspaceFiles;
  readonly index: WorkspaceIndex;
  readonly write: (name: string, text: string) => void;
  /** Paths of the files that the index finds for a text, the likeliest first. */
  readonly found: (text: string) => Promise<string[]>;
  /** Tells of changes as the editor does. */
  readonly change: (...names: string[]) => void;
}

/** A workspace folder with some files. */
function project(name: string, texts: Readonly<Record<string, string>> = {}): Project {
  const folder = path.join(root, name);
  const folders = [pathToFileURL(folder).href];
  const files = new WorkspaceFiles({
    folders: () => folders,
    isAllowed: (uri) => !isExcluded(uri),
    isVisited: (uri) => uri.endsWith("/open.ts"),
    openText: () => undefined,
  });
  const index = new WorkspaceIndex(files);
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(texts)) write(file, text);
  const uriOf = (file: string) => pathToFileURL(path.join(folder, file)).href;
  const found = async (text: string) => {
    const document = TextDocument.create(uriOf("main.ts"), "typescript", 1, text);
    const request = completionRequest({ document, position: document.positionAt(text.length), automatic: true });
    await index.update();
    return [...new Set((await index.find(request)).map((chunk) => chunk.path))];
  };
  return { folder, folders, files, index, write, found, change: (...names) => index.change(names.map(uriOf)) };
}

test("what has the rarest terms around the cursor is found first, the cursor's own file never", async () => {
  const { found } = project("ranked", {
    "main.ts": "export const parseWheel = 1;\n",
    "lib/wheel.ts": "export function parseWheel(spokes: number, rim: number) {}\n",
    "lib/rim.ts": "export const rim = 1;\n",
    "lib/other.ts": "unrelated\n",
    "open.ts": "parseWheel(spokes, rim) // as it was saved\n",
  });
  assert.deepEqual(await found("const spokes = 2;\nparseWheel(spokes, rim"), ["lib/wheel.ts", "lib/rim.ts"]);
  assert.deepEqual(await found("nothing alike"), []);
});

test("what git ignores, dependencies, hidden files, secrets, links and binaries are not indexed", async () => {
  const { folder, write, found } = project("ignored", {
    ".gitignore": "dist/\n*.log.ts\n!kept.log.ts\n/top.ts\n",
    "lib/.gitignore": "generated.ts\n",
  });
  const left = ["dist/a.ts", "x.log.ts", "top.ts", "lib/generated.ts", "node_modules/p/a.ts", ".hidden/a.ts", ".a.ts"];
  const kept = ["kept.log.ts", "lib/top.ts", "generated.ts", "lib/a.ts"];
  for (const name of [...left, ...kept, "secrets.json", "id_rsa"]) write(name, "const wheel = 1;\n");
  write("image.ts", "wheel\0\n");
  write("../elsewhere/wheel.ts", "const wheel = 1;\n");
  symlinkSync(path.join(root, "elsewhere"), path.join(folder, "elsewhere"));
  symlinkSync(folder, path.join(folder, "lib/loop"));
  assert.deepEqual((await found("wheel")).sort(), kept.toSorted());
});

test("patterns with several stars, of the repository's folders above and of its own excludes hold", async () => {
  const { write, found } = project("monorepo/packages/app", {
    ".gitignore": "**/dist/**/*\n**/*.secret*/**\n# *a*b*c*d*e*f*\n",
    "a.ts": "const wheel = 1;\n",
    "lib/b.ts": "const wheel = 1;\n",
    "lib/vendored.ts": "const wheel = 1;\n",
  });
  write("../../.git/info/exclude", "private.ts\n");
  write("../../.gitignore", "/packages/app/lib/vendored.ts\n/packages/*/out\n/lib/b.ts\n");
  write("../../../.gitignore", "*.ts\n");
  for (const name of ["lib/dist/x/c.ts", "lib/x.secret1/y/c.ts", "lib/private.ts", "out/c.ts"])
    write(name, "const wheel = 1;\n");
  assert.deepEqual((await found("wheel")).sort(), ["a.ts", "lib/b.ts"]);
});

test("a folder whose rules take long or are too many is left out, and what is no file is no rule", async () => {
  const { write, found } = project("rules", { "a/wheel.ts": "const wheel = 1;\n" });
  mkdirSync(path.join(root, "rules/a/.gitignore"));
  for (const [name, rules] of Object.entries({ stars: `${"*a".repeat(60)}b\n`, many: "/name\n".repeat(20_000) })) {
    write(`${name}/.gitignore`, rules);
    write(`${name}/${"a".repeat(200)}.ts`, "const wheel = 2;\n");
  }
  assert.deepEqual(await found("wheel"), ["a/wheel.ts"]);
});

test("files that are changed, made, moved and deleted are followed", async () => {
  const { folder, write, found, change } = project("changing", {
    "a.ts": "const wheel = 1;\n",
    "old/b.ts": "const wheel = 1;\n",
    ".gitignore": "skipped.ts\n",
  });
  assert.deepEqual((await found("wheel")).sort(), ["a.ts", "old/b.ts"]);
  write("a.ts", "const rim = 1;\n");
  utimesSync(path.join(folder, "a.ts"), 1, 1);
  write("c.ts", "const wheel = 1;\n");
  write("skipped.ts", "const wheel = 1;\n");
  write("node_modules/p/a.ts", "const wheel = 1;\n");
  renameSync(path.join(folder, "old"), path.join(folder, "new"));
  change("a.ts", "c.ts", "skipped.ts", "node_modules/p/a.ts", "old", "new/b.ts");
  assert.deepEqual((await found("wheel")).sort(), ["c.ts", "new/b.ts"]);
  assert.deepEqual(await found("rim"), ["a.ts"]);
  // What was deleted is in the index no more, not even when it is there again before the editor has told of that.
  write("old/b.ts", "const wheel = 1;\n");
  assert.deepEqual((await found("wheel")).sort(), ["c.ts", "new/b.ts"]);
  rmSync(path.join(folder, "old/b.ts"));
  write(".gitignore", "c.ts\n");
  change(".gitignore");
  assert.deepEqual((await found("wheel")).sort(), ["new/b.ts", "skipped.ts"]);
});

test("a folder that is made or moved in as one is looked through, an ignored one or a link not", async () => {
  const { folder, write, found, change } = project("moved", { ".gitignore": "out/\n" });
  assert.deepEqual(await found("wheel"), []);
  write("../beside/deep/a.ts", "const wheel = 1;\n");
  write("out/b.ts", "const wheel = 1;\n");
  renameSync(path.join(root, "beside"), path.join(folder, "in"));
  symlinkSync(path.join(folder, "in"), path.join(folder, "link"));
  change("in", "out", "link");
  assert.deepEqual(await found("wheel"), ["in/deep/a.ts"]);
  renameSync(path.join(folder, "in"), path.join(root, "beside"));
  change("in");
  assert.deepEqual(await found("wheel"), []);
});

test("the workspace is looked through again where rules of git change, but for those in an ignored folder", async () => {
  let listed = 0;
  class CountingFiles extends WorkspaceFiles {
    override entriesIn(folder: string) {
      listed++;
      return super.entriesIn(folder);
    }
  }
  const { folder, folders, write } = project("rewalked", { "a.ts": "const wheel = 1;\n", "b/a.ts": "wheel\n" });
  const access = { folders: () => folders, isAllowed: () => true, isVisited: () => false, openText: () => undefined };
  const index = new WorkspaceIndex(new CountingFiles(access));
  const listedAfter = async (name: string) => {
    write(name, "# none\n");
    listed = 0;
    index.change([pathToFileURL(path.join(folder, name)).href]);
    await index.update();
    return listed;
  };
  await index.update();
  assert.equal(await listedAfter("node_modules/p/.gitignore"), 0);
  assert.equal(await listedAfter("b/.gitignore"), 2);
  assert.equal(await listedAfter(".gitignore"), 2);
});

test("a folder on another machine, or without a path, is passed by", async () => {
  const { folders, found } = project("elsewhere-too", { "a.ts": "const wheel = 1;\n" });
  folders.unshift("file://host/share", "file:///a%2Fb");
  assert.deepEqual(await found("wheel"), ["a.ts"]);
});

test("a file that changes for ever leaves nothing behind", async () => {
  const { folder, write, found, change } = project("growing", { "b.ts": "const wheel = 1;\n" });
  for (let i = 0; i < 50; i++) {
    write("a.ts", `const wheel = ${i};\n`);
    utimesSync(path.join(folder, "a.ts"), i, i);
    change("a.ts");
    assert.deepEqual((await found("wheel")).sort(), ["a.ts", "b.ts"]);
  }
});

test("nothing is found once a folder is no longer trusted", async () => {
  const { folders, found } = project("untrusted", { "a.ts": "const wheel = 1;\n" });
  assert.deepEqual(await found("wheel"), ["a.ts"]);
  const [folder = ""] = folders.splice(0);
  assert.deepEqual(await found("wheel"), []);
  folders.push(folder);
  assert.deepEqual(await found("wheel"), ["a.ts"]);
});

test("a folder without end is looked through to a bound, one that cannot be read is passed by", async () => {
  let listed = 0;
  class EndlessFiles extends WorkspaceFiles {
    override async entriesIn(folder: string) {
      listed++;
      const entries = await super.entriesIn(folder);
      return [...entries, ...Array.from({ length: 5000 }, (_, i) => ({ name: `folder${i}`, isFolder: true }))];
    }
  }
  const { files, folders } = project("endless", { "a.ts": "const wheel = 1;\n" });
  assert.deepEqual(await files.entriesIn(path.join(root, "missing")), []);
  const endless = new EndlessFiles({
    folders: () => folders,
    isAllowed: () => true,
    isVisited: () => false,
    openText: () => undefined,
  });
  await new WorkspaceIndex(endless).update();
  assert.ok(listed > 1 && listed <= 21, `${listed} folders`);
});

test("a query reads few files, and looks for terms in those chunks alone that it found", async (context) => {
  const line = (file: number, i: number) => `export const wheel${file}x${i} = ${i === 300 ? "rim" : i};\n`;
  const texts = Array.from({ length: 90 }, (_, file) => [
    `wheel${file}.ts`,
    Array.from({ length: 600 }, (_, i) => line(file, i)).join(""),
  ]);
  const { files, found, index } = project("work", Object.fromEntries(texts) as Record<string, string>);
  await index.update();
  const read = context.mock.method(files, "read");
  const searched = context.mock.method(String.prototype, "matchAll");
  const paths = await found("rim = wheel7x11");
  assert.equal(paths[0], "wheel7.ts");
  assert.equal(paths.length, 16);
  assert.ok(read.mock.callCount() <= 16, `${read.mock.callCount()} files`);
  // One call for the text of a chunk, and one for each of its identifiers.
  const looked = searched.mock.calls.filter((call) => String(call.this).includes("\n")).length;
  assert.ok(looked <= 16, `${looked} chunks`);
});

test("it tells whether it is still being built", async () => {
  const { index, found, change, folders } = project("building", { "a.ts": "const wheel = 1;\n" });
  assert.equal(index.isBuilding, true);
  await found("wheel");
  await index.update();
  assert.equal(index.isBuilding, false);
  change("a.ts");
  assert.equal(index.isBuilding, true);
  await index.update();
  folders.pop();
  assert.equal(index.isBuilding, true);
});
