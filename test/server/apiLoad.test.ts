// The local API under requests of every kind from many clients at once: each ends, and memory stays as it is.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { childrenOf, memoryOf } from "../support/processes.ts";
import { rounds } from "../support/soak.ts";

const clients = 16;
/** Of each client. In a soak all have what an editor asks in eight hours, a request every three seconds. */
const requests = rounds(6, 600);
/** Bytes that a process may grow by once it has met each kind of request; in a few requests by what it has not collected yet. */
const mostGrowth = rounds(150e6, 40e6);

let child: ChildProcess;
let address = "";
let token = "";
before(async () => {
  const model = fileURLToPath(new URL("../../media/models/falcon-tiny-demo.gguf", import.meta.url));
  const program = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
  const options = ["--port", "0", "--model", model, "--gpu", "off", "--threads", "1", "--context-size", "1024"];
  child = spawn(process.execPath, [program, "serve", ...options], { stdio: ["ignore", "pipe", "ignore"] });
  assert.ok(child.stdout);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("address:")) address = line.replace(/^address: +/, "").replace(/\/v1$/, "");
    if (line.startsWith("token:")) token = line.replace(/^token: +/, "");
    if (address !== "" && token !== "") break;
  }
});
after(async () => {
  const gone = once(child, "exit");
  child.kill();
  await gone;
});

const long = "def add(a, b):\n    return a + b\n\n".repeat(20);

/** Each kind of request, and the status that it gets. `leaves`: who asked goes away at the first piece. */
const kinds = [
  { path: "/v1/completions", body: { prompt: "def ", max_tokens: 8 }, status: 200 },
  { path: "/v1/completions", body: { prompt: long, max_tokens: 16, stream: true }, status: 200 },
  { path: "/v1/completions", body: { prompt: "x = ", suffix: "\nprint(x)", max_tokens: 8 }, status: 200 },
  { path: "/infill", body: { input_prefix: long, input_suffix: "\n", n_predict: 8 }, status: 200 },
  { path: "/generate_stream", body: { inputs: "import ", parameters: { max_new_tokens: 8 } }, status: 200 },
  { path: "/v1/completions", body: { prompt: "for ", max_tokens: 900, stream: true }, status: 200, leaves: true },
  { path: "/v1/chat/completions", body: { messages: [{ role: "user", content: "Hello" }] }, status: 400 },
  { path: "/v1/completions", body: { prompt: 7 }, status: 400 },
  { path: "/v1/nothing", body: {}, status: 404 },
] as const;

/** Resolves when it has ended. */
async function ask(client: number, i: number): Promise<void> {
  const kind = kinds[(client + i) % kinds.length] ?? kinds[0];
  const leaving = new AbortController();
  // No prompt is like another.
  const body = JSON.stringify(kind.body).replace("def ", `def f${client}_${i}_`);
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(address + kind.path, { method: "POST", headers, body, signal: leaving.signal });
  assert.equal(response.status, kind.status, kind.path);
  if (!("leaves" in kind)) {
    assert.notEqual(await response.text(), "");
    return;
  }
  await response.body?.getReader().read();
  leaving.abort();
}

/** How many the model works on, or has waiting. */
async function running(): Promise<number> {
  const response = await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const found = /^falcon_requests_running(?:\{[^}]*\})? (\d+)$/m.exec(await response.text());
  assert.ok(found);
  return Number(found[1]);
}

async function askAll(from: number, to: number): Promise<void> {
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let i = from; i < to; i++) await ask(client, i);
    }),
  );
}

test(`${clients * requests} requests of every kind end as they should, and leave no memory behind`, async (context) => {
  const memory = () => [child.pid, ...childrenOf(child.pid)].map((pid) => memoryOf(pid));
  // Until each kind was met, processes grow: code is compiled, and buffers are as large as they get.
  const warm = Math.ceil(requests / 4);
  await askAll(0, warm);
  const before = memory();
  await askAll(warm, requests);
  const grown = memory().map((bytes, i) => bytes - (before[i] ?? 0));
  const shown = grown.map(
    (bytes, i) =>
      `${((before[i] ?? 0) / 1e6).toFixed(0)} ${bytes < 0 ? "-" : "+"} ${(Math.abs(bytes) / 1e6).toFixed(1)} MB`,
  );
  context.diagnostic(`server, model: ${shown.join(", ")} in ${clients * (requests - warm)} requests`);
  assert.ok(
    grown.every((bytes) => bytes < mostGrowth),
    shown.join(", "),
  );
  // What those who left had asked for ends as well.
  for (let looks = 0; (await running()) > 0; looks++) {
    assert.ok(looks < 1200, "requests of clients that left still run");
    await sleep(100);
  }
});
