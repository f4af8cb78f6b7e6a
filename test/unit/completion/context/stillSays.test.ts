import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { TextDocument } from "vscode-languageserver-textdocument";

import { cutChunks } from "../../../../server/completion/context/chunks.ts";
import { CompletionContext } from "../../../../server/completion/context/completionContext.ts";
import type { ContextProvider } from "../../../../server/completion/context/provider.ts";
import { stillSays } from "../../../../server/completion/context/stillSays.ts";
import { VisitedDocuments } from "../../../../server/completion/context/visited.ts";
import { WorkspaceFiles } from "../../../../server/completion/context/workspaceFiles.ts";
import { isSameUri } from "../../../../server/completion/request.ts";
import { requestAt } from "../../../support/cursor.ts";
import { scriptedModel, textOf } from "../../../support/scriptedModel.ts";

const root = mkdtempSync(path.join(tmpdir(), "falcon-standing-"));
after(() => rmSync(root, { recursive: true }));
const picture = "const wheel = parseWheel(║);\n";
const helper = "export function parseWheel(spokes, rim) {\n  return spokes * rim;\n}\n";

/** A workspace folder with a file that a provider finds, and the context of a cursor in another. */
function workspace(name: string) {
  const folder = path.join(root, name);
  const file = path.join(folder, "wheel.js");
  mkdirSync(folder);
  writeFileSync(file, helper);
  const uri = pathToFileURL(file).href;
  const folders = [pathToFileURL(folder).href];
  const documents = new Map<string, TextDocument>();
  const open = { get: (uri: string) => [...documents.values()].find((each) => isSameUri(each.uri, uri)) };
  const visited = new VisitedDocuments(open, () => folders);
  const isVisited = (each: string) => visited.has(each);
  const openText = (each: string) => open.get(each)?.getText();
  const files = new WorkspaceFiles({ folders: () => folders, isAllowed: () => true, isVisited, openText });
  const provider = { name: "index", timeLimit: 60_000, find: () => files.chunksOf(file) } satisfies ContextProvider;
  const context = new CompletionContext([provider, visited], () => true, stillSays(open, visited, files));
  const model = scriptedModel();
  const never = new AbortController().signal;
  const at = async (cursor: string) => textOf((await context.find(requestAt(cursor), model, 500, never)).parts);
  return { file, uri, folders, documents, visited, provider, at };
}

test("what was deleted from an open document does not stay, not even on the same line", async () => {
  for (const [i, escaped] of ["@wheel.js", "%40wheel.js"].entries()) {
    const { uri, documents, provider, at } = workspace(`open${i}`);
    const wheel = TextDocument.create(`${uri}/@wheel.js`, "javascript", 1, helper.replaceAll("\n", "\r\n"));
    documents.set(wheel.uri, wheel);
    const chunks = cutChunks({ uri: `${uri}/${escaped}`, path: "@wheel.js", text: helper });
    provider.find = () => Promise.resolve(chunks);
    assert.match(await at(picture), /parseWheel/);
    provider.find = () => Promise.resolve([]);
    assert.match(await at(`\n${picture}`), /parseWheel/);
    TextDocument.update(wheel, [{ text: "" }], 2);
    assert.equal(await at(`\n${picture}`), "");
  }
});

test("what a file says stays while it says that, and is in the folder, even if it is found no more", async () => {
  const changes: Readonly<Record<string, (file: string, folders: string[]) => void>> = {
    changed: (file) => {
      writeFileSync(file, "export {};\n");
      utimesSync(file, 1, 1);
    },
    deleted: (file) => rmSync(file),
    untrusted: (_, folders) => folders.splice(0),
  };
  for (const [name, change] of Object.entries(changes)) {
    const { file, folders, provider, at } = workspace(name);
    assert.match(await at(picture), /parseWheel/);
    provider.find = () => Promise.resolve([]);
    assert.match(await at(`\n${picture}`), /parseWheel/);
    change(file, folders);
    assert.equal(await at(`\n${picture}`), "", `${name}, on the same line`);
    assert.equal(await at(`\n\n${picture}`), "", name);
  }
});

test("what a closed document said stays until its file is changed or deleted", async () => {
  const { file, uri, documents, visited, at } = workspace("closed");
  const document = TextDocument.create(uri, "javascript", 1, `// unsaved\n${helper}`);
  documents.set(uri, document);
  visited.visit(document);
  assert.match(await at(picture), /unsaved/);
  visited.change(uri);
  documents.clear();
  assert.match(await at(`\n${picture}`), /unsaved/);
  rmSync(file);
  visited.change(path.posix.dirname(uri));
  assert.equal(await at(`\n${picture}`), "");
  assert.equal(await at(`\n\n${picture}`), "");
});
