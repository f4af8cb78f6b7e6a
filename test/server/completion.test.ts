// Ghost text through the built server, over LSP, with a real model.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { CancellationTokenSource, InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";

import { completionsCounted, statusRequest } from "../../src/shared/methods.ts";
import type { CompletionFigures } from "../../src/shared/status.ts";
import { askDirectly, healedInfill, healedPrefix } from "../support/askDirectly.ts";
import { ask, question } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

let client: LspClient;
before(async () => {
  client = await LspClient.withModel(modelFile("falcon7b"));
});
after(() => client.stop());

/** The first line of what the model writes between two texts when it is asked without any of our code. */
async function firstLineOf(prefix: string, suffix: string): Promise<string> {
  const text = await askDirectly(
    modelFile("falcon7b"),
    quickSettings.inlineCompletion.maxTokens,
    healedInfill(prefix, suffix),
  );
  return text.split("\n", 1)[0]?.trimEnd() ?? "";
}

function firstLine(item: { readonly insertText: string } | undefined): string | undefined {
  return item?.insertText.split("\n", 1)[0]?.trimEnd();
}

test("completes a line with what the model writes when asked directly", async () => {
  const [prefix, suffix] = ["function add(a, b) {\n  return add", " + 1;\n}\n"];
  await client.open("file:///line.ts", prefix + suffix);
  const [item] = await client.complete("file:///line.ts", 1, 12);
  const expected = await firstLineOf(prefix, suffix);
  assert.ok(expected.length > 3);
  assert.equal(item?.insertText, expected);
  assert.deepEqual(item.range, { start: { line: 1, character: 12 }, end: { line: 1, character: 12 } });
});

test("follows the edits of a document, by UTF-16 positions", async () => {
  await client.open("file:///edited.md", "# 🦅\r\n\r\nA falcon of the \r\n", "markdown");
  await client.connection.sendNotification("textDocument/didChange", {
    textDocument: { uri: "file:///edited.md", version: 2 },
    contentChanges: [
      { range: { start: { line: 0, character: 4 }, end: { line: 0, character: 4 } }, text: " 🦅 Birds" },
    ],
  });
  const [item] = await client.complete("file:///edited.md", 2, 15);
  // The blank at the end of the line says nothing to the model.
  const expected = await firstLineOf("# 🦅 🦅 Birds\n\nA falcon of the", "\n");
  assert.ok(expected.length > 3);
  assert.equal(firstLine(item), expected);
});

test("an untitled, empty document completes when asked to, not by itself", async () => {
  await client.open("untitled:Untitled-1", "");
  assert.deepEqual(await client.complete("untitled:Untitled-1", 0, 0), []);
  const asked = await client.complete("untitled:Untitled-1", 0, 0, {
    triggerKind: InlineCompletionTriggerKind.Invoked,
  });
  assert.ok(asked.length > 0);
});

test("on command other texts come with the one that is shown, each once", async () => {
  await client.open("file:///others.ts", "const area = width * (");
  const [shown, ...more] = await client.complete("file:///others.ts", 0, 22);
  assert.ok(shown);
  assert.deepEqual(more, []);
  const items = await client.complete("file:///others.ts", 0, 22, { triggerKind: InlineCompletionTriggerKind.Invoked });
  const texts = items.map(({ insertText }) => insertText);
  assert.equal(texts[0], shown.insertText);
  assert.ok(texts.length > 1, texts.join("\n"));
  assert.equal(new Set(texts).size, texts.length);
});

test("a document of a million lines completes like its window", async () => {
  await client.open("file:///huge.ts", "const value = compute(1);\n".repeat(1_000_000));
  const [item] = await client.complete("file:///huge.ts", 500_000, 12);
  assert.ok(item);
});

test("a selected suggestion is extended over its range", async () => {
  await client.open("file:///suggest.ts", "console.lo");
  const range = { start: { line: 0, character: 8 }, end: { line: 0, character: 10 } };
  const [item] = await client.complete("file:///suggest.ts", 0, 10, {
    selectedCompletionInfo: { range, text: "logger" },
  });
  assert.ok(item);
  assert.equal(item.insertText, `logger${await firstLineOf("console.logger", "")}`);
  assert.deepEqual(item.range, range);
});

