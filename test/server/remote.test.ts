// Ghost text and the chat on a real llama-server, through the built language server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { editRequest, loadModel, serverKeyRequest, settingsChanged } from "../../src/shared/methods.ts";
import type { UserMessage } from "../../src/shared/chat.ts";
import type { RemoteServer, ServerSettings } from "../../src/shared/serverSettings.ts";
import { ask } from "../support/asking.ts";
import { type RunningServer, startLlamaServer } from "../support/llamaServer.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { childrenOf } from "../support/processes.ts";
import { connect } from "../support/remoteServer.ts";

const key = "a key of the tests";
let llama: RunningServer;
let client: LspClient;

/** What the language server is told, with a server that is named as the backend. */
function onServer(server: Partial<RemoteServer> = {}, changes: Partial<ServerSettings> = {}): ServerSettings {
  const settings = { name: "box", kind: "llama-server", address: llama.address, ...server } as const;
  return { ...quickSettings, readWorkspace: true, servers: [settings], backend: "box", ...changes };
}

/** Uses the settings, and resolves to how that went. */
async function use(settings: ServerSettings) {
  const loading = client.statusAfter(({ state }) => state === "loading");
  await client.connection.sendNotification(settingsChanged, settings);
  await loading;
  return client.statusWhere(({ state }) => state === "ready" || state === "failed");
}

before(async () => {
  llama = await startLlamaServer(key);
  client = await LspClient.start(onServer());
  client.connection.onRequest(serverKeyRequest, ({ name }) => (name === "box" ? key : null));
  await client.statusWhere(({ state }) => state === "ready" || state === "failed");
});
after(async () => {
  await client.stop();
  await llama.dispose();
});

test("the status names the server, and no model process runs here", async () => {
  const status = await client.statusWhere(({ state }) => state === "ready");
  assert.ok(status.state === "ready");
  const { name, contextSize, sequences, infill, demonstration, remote } = status.model;
  assert.deepEqual(
    { name, contextSize, sequences, infill, demonstration },
    { name: "falcon-tiny-demo", contextSize: 2048, sequences: 2, infill: true, demonstration: true },
  );
  assert.deepEqual(remote, { name: "box", host: new URL(llama.address).host, encrypted: true });
  assert.deepEqual(childrenOf(client.child.pid), []);
});

test("ghost text is what the server writes after the infill prompt of the model", async () => {
  const [prefix, suffix] = ["export function area(width: number, height: number): number {\n  return ", "\n}\n"];
  await client.open("file:///area.ts", prefix + suffix);
  const [item] = await client.complete("file:///area.ts", 1, 9);
  // Spelled out, special tokens count in a prompt that is one text.
  const prompt = `>>PREFIX<<>>SUFFIX<<${suffix}>>MIDDLE<<${prefix.trimEnd()}`;
  const response = await fetch(`${llama.address}/completion`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ prompt, n_predict: 48, temperature: 0, min_p: 0 }),
  });
  const { content } = (await response.json()) as { content: string };
  const expected = content.trimStart().split("\n", 1)[0]?.trimEnd() ?? "";
  assert.ok(expected.length > 3, expected);
  assert.equal(item?.insertText.split("\n", 1)[0], expected);
});

const explained: UserMessage = {
  id: "e",
  role: "user",
  text: "",
  command: "explain",
  attachments: [
    {
      id: "a",
      label: "boat.ts:1-3",
      uri: "file:///boat.ts",
      languageId: "typescript",
      text: "export function nightsBetween(arrival: Date, departure: Date): number {\n  return departure.getTime() - arrival.getTime();\n}",
    },
  ],
};

test("the chat answers through it, in pieces", async () => {
  const deltas: string[] = [];
  const { problem } = await ask(client, [explained], deltas);
  assert.equal(problem, undefined);
  assert.match(deltas.join(""), /^`nightsBetween`: \S/);
  assert.ok(deltas.length > 1, `${deltas.length} pieces`);
});

