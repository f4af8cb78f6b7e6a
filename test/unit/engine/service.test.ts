// The service's clients that behave badly, with a model whose requests a test ends.

import assert from "node:assert/strict";
import fs from "node:fs";
import type net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import * as l10n from "@vscode/l10n";

import {
  EngineError,
  type Generation,
  type GenerateRequest,
  type LoadRequest,
  type Model,
} from "../../../server/engine/engine.ts";
import { loadModelOf } from "../../../server/engine/process/askModel.ts";
import { pingRequest, unloadedNotification } from "../../../server/engine/process/rpc.ts";
import { Claims } from "../../../server/engine/shared/claims.ts";
import { openService } from "../../../server/engine/shared/openService.ts";
import { runService } from "../../../server/engine/shared/service.ts";
import { SharedHost } from "../../../server/engine/shared/sharedHost.ts";
import type { CreateProcess } from "../../../server/engine/shared/sharedModels.ts";

interface Asked {
  readonly request: GenerateRequest;
  readonly onText: (text: string) => void;
  readonly signal: AbortSignal;
  readonly finish: () => void;
  readonly fail: (error: unknown) => void;
}

let folder = "";
let served: Promise<boolean>;
/** The requests that the model has at hand, with what ends them. */
let requests: Asked[];
const sockets: net.Socket[] = [];
/** Ends the model's process. */
let die: Parameters<CreateProcess>[1];
let tellFault: (fault: unknown) => void;
const claims = () => new Claims(folder, "1");

const model: Model = {
  info: { gpuLayers: 0 } as Model["info"],
  generate: (request, onText, signal) =>
    new Promise<Generation>((resolve, reject) => {
      const usage = { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 };
      const finish = () => resolve({ text: "", alternatives: [], stopReason: "end", usage });
      requests.push({ request, onText, signal, finish, fail: reject });
      signal.addEventListener("abort", finish);
    }),
  score: () => Promise.resolve([]),
  countTokens: () => Promise.resolve(0),
};

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-clients-"));
  fs.writeFileSync(path.join(folder, "model.gguf"), "");
  requests = [];
  served = runService({
    claims: claims(),
    number: 1,
    address: claims().newAddress(),
    createProcess: (_log, onDied) => {
      die = onDied;
      return { memory: 1, load: () => Promise.resolve(model), dispose: () => Promise.resolve() };
    },
    idleTime: 1,
    isInstalled: () => true,
    watchFaults: (tell) => (tellFault = tell),
  });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  assert.ok(await served, "the service has ended by itself");
  fs.rmSync(folder, { recursive: true });
});

/** Connects and loads the model, or another one by its number of threads. */
async function connect(threads = 1) {
  while ((await claims().newest()) === undefined) await new Promise(setImmediate);
  const { socket, connection } = await openService({ claims: claims(), modulePath: "" }, new AbortController().signal);
  sockets.push(socket);
  const peer = { connection, ended: new AbortController().signal, isReachable: () => true };
  const loaded = await loadModelOf(peer, loadOf(threads), () => undefined);
  const generate = () => {
    const request = { priority: "chat", prompt: ["x"], maxTokens: 1, temperature: 0, stop: [] } as const;
    return loaded.generate(request, () => undefined, new AbortController().signal).catch(() => undefined);
  };
  return { socket, connection, generate };
}

function loadOf(threads: number): LoadRequest {
  const plan = { path: path.join(folder, "model.gguf"), contextSize: 1, gpu: "off", threads, shared: true } as const;
  return { plan, markers: [] } as unknown as LoadRequest;
}