test("a notebook's cell is completed between the cells above and below it", async () => {
  const cell = (name: string) => ({ kind: 2, document: `vscode-notebook-cell:/n.ipynb#${name}` });
  const document = (name: string, text: string, languageId = "python") => ({
    uri: cell(name).document,
    languageId,
    version: 1,
    text,
  });
  await client.connection.sendNotification("notebookDocument/didOpen", {
    notebookDocument: {
      uri: "file:///n.ipynb",
      notebookType: "jupyter-notebook",
      version: 1,
      cells: [cell("a"), { ...cell("b"), kind: 1 }, cell("c"), cell("d")],
    },
    cellTextDocuments: [
      document("a", "import os"),
      document("b", "Words", "markdown"),
      document("c", "os.path."),
      document("d", "later()"),
    ],
  });
  const [item] = await client.complete(cell("c").document, 0, 8);
  assert.equal(firstLine(item), await firstLineOf("import os\n\nos.path.", "\n\nlater()"));
});

test("what a client asks for after each key is begun with the next key, before it asks", async () => {
  const uri = "file:///begun.ts";
  const text = "const begun = ";
  await client.open(uri, text);
  const [shown] = await client.complete(uri, 0, text.length);
  const key = shown?.insertText.startsWith("z") ? "y" : "z";
  const evaluated = async () => {
    const status = await client.connection.sendRequest(statusRequest);
    return status.state === "ready" ? (status.metrics.evaluated ?? 0) : 0;
  };
  const before = await evaluated();
  const cursor = { line: 0, character: text.length };
  await client.connection.sendNotification("textDocument/didChange", {
    textDocument: { uri, version: 2 },
    contentChanges: [{ range: { start: cursor, end: cursor }, text: key }],
  });
  // Nobody has asked: what is evaluated now was begun.
  for (const end = Date.now() + 60_000; (await evaluated()) === before;) {
    assert.ok(Date.now() < end, "nothing was begun");
    await sleep(20);
  }
  const [item] = await client.complete(uri, 0, text.length + 1);
  assert.equal(firstLine(item), await firstLineOf(text + key, ""));
});

test("what was accepted, whole or in part, is counted, and what a client sends wrong is refused", async () => {
  const added: Partial<CompletionFigures>[] = [];
  const counting = client.connection.onNotification(completionsCounted, (figures) => {
    added.push(figures);
  });
  const uri = "file:///accepted.ts";
  await client.open(uri, "const accepted = ");
  const [item] = await client.complete(uri, 0, 17);
  assert.ok(item?.command && item.insertText.length > 4, item?.insertText);
  const insert = (version: number, character: number, text: string) =>
    client.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [{ range: { start: { line: 0, character }, end: { line: 0, character } }, text }],
    });
  await insert(2, 17, item.insertText.slice(0, 3));
  await insert(3, 20, item.insertText.slice(3));
  const { command, arguments: sent } = item.command;
  await client.connection.sendRequest("workspace/executeCommand", { command, arguments: sent });
  await assert.rejects(client.connection.sendRequest("workspace/executeCommand", { command, arguments: [1] }));
  await client.connection.sendNotification("textDocument/didClose", { textDocument: { uri } });
  await client.connection.sendRequest(statusRequest);
  counting.dispose();
  const sum = (key: keyof CompletionFigures) => added.reduce((total, each) => total + (each[key] ?? 0), 0);
  const { length } = item.insertText;
  assert.deepEqual(
    [sum("shown"), sum("accepted"), sum("characters"), sum("keptAfterHalfMinute"), sum("keptAfterFiveMinutes")],
    [1, 1, length, length, length],
  );
});

test("typing what was shown is answered without the model", async () => {
  await client.open("file:///typed.ts", "let total = ");
  const [first] = await client.complete("file:///typed.ts", 0, 12);
  const shown = first?.insertText ?? "";
  const before = client.statuses.length;
  await client.connection.sendNotification("textDocument/didChange", {
    textDocument: { uri: "file:///typed.ts", version: 2 },
    contentChanges: [{ text: `let total = ${shown.slice(0, 2)}` }],
  });
  const [second] = await client.complete("file:///typed.ts", 0, 14);
  assert.equal(second?.insertText, shown.slice(2));
  assert.equal(client.statuses.length, before, "the model was not busy");
});

test("the newest request wins", async () => {
  await client.open("file:///race.ts", "one two three four");
  const requests = [3, 7, 13, 18].map((character) => client.complete("file:///race.ts", 0, character));
  const answers = await Promise.all(requests);
  assert.deepEqual(
    answers.map((items) => items.length),
    [0, 0, 0, 1],
  );
});

