import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { TextDocument } from "vscode-languageserver-textdocument";

import { CounterpartFiles } from "../../../../server/completion/context/counterparts.ts";
import { ImportedFiles } from "../../../../server/completion/context/imports.ts";
import { WorkspaceFiles } from "../../../../server/completion/context/workspaceFiles.ts";
import { completionRequest } from "../../../../server/completion/request.ts";
import { matchExcludedFiles, secretFiles } from "../../../../src/shared/excludedFiles.ts";

const root = mkdtempSync(path.join(tmpdir(), "falcon-context-"));
const folder = path.join(root, "project");
after(() => rmSync(root, { recursive: true }));

function write(name: string, text: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const isExcluded = matchExcludedFiles(secretFiles);
const folders = [pathToFileURL(folder).href];
const access = {
  folders: () => folders,
  isAllowed: (uri: string) => !isExcluded(uri),
  isVisited: () => false,
  openText: () => undefined,
};
const files = new WorkspaceFiles(access);
const never = new AbortController().signal;

/** The paths of the files that providers find for a document of the workspace, each once. */
async function found(name: string, text: string, from = files, signal = never): Promise<string[]> {
  const document = TextDocument.create(pathToFileURL(path.join(folder, name)).href, "", 1, text);
  const request = completionRequest({ document, position: document.positionAt(text.length), automatic: true, folders });
  const providers = [new ImportedFiles({ get: () => document }, from), new CounterpartFiles(from)];
  const chunks = (await Promise.all(providers.map((provider) => provider.find(request, signal)))).flat();
  return [...new Set(chunks.map((chunk) => chunk.path))].sort();
}

write("src/wheel.ts", "export const wheel = 1;\n");
write("src/wheel.d.ts", "export declare const wheel: number;\n");
write("src/parts/index.ts", "export const spoke = 1;\n");
write("src/styles/_mixins.scss", "@mixin round {}\n");
write("src/rim.h", "int rim;\n");
write("lib/pkg/__init__.py", "x = 1\n");
write("lib/pkg/spokes.py", "y = 1\n");
write("lib/pkg/deep/hub.py", "z = 1\n");
write("test/cart.test.ts", "import '../src/cart';\n");
write("src/cart.html", "<b></b>\n");
write("tests/test_spokes.py", "import spokes\n");

test("imports lead to files with and without extension, to folders, and to what compiles to them", async () => {
  const imports: Readonly<Record<string, readonly string[]>> = {
    'import { wheel } from "./wheel";': ["src/wheel.ts"],
    'import { wheel } from "./wheel.js";': ["src/wheel.ts"],
    'const { spoke } = require("./parts");': ["src/parts/index.ts"],
    'import "../src/wheel.ts";': ["src/wheel.ts"],
    'import { x } from "left-pad";': [],
    'import { x } from "./missing";': [],
  };
  for (const [text, paths] of Object.entries(imports))
    assert.deepEqual(await found("src/main.ts", `${text}\n`), paths, text);
  assert.deepEqual(await found("src/main.scss", '@use "./styles/mixins";\n'), ["src/styles/_mixins.scss"]);
  assert.deepEqual(await found("src/main.c", '#include "rim.h"\n'), ["src/rim.h"]);
});

test("Python's imports lead to modules beside, above and below", async () => {
  const imports: Readonly<Record<string, readonly string[]>> = {
    "from .spokes import y": ["lib/pkg/spokes.py"],
    "from . import spokes, missing": ["lib/pkg/spokes.py"],
    "from pkg.spokes import y": ["lib/pkg/spokes.py"],
    "from pkg import x": ["lib/pkg/__init__.py"],
    "from .deep.hub import z": ["lib/pkg/deep/hub.py"],
  };
  for (const [text, paths] of Object.entries(imports))
    assert.deepEqual(await found("lib/pkg/main.py", `${text}\n`), paths, text);
  assert.deepEqual(await found("lib/pkg/deep/other.py", "from ..spokes import y\n"), ["lib/pkg/spokes.py"]);
});

test("a module and its test, and parts of a component, lead to one another", async () => {
  assert.deepEqual(await found("src/cart.ts", ""), ["src/cart.html", "test/cart.test.ts"]);
  write("src/cart.ts", "export {};\n");
  assert.deepEqual(await found("test/cart.test.ts", ""), ["src/cart.html", "src/cart.ts"]);
  assert.deepEqual(await found("lib/spokes.py", ""), ["tests/test_spokes.py"]);
});

test("what git ignores and dependencies are not read, even if they are imported or of like name", async () => {
  write("ignoring/.gitignore", "main.spec.ts\ngenerated/\n");
  write("ignoring/main.spec.ts", "export {};\n");
  write("ignoring/generated/client.ts", "export {};\n");
  write("ignoring/node_modules/left/pad.ts", "export {};\n");
  write("ignoring/main.html", "<b></b>\n");
  const imports = 'import "./generated/client";\nimport "./node_modules/left/pad";\nimport "./main.spec";\n';
  assert.deepEqual(await found("ignoring/main.ts", imports), ["ignoring/main.html"]);
});

test("names without a subject are not alike, and those that begin with a dot never", async () => {
  for (const name of [".vault_pass", ".bash_history", ".wheel.js", "test_.py", "_test.go"])
    write(`dots/${name}`, "x\n");
  for (const name of [".gitignore", ".wheel.ts", "test_.rb", "_test.c", "wheel.ts"])
    assert.deepEqual(await found(`dots/${name}`, ""), []);
});

test("what is open is not read from the disk", async () => {
  const wheel = pathToFileURL(path.join(folder, "src/wheel.ts")).href;
  const open = new WorkspaceFiles({ ...access, isVisited: (uri) => uri === wheel });
  assert.deepEqual(await found("src/main.ts", 'import "./wheel";\nimport "./parts";\n', open), ["src/parts/index.ts"]);
  write("test/wheel.test.ts", "export {};\n");
  assert.deepEqual(await found("test/wheel.test.ts", "", open), ["src/wheel.d.ts"]);
});

test("an open document that was visited too long ago is read as it is in the editor", async () => {
  const file = path.join(folder, "src/unsaved.ts");
  write("src/unsaved.ts", "saved\n");
  const open = new WorkspaceFiles({
    ...access,
    openText: (uri) => (uri.endsWith("/unsaved.ts") ? "edited\n" : undefined),
  });
  assert.deepEqual(
    (await open.chunksOf(file)).map(({ text, path }) => [text, path]),
    [["edited\n", "src/unsaved.ts"]],
  );
});

test("the folders of imports are listed once, of few imports, and no more once they are not wanted", async () => {
  const controller = new AbortController();
  let abortsAt = Infinity;
  let listed = 0;
  class CountingFiles extends WorkspaceFiles {
    override namesIn(folder: string) {
      listed++;
      if (listed === abortsAt) controller.abort();
      return super.namesIn(folder);
    }
  }
  const counting = new CountingFiles(access);
  const listedFor = async (text: string) => {
    listed = 0;
    const name = "src/listing.ts";
    const document = TextDocument.create(pathToFileURL(path.join(folder, name)).href, "", 1, text);
    const request = completionRequest({ document, position: document.positionAt(0), automatic: true, folders });
    await new ImportedFiles({ get: () => document }, counting).find(request, controller.signal);
    return listed;
  };
  assert.equal(await listedFor('from "./a"\n'.repeat(1600)), 2);
  const distinct = Array.from({ length: 1000 }, (_, i) => `from "./${i}"\n`).join("");
  assert.ok((await listedFor(distinct)) < 200);
  abortsAt = 5;
  assert.ok((await listedFor(distinct)) <= 6);
});

test("secrets, files out of the workspace, links that lead there, binaries, huge files and pipes are not read", async () => {
  write("../outside.ts", "secret\n");
  write("bad/secrets.json", "{}\n");
  write("bad/id_rsa", "key\n");
  write("bad/image.ts", "PNG\0\0\n");
  write("bad/huge.ts", "x\n".repeat(1_000_000));
  symlinkSync(path.join(root, "outside.ts"), path.join(folder, "bad/linked.ts"));
  symlinkSync(path.join(folder, "bad/id_rsa"), path.join(folder, "bad/innocent.ts"));
  symlinkSync(path.join(folder, "bad/loop.ts"), path.join(folder, "bad/loop.ts"));
  mkdirSync(path.join(folder, "bad/folder.ts"));
  const names = [
    "../../outside",
    "./secrets.json",
    "./id_rsa",
    "./image",
    "./huge",
    "./linked",
    "./innocent",
    "./loop",
    "./folder",
  ];
  const text = names.map((name) => `import "${name}";\n`).join("");
  assert.deepEqual(await found("bad/main.ts", text), []);
  assert.deepEqual(await found("bad/main.ts", 'import "../src/wheel";\n'), ["src/wheel.ts"], "but for that it reads");
});

test("nothing is read where no folder is trusted, and of a document that is no file", async () => {
  const untrusted = new WorkspaceFiles({ ...access, folders: () => [] });
  assert.deepEqual(await found("src/main.ts", 'import "./wheel";\n', untrusted), []);
  assert.equal(files.pathOf("untitled:Untitled-1"), undefined);
  assert.equal(files.pathOf("file:///%"), undefined);
  assert.equal(files.pathOf("vscode-vfs://github/a/b.ts"), undefined);
});

test("a file that has changed is read again", async () => {
  const file = path.join(folder, "src/changing.ts");
  const textOf = async () => (await files.chunksOf(file)).map(({ text }) => text).join("");
  write("src/changing.ts", "old\n");
  assert.equal(await textOf(), "old\n");
  write("src/changing.ts", "new\n");
  utimesSync(file, 1, 1);
  assert.equal(await textOf(), "new\n");
  rmSync(file);
  assert.equal(await textOf(), "");
});
