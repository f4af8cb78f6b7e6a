// Loads that end before they are done, endpoints that wake, and addresses as they are given.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { isLoopback, RemoteHost } from "../../../../server/engine/remote/remoteHost.ts";
import type { Patience } from "../../../../server/engine/remote/connection.ts";
import { UserError } from "../../../../server/userError.ts";
import {
  type Answer,
  connect,
  events,
  fail,
  playServer,
  type PlayedServer,
  quick,
  stream,
} from "../../../support/remoteServer.ts";

const good = {
  "/props": { model_path: "/models/falcon-7b.gguf", default_generation_settings: { n_ctx: 2048 } },
  "/tokenize": { tokens: [1] },
};
const request = { priority: "chat", prompt: ["x"], maxTokens: 100, temperature: 0, stop: [] } as const;
const piece = (content: string) => events({ content, stop: false });

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function play(answers: Record<string, Answer>): Promise<PlayedServer> {
  const server = await playServer(answers);
  opened.push(() => server.dispose());
  return server;
}

/** A host, with what it says of waiting. */
function createHost(patience: Partial<Patience> = {}) {
  const notes: (string | undefined)[] = [];
  const noted = Promise.withResolvers<void>();
  const host = new RemoteHost({
    key: () => Promise.resolve(undefined),
    network: () => ({}),
    onFailed: () => undefined,
    onNote: (note) => {
      notes.push(note);
      noted.resolve();
    },
    patience: { ...quick, waking: 60_000, ...patience },
  });
  opened.unshift(() => host.dispose());
  return { host, notes, noted: noted.promise };
}

test("a load that another one supersedes ends, however early that is", async () => {
  const asleep = await play({ "/info": fail(503, "asleep") });
  const awake = await play(good);
  const { host, notes } = createHost();
  const first = host.load({ server: { name: "A", address: asleep.address, kind: "endpoint" }, markers: [] });
  const ended = assert.rejects(first, { name: "EngineError", failure: "died" });
  const second = await host.load({ server: { name: "B", address: awake.address, kind: "llama-server" }, markers: [] });
  assert.equal(second.info.name, "falcon-7b");
  await ended;
  assert.deepEqual([asleep.asked, notes], [[], []]);
});

test("a load ends with its host, and asks nothing after that", async () => {
  const awake = await play(good);
  const { host } = createHost();
  const load = host.load({ server: { name: "B", address: awake.address, kind: "llama-server" }, markers: [] });
  const ended = assert.rejects(load, { name: "EngineError", failure: "died" });
  await host.dispose();
  await ended;
  assert.deepEqual(awake.asked, []);
});

test("an endpoint that wants to be left alone for longer than others may is waited for", async () => {
  const asleep = await play({ "/info": fail(503, "asleep", { "retry-after": "30" }) });
  const { host, notes, noted } = createHost();
  const load = host.load({ server: { name: "far", address: asleep.address, kind: "endpoint" }, markers: [] });
  const ended = assert.rejects(load, { name: "EngineError", failure: "died" });
  await Promise.race([noted, ended]);
  assert.deepEqual(notes, ["The server far is waking up"]);
  await host.dispose();
  await ended;
});

test("an endpoint that wants more time than it has to wake fails at once", async () => {
  const asleep = await play({ "/info": fail(503, "asleep", { "retry-after": "90" }) });
  const { host } = createHost();
  const load = host.load({ server: { name: "far", address: asleep.address, kind: "endpoint" }, markers: [] });
  await assert.rejects(load, /not ready/);
  assert.equal(asleep.asked.length, 1);
});

test("an endpoint that does not begin to answer is told with the time that it had", async () => {
  const silent = await play({ "/info": () => undefined });
  const { host } = createHost({ waking: 1000 });
  const load = host.load({ server: { name: "far", address: silent.address, kind: "endpoint" }, markers: [] });
  await assert.rejects(load, (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.message, "Nothing came from the server far for 1 seconds. Ask again.");
    return true;
  });
});

test("what the address asks for goes with each request", async () => {
  const query = "?api-version=1";
  const server = await play({ [`/v1/models${query}`]: { data: [{ id: "tiiuae/falcon-7b" }] } });
  for (const end of ["", "/", "/v1"]) {
    const { model, host } = await connect({ kind: "openai", address: server.address + end + query });
    assert.equal(model.info.name, "falcon-7b");
    await host.dispose();
  }
});

test("only addresses of this machine count as those", () => {
  const hosts = { "127.0.0.1": true, "127.9.9.9": true, localhost: true, "[::1]": true, "127.evil.example": false };
  for (const [name, isHere] of Object.entries(hosts)) assert.equal(isLoopback(new URL(`http://${name}`)), isHere, name);
});

test("one candidate that fails ends the others, and no text comes after that", async () => {
  let texts = 0;
  let tries = 0;
  const closed = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const server = await play({
    ...good,
    "/completion": async (response) => {
      if (++tries === 2) {
        await begun.promise;
        fail(400, "bad")(response);
        return;
      }
      response.on("close", () => closed.resolve());
      await stream([piece("w ")], { end: false })(response);
    },
  });
  const { model, host } = await connect({ address: server.address, kind: "llama-server" });
  const onText = () => {
    texts++;
    begun.resolve();
  };
  const generated = model.generate({ ...request, candidates: 2 }, onText, new AbortController().signal);
  await assert.rejects(generated, /refused the request/);
  await closed.promise;
  assert.equal(texts, 1);
  await host.dispose();
});