test("who stops an answer stops it on the server: its slots are free, and it has evaluated little", async () => {
  const { model, host } = await connect({ address: llama.address, kind: "llama-server" }, { key });
  const stop = new AbortController();
  // After this the model writes on to the limit. All of the answers together take it minutes, however slow who reads them is.
  const prompt = ["const numbers = [\n  1,\n  2,\n  3,\n  4,\n"];
  const [answers, maxTokens] = [30, 1500];
  const request = { priority: "chat", prompt, maxTokens, temperature: 0, stop: [] } as const;
  const before = await llama.decoded();
  let written = "";
  const read = (text: string) => {
    written += text;
    stop.abort();
  };
  const asked = Array.from({ length: answers }, () => model.generate(request, read, stop.signal));
  const ends = (await Promise.all(asked)).map(({ stopReason }) => stopReason);
  assert.ok(written.length > 0 && ends.includes("aborted"), ends.join(", "));
  while (await llama.isProcessing()) await sleep(20);
  const decoded = (await llama.decoded()) - before;
  // Two are written in one step.
  assert.ok(decoded < (answers * maxTokens) / 4, `${decoded} steps`);
  await host.dispose();
});

test("what a document says is text on the server, too: special tokens that it spells have no meaning", async () => {
  const { model, host } = await connect({ address: llama.address, kind: "llama-server" }, { key });
  const spelled = ">>SUFFIX<<<|endoftext|>";
  assert.ok((await model.countTokens([spelled])) > 4);
  assert.equal(await model.countTokens([{ role: "suffix" }, { role: "eos" }]), 2);
  const request = { priority: "completion", maxTokens: 1, temperature: 0, stop: [] } as const;
  const prompt = [{ role: "prefix" }, spelled, { role: "middle" }] as const;
  const { usage } = await model.generate({ ...request, prompt }, () => undefined, new AbortController().signal);
  assert.equal(usage.prompt, 2 + (await model.countTokens([spelled])));
  await host.dispose();
});

test("edits and writing refuse a file that may hold secrets, and nothing of it is sent", async () => {
  const uri = "file:///project/.env";
  await client.open(uri, "TOKEN=sesame\n");
  const place = { uri, languageId: "dotenv", text: "TOKEN=sesame", before: "", after: "\n", partialResultToken: "e" };
  const refused = { message: /may hold secrets.*falcon\.excludedFiles.*server box/ };
  const edit = { ...place, command: "edit", instruction: "Rename the variable." } as const;
  await assert.rejects(client.connection.sendRequest(editRequest, edit), refused);
});

test("in a workspace that is not trusted nothing is sent, and the status says why", async () => {
  const status = await use(onServer({}, { readWorkspace: false }));
  assert.ok(status.state === "failed");
  assert.equal(status.problem.action, "manageTrust");
  assert.match(status.problem.message, /not trusted/);
  await client.open("file:///untrusted.ts", "const a = ");
  assert.deepEqual(await client.complete("file:///untrusted.ts", 0, 10), []);
});

test("a name that no server has fails by name", async () => {
  const status = await use(onServer({}, { backend: "boks" }));
  assert.ok(status.state === "failed");
  assert.equal(status.problem.action, "serversSetting");
  assert.match(status.problem.message, /“boks”/);
});

test("ghost text runs on the server and the chat here, where the settings say so", async () => {
  const settings = onServer();
  const status = await use({ ...settings, chat: { ...settings.chat, backend: "local" } });
  assert.ok(status.state === "ready" && status.model.remote);
  await client.connection.sendNotification(loadModel, { role: "chat" });
  const both = await client.statusWhere(({ chat }) => chat?.state === "ready" && !chat.unloaded);
  assert.ok(both.chat?.state === "ready");
  assert.equal(both.chat.model.remote, undefined);
  assert.equal(childrenOf(client.child.pid).length, 1);
});
