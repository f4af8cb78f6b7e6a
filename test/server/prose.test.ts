// Writing over the protocol, with the built server and an engine whose words the tests know.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { digestRequest, proseLanguagesRequest, prosePart, rewriteProseRequest } from "../../src/shared/methods.ts";
import type { ProsePart, RewriteProseParams } from "../../src/shared/prose.ts";
import { LspClient, quickSettings, serverModule } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

const markdown = "Teh boat.\n\n```sh\n# teh boat\n```\n\nSee [teh guide](https://a.b/c%20d?e=(f)#g).\n";
const script = "// Teh boat.\nconst a = `\n// teh text\n`;\n";

/** In the order in which the tests ask for them; the last one again after that. */
const answers = ["La barca.", "Vedi [la guida][1].", "The boat.", "A boat"];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-scripted-"));
let client: LspClient;

before(async () => {
  const dist = path.join(folder, "dist");
  fs.cpSync(path.dirname(serverModule), dist, { recursive: true });
  fs.copyFileSync(path.join(import.meta.dirname, "../support/scriptedEngine.cjs"), path.join(dist, "engine.cjs"));
  const env = { FALCON_ANSWERS: path.join(folder, "answers.jsonl") };
  fs.writeFileSync(env.FALCON_ANSWERS, answers.map((text) => JSON.stringify({ text })).join("\n"));
  client = LspClient.spawn({ module: path.join(dist, "server.cjs"), env });
  await client.connection.sendRequest("initialize", {
    ...{ processId: process.pid, rootUri: null, capabilities: {} },
    initializationOptions: {
      settings: { ...quickSettings, model: { ...quickSettings.model, path: modelFile("falcon7b") } },
    },
  });
  await client.connection.sendNotification("initialized", {});
  await client.statusWhere(({ state }) => state === "ready" || state === "failed");
});
after(async () => {
  await client.stop();
  fs.rmSync(folder, { recursive: true });
});

async function write(asked: Pick<RewriteProseParams, "command" | "languageId" | "text"> & { language?: string }) {
  const parts: ProsePart[] = [];
  const token = `parts of ${asked.languageId}`;
  const listener = client.connection.onProgress(prosePart, token, (part) => void parts.push(part));
  const uri = "file:///project/a";
  const params = { ...asked, uri, start: 0, end: asked.text.length, partialResultToken: token };
  const result = await client.connection.sendRequest(rewriteProseRequest, params);
  listener.dispose();
  let written = asked.text;
  for (const { start, end, text } of parts.toReversed()) written = written.slice(0, start) + text + written.slice(end);
  return { result, parts, written };
}

test("a translation comes part by part, and code and a link stay byte for byte", async () => {
  const { result, parts, written } = await write({
    ...{ command: "translate", language: "Italian", languageId: "markdown", text: markdown },
  });
  assert.deepEqual(result, { total: 2, stopReason: "end" });
  assert.deepEqual(
    parts.map(({ total, isBroken }) => ({ total, isBroken })),
    [
      { total: 2, isBroken: false },
      { total: 2, isBroken: false },
    ],
  );
  assert.equal(written, markdown.replace("Teh boat", "La barca").replace("See [teh guide]", "Vedi [la guida]"));
});

test("of code the comments are written, and no string that looks like one", async () => {
  const { result, written } = await write({ command: "grammar", languageId: "typescript", text: script });
  assert.equal(result.total, 1);
  assert.equal(written, script.replace("Teh", "The"));
});

test("a title is written for a text, and the languages are those of the model", async () => {
  const { text, stopReason } = await client.connection.sendRequest(digestRequest, {
    ...{
      command: "title",
      uri: "file:///project/a.md",
      languageId: "markdown",
      text: markdown,
      partialResultToken: "t",
    },
  });
  assert.deepEqual([text, stopReason], ["A boat", "end"]);
  // Falcon-7B's, by the name of its file.
  assert.deepEqual(await client.connection.sendRequest(proseLanguagesRequest), ["en", "fr"]);
});

test("what a client asks in a wrong way is refused by its name", async () => {
  const asked = { uri: "file:///project/a.md", languageId: "markdown", text: markdown, partialResultToken: "x" };
  for (const [params, name] of [
    [{ ...asked, command: "sing", start: 0, end: 1 }, /command/],
    [{ ...asked, command: "grammar", start: "0", end: 1 }, /start/],
  ] as const) {
    await assert.rejects(client.connection.sendRequest("falcon/rewriteProse", params), name);
  }
});