test("beside a chat a request waits for the pause after a key, which a newer one ends; one that is asked for does not", async (t) => {
  const patient = await LspClient.withModel(modelFile("slow"), {
    ...quickSettings,
    inlineCompletion: { ...quickSettings.inlineCompletion, debounce: 60_000, maxTokens: 4 },
    chat: { maxTokens: 64, temperature: 0 },
  });
  t.after(() => patient.stop());
  await patient.open("file:///pause.ts", "let total");
  const answering = patient.statusAfter((status) => status.state === "ready" && status.generating);
  const answer = ask(patient, [question("Hello")]).then(() => "the answer");
  await answering;
  const automatic = patient.complete("file:///pause.ts", 0, 9);
  // The engine prefers a completion to an answer: without a pause it would be there before this answer.
  assert.equal(await Promise.race([answer, automatic]), "the answer");
  const asked = await patient.complete("file:///pause.ts", 0, 9, { triggerKind: InlineCompletionTriggerKind.Invoked });
  assert.ok(asked.length > 0);
  assert.deepEqual(await automatic, []);
});

test("keys that agree with what the model writes are answered by one generation", async (t) => {
  const typed = await LspClient.withModel(modelFile("slow"), {
    ...quickSettings,
    inlineCompletion: { ...quickSettings.inlineCompletion, debounce: 0, maxTokens: 24 },
  });
  t.after(() => typed.stop());
  const text = "function add(a, b) {\n  return add";
  await typed.open("file:///first.ts", text);
  const [first] = await typed.complete("file:///first.ts", 1, 12);
  const shown = first?.insertText ?? "";
  assert.ok(shown.length > 6, shown);
  await typed.open("file:///keys.ts", text);
  const answers = [typed.complete("file:///keys.ts", 1, 12)];
  for (let i = 1; i <= 4; i++) {
    await typed.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri: "file:///keys.ts", version: i + 1 },
      contentChanges: [{ text: text + shown.slice(0, i) }],
    });
    answers.push(typed.complete("file:///keys.ts", 1, 12 + i));
  }
  const items = await Promise.all(answers);
  const runs = typed.statuses.filter((status) => status.state === "ready" && status.generating).length;
  assert.equal(items.at(-1)?.[0]?.insertText, shown.slice(4));
  assert.equal(runs, 2, "one for each document");
});

test("a request that is cancelled ends, though the model has not read its prompt yet", async (t) => {
  const slow = await LspClient.withModel(modelFile("slow"), {
    ...quickSettings,
    inlineCompletion: { ...quickSettings.inlineCompletion, debounce: 0, maxTokens: 1 },
  });
  t.after(() => slow.stop());
  const lines = Array.from({ length: 400 }, (_, i) => `const berth${i} = boats[${(i * 37) % 101}];\n`);
  await slow.open("file:///cancelled.ts", `${lines.join("")}const last = `);
  const place = ["file:///cancelled.ts", 400, 13, {}] as const;
  const source = new CancellationTokenSource();
  const reading = slow.statusAfter((status) => status.state === "ready" && status.generating);
  const cancelled = slow.complete(...place, source.token);
  await reading;
  const idle = slow.statusAfter((status) => status.state === "ready" && !status.generating);
  source.cancel();
  await idle;
  assert.deepEqual(await cancelled, []);
  // The next one would find all of the prompt evaluated, had the first gone on to its end.
  assert.equal((await slow.complete(...place)).length, 1);
  const status = await slow.connection.sendRequest(statusRequest);
  assert.ok(status.state === "ready");
  const { reused = 1 } = status.metrics;
  assert.ok(reused < 0.9, `${reused} of the prompt was evaluated`);
});

test("a file that may hold secrets completes to nothing", async () => {
  for (const uri of ["file:///a/.env", "file:///a/tls.key"]) {
    await client.open(uri, "const key = ");
    assert.deepEqual(await client.complete(uri, 0, 12), []);
  }
});

test("a document that is not open completes to nothing", async () => {
  assert.deepEqual(await client.complete("file:///closed.ts", 0, 0), []);
});

test("a model without infill tokens continues the prefix, at the end of a line only", async (t) => {
  const other = await LspClient.withModel(modelFile("falcon40b"));
  t.after(() => other.stop());
  await other.open("file:///plain.py", "def add(a, b):\nx = 1\n");
  assert.deepEqual(await other.complete("file:///plain.py", 0, 8), []);
  const [item] = await other.complete("file:///plain.py", 0, 14);
  const direct = await askDirectly(modelFile("falcon40b"), 48, healedPrefix("def add(a, b):"));
  assert.ok(item && item.insertText !== "" && direct.startsWith(item.insertText));
});
