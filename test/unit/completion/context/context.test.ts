import assert from "node:assert/strict";
import { test } from "node:test";

import { TextDocument } from "vscode-languageserver-textdocument";

import { cutChunks } from "../../../../server/completion/context/chunks.ts";
import { CompletionContext } from "../../../../server/completion/context/completionContext.ts";
import { choose } from "../../../../server/completion/context/choose.ts";
import type { ContextProvider } from "../../../../server/completion/context/provider.ts";
import { VisitedDocuments } from "../../../../server/completion/context/visited.ts";
import { InlineCompleter } from "../../../../server/completion/completeInline.ts";
import { matchExcludedFiles, secretFiles } from "../../../../src/shared/excludedFiles.ts";
import { requestAt } from "../../../support/cursor.ts";
import { scriptedModel, textOf } from "../../../support/scriptedModel.ts";

const folder = "file:///project/";
const never = new AbortController().signal;
const always = () => true;
const picture = "const wheel = parseWheel(║);\n";
const helper = "export function parseWheel(spokes, rim) {\n  return spokes * rim;\n}\n";

/** Documents that were opened one after the other. */
function opened(...files: readonly (readonly [name: string, text: string])[]) {
  const documents = new Map(
    files.map(([name, text]) => [folder + name, TextDocument.create(folder + name, "javascript", 1, text)]),
  );
  const visited = new VisitedDocuments(documents, () => [folder]);
  for (const document of documents.values()) visited.visit(document);
  return { documents, visited };
}

const isExcluded = matchExcludedFiles(secretFiles);

/** Text of the context at a picture's cursor. */
async function contextAt(providers: readonly ContextProvider[], cursor = picture, model = scriptedModel()) {
  const context = new CompletionContext(providers, (uri) => !isExcluded(uri), always);
  return textOf((await context.find(requestAt(cursor), model, 500, never)).parts);
}

test("what an open document says of the names at the cursor is the context", async () => {
  const { visited } = opened(["wheel.js", helper], ["bread.js", "export function bake(flour, water) {}\n"]);
  assert.equal(await contextAt([visited]), `// wheel.js\n${helper}\n`);
});

test("the bundled model gets path, text and the end of a document, as in its training", async () => {
  const { visited } = opened(["wheel.js", helper]);
  const context = new CompletionContext([visited], always, always);
  const { parts } = await context.find(requestAt(picture), scriptedModel({ demonstration: true }), 500, never);
  assert.deepEqual(parts, [`wheel.js\n${helper}`, { role: "eos" }]);
});

test("there are no more pieces than the user has set, also of those that stood before", async () => {
  const { visited } = opened(["wheel.js", helper], ["rim.js", "const wheel = parseWheel(front, rimOf(front));\n"]);
  const context = new CompletionContext([visited], always, always);
  const model = scriptedModel();
  const counts: number[] = [];
  for (const most of [undefined, 1, 0]) {
    const { parts } = await context.find(requestAt(picture), model, 500, never, most);
    counts.push(textOf(parts).split("// ").length - 1);
  }
  assert.deepEqual(counts, [2, 1, 0]);
  assert.equal((await context.standing(requestAt(picture), model, 500)).parts.length, 0);
});

test("a document that shares nothing with the text around the cursor is no context", async () => {
  const { visited } = opened(["bread.js", "export function bake(flour, water) {}\n"]);
  assert.equal(await contextAt([visited]), "");
});

test("what the window holds already is no context", async () => {
  const { visited } = opened(["copy.js", helper]);
  assert.equal(await contextAt([visited], `${helper}${picture}`), "");
});

test("files that may hold secrets are never context, not even those that were closed", async () => {
  for (const name of [".env", "id_rsa", "secrets.json"]) {
    const { documents, visited } = opened([name, "parseWheel = hunter2\n"]);
    assert.equal(await contextAt([visited]), "", name);
    documents.clear();
    assert.equal(await contextAt([visited]), "", name);
  }
});

test("a closed document is context as it was last, and an edited one as it is", async () => {
  const { documents, visited } = opened(["wheel.js", "export {}\n"]);
  const uri = `${folder}wheel.js`;
  const edited = TextDocument.create(uri, "javascript", 2, helper);
  documents.set(uri, edited);
  assert.equal(await contextAt([visited]), `// wheel.js\n${helper}\n`);
  visited.visit(edited);
  documents.clear();
  assert.equal(await contextAt([visited]), `// wheel.js\n${helper}\n`);
  visited.visit(TextDocument.create(uri, "javascript", 2, ""));
  assert.equal(await contextAt([visited]), "", "opened again with another text of the same version");
});

test("of many documents the ones visited longest ago are forgotten", async () => {
  const { visited } = opened(
    ["wheel.js", helper],
    ...Array.from({ length: 100 }, (_, i) => [`${i}.js`, "export {}\n"] as const),
  );
  assert.equal(await contextAt([visited]), "");
});

test("binaries and lines of data are not cut into chunks, and a text of any length into few", () => {
  const chunksOf = (text: string) => cutChunks({ uri: "", path: "", text });
  assert.deepEqual(chunksOf(`parseWheel\0${helper}`), []);
  assert.deepEqual(chunksOf("x".repeat(1_000_000)), []);
  assert.deepEqual(
    chunksOf(`first\n${"x".repeat(100_000 / 2)}\nlast`).map(({ text, line }) => [text, line]),
    [
      ["first\n", 0],
      ["last\n", 2],
    ],
  );
  const chunks = chunksOf(helper.repeat(100_000));
  assert.ok(chunks.length < 300, String(chunks.length));
  for (const { text } of chunks) assert.ok(text.length < 4000);
  // The last unit that is read is half of a character.
  const cut = chunksOf(`${"x".repeat(99)}\n`.repeat(599) + `${"y".repeat(99)}🛞\n`);
  assert.match(cut.at(-1)?.text ?? "", /y{99}\n$/);
});