function hostOf(options: Partial<ConstructorParameters<typeof SharedHost>[0]> = {}): SharedHost {
  return new SharedHost({
    locate: () => ({ claims: claims(), modulePath: "" }),
    own: { memory: undefined, load: () => Promise.reject(new Error("not shared")), dispose: () => Promise.resolve() },
    log: () => undefined,
    onDied: () => undefined,
    onUnloaded: () => undefined,
    onNote: () => undefined,
    ...options,
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a client that is gone takes its requests with it, and nobody else's", async () => {
  const [gone, stays] = [await connect(), await connect()];
  for (const { generate } of [gone, gone, stays]) void generate();
  await until(() => requests.length === 3);
  gone.socket.destroy();
  await until(() => requests.filter(({ signal }) => signal.aborted).length === 2);
  const [left, ...more] = requests.filter(({ signal }) => !signal.aborted);
  assert.ok(left && more.length === 0);
  const clients = new Set(requests.map(({ request }) => request.client));
  assert.equal(clients.size, 2, "the model is told whose requests they are");
  assert.equal(requests.filter(({ request }) => request.client === left.request.client).length, 1);
});

test("a client that does not read is left, with what it asked for", async () => {
  const [slow, other] = [await connect(), await connect()];
  void slow.generate();
  void other.generate();
  await until(() => requests.length === 2);
  slow.socket.pause();
  const [asked, others] = requests;
  for (let piece = 0; asked && !asked.signal.aborted; piece++) {
    assert.ok(piece < 100_000, "what it does not read is kept without end");
    asked.onText("word ".repeat(20));
    await new Promise(setImmediate);
  }
  assert.equal(others?.signal.aborted, false);
});

test("who gets an answer gets it before the model leaves its place", async () => {
  const first = await connect(1);
  const events: string[] = [];
  first.connection.onNotification(unloadedNotification, () => {
    events.push("unloaded");
  });
  const answered = first.generate().then(() => events.push("answered"));
  const second = await connect(2);
  void second.generate();
  await until(() => requests.length === 2);
  const third = connect(3);
  // The load of the third has come by then, and waits.
  await (await connect(2)).connection.sendRequest(pingRequest);
  requests[0]?.finish();
  await Promise.all([third, answered]);
  await until(() => events.length === 2);
  assert.deepEqual(events, ["answered", "unloaded"]);
});

test("a service waits for its first client longer than it stays after its last", async () => {
  while ((await claims().newest()) === undefined) await new Promise(setImmediate);
  const end = await Promise.race([served, new Promise<"runs">((resolve) => setTimeout(resolve, 200, "runs"))]);
  assert.equal(end, "runs");
  await connect();
});

test("a model that has to leave its place at once is loaded again for who waits for it", async () => {
  const first = await connect(1);
  void first.generate();
  await until(() => requests.length === 1);
  const hosts = [2, 3].map((threads) => ({ threads, host: hostOf() }));
  await Promise.all(hosts.map(({ threads, host }) => host.load(loadOf(threads), () => undefined)));
  await Promise.all(hosts.map(({ host }) => host.dispose()));
});

test("how the model's process hung is said in the language of each client, whichever the service has", async () => {
  const deaths: string[] = [];
  const host = hostOf({ onDied: (reason) => deaths.push(reason) });
  const loaded = await host.load(loadOf(1), () => undefined);
  const request = { priority: "chat", prompt: ["x"], maxTokens: 1, temperature: 0, stop: [] } as const;
  const generate = () => loaded.generate(request, () => undefined, new AbortController().signal);
  const [dying, unloaded] = [generate(), generate()];
  await until(() => requests.length === 2);
  const hang = { answered: false, seconds: 30 };
  l10n.config({
    contents: {
      "did not answer for {0} seconds": "nessuna risposta per {0} secondi",
      "the model left its place to another": "il modello ha ceduto il posto a un altro",
    },
  });
  try {
    requests[0]?.fail(new EngineError("died", "did not answer for 30 seconds", { hang }));
    requests[1]?.fail(new EngineError("unloaded", "the model left its place to another"));
    await assert.rejects(dying, { failure: "died", message: "nessuna risposta per 30 secondi" });
    await assert.rejects(unloaded, { failure: "unloaded", message: "il modello ha ceduto il posto a un altro" });
    die("did not answer for 30 seconds", hang);
    await until(() => deaths.length > 0);
    assert.deepEqual(deaths, ["nessuna risposta per 30 secondi"]);
  } finally {
    l10n.config({ contents: {} });
  }
});

test("a fault in the service is in the log of its clients", async () => {
  const logs: string[] = [];
  const host = hostOf({ log: (line) => logs.push(line) });
  await host.load(loadOf(1), () => undefined);
  tellFault(new Error("a bug"));
  await until(() => logs.length > 0);
  assert.match(logs[0] ?? "", /^a fault in the model service: Error: a bug/);
  await host.dispose();
});