test("the context stays from line to line until another is much better", async () => {
  const { visited, documents } = opened(["wheel.js", helper], ["bread.js", "export function bake(flour, water) {}\n"]);
  const context = new CompletionContext([visited], always, always);
  const model = scriptedModel();
  const at = async (cursor: string) => textOf((await context.find(requestAt(cursor), model, 500, never)).parts);
  const first = await at(picture);
  assert.equal(await at(picture.replace("║", "spokes║")), first);
  assert.equal(await at(`const bread = 1;\n${picture}`), first);
  // The file that it was taken from has changed: the text that was read already is as good.
  const uri = `${folder}wheel.js`;
  documents.set(uri, TextDocument.create(uri, "javascript", 2, `// changed\n${helper}`));
  assert.equal(await at(`\n\n${picture}`), first);
  // Better, and not worth a prompt that is evaluated anew.
  assert.equal(await at(`\n\n\nparseWheel(spokes, rim, bake(flour, water, ║)`), first);
  assert.match(await at(`${"\n".repeat(60)}bake(flour, water, ║)`), /bread\.js/);
});

test("what the text around the cursor is no longer about does not stay", async () => {
  const { visited } = opened(["wheel.js", helper]);
  const context = new CompletionContext([visited], always, always);
  const model = scriptedModel();
  const at = async (cursor: string) => textOf((await context.find(requestAt(cursor), model, 500, never)).parts);
  assert.match(await at(picture), /wheel\.js/);
  assert.equal(await at(`${picture.replace("║", "")}${"\n".repeat(60)}bake(flour, water, rim, yeast, salt, ║)`), "");
});

test("a chunk that stands and is found again under a URI that is escaped differently is one", async () => {
  const cut = (uri: string) => cutChunks({ uri, path: "@wheel.js", text: helper });
  const provider: ContextProvider = { name: "visited", timeLimit: 60_000, find: () => cut(`${folder}%40wheel.js`) };
  const context = new CompletionContext([provider], always, always);
  const model = scriptedModel();
  await context.find(requestAt(picture), model, 500, never);
  provider.find = () => cut(`${folder}@wheel.js`);
  await context.find(requestAt(`\n${picture}`), model, 500, never);
  assert.equal(context.report?.chunks.length, 1);
});

/** Candidates that are all alike enough, each of some tokens. */
function manyRanked(text: string) {
  return Array.from({ length: 112 }, (_, i) => {
    const chunk = {
      uri: `${folder}${i}.js`,
      path: `${i}.js`,
      line: 0,
      terms: new Set<string>(),
      text: `${i} ${text}\n`,
    };
    return { chunk, provider: "visited", score: 1 };
  });
}

test("few chunks are counted, none that cannot fit, and none once the completion is no longer wanted", async () => {
  const counted = async (text: string, controller = new AbortController(), abortsAt = Infinity) => {
    let counts = 0;
    const countTokens = () => {
      counts++;
      if (counts === abortsAt) controller.abort();
      return Promise.resolve(1000);
    };
    await choose(manyRanked(text), requestAt(picture), 100, countTokens, controller.signal);
    return counts;
  };
  assert.ok((await counted("long")) <= 8);
  assert.equal(await counted("x".repeat(700)), 0);
  assert.equal(await counted("long", new AbortController(), 2), 2);
});

test("a provider that fails, hangs or gives a megabyte leaves a completion as it is", async () => {
  const chunk = { uri: `${folder}a.js`, path: "a.js", line: 0, terms: new Set(["wheel", "parsewheel"]) };
  const { visited } = opened(["wheel.js", helper]);
  const bad: Readonly<Record<string, ContextProvider["find"]>> = {
    throws: () => {
      throw new Error("no");
    },
    rejects: () => Promise.reject(new Error("no")),
    hangs: () => new Promise(() => undefined),
    "gives a megabyte": () => [{ ...chunk, text: `parseWheel ${"x".repeat(1_000_000)}` }],
    "gives chunks without end": function* endless() {
      for (;;) yield { ...chunk, terms: new Set<string>(), text: "x\n" };
    },
    "throws while it gives": function* broken() {
      yield { ...chunk, text: helper };
      throw new Error("no");
    },
  };
  for (const [name, find] of Object.entries(bad)) {
    const providers = [
      { name: "visited", timeLimit: 1, find },
      { name: "visited", timeLimit: 60_000, find: (request) => visited.find(request) },
    ] satisfies ContextProvider[];
    assert.equal(await contextAt(providers), `// wheel.js\n${helper}\n`, name);
  }
});

test("the prompt has the context before the window, and a window that is small already has none", async () => {
  const { visited } = opened(["wheel.js", helper]);
  const promptWith = async (contextSize: number) => {
    const model = scriptedModel({ contextSize }, (onText) => (onText("1"), "end"));
    const completer = new InlineCompleter({ model }, new CompletionContext([visited], always, always));
    await completer.complete(requestAt(picture), { debounce: 0, maxTokens: 8 }, never);
    return textOf(model.asked[0]?.prompt ?? []);
  };
  assert.equal(await promptWith(2048), `// wheel.js\n${helper}\n\nconst wheel = parseWheel(`);
  assert.doesNotMatch(await promptWith(512), /wheel\.js/);
});
