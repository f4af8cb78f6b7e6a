// The local API of the language server: started, moved and stopped by requests of the editor.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, test } from "node:test";

import { findPromtool } from "../../scripts/promtool.ts";
import { pageCodeRequest, startApiRequest, stopApiRequest } from "../../src/shared/methods.ts";
import { LspClient } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";

const token = "a-token-of-some-length";
let client: LspClient;
let isStopped = false;
beforeEach(async () => {
  isStopped = false;
  client = await LspClient.withModel(modelFile("falcon7b"));
});
afterEach(async () => {
  if (!isStopped) await client.stop();
});

const start = (port = 0) => client.connection.sendRequest(startApiRequest, { port, token });

/** Writes two tokens. */
function ask(address: string): Promise<Response> {
  return fetch(`${address}/v1/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ prompt: "one", max_tokens: 2 }),
  });
}

test("serves the editor's model; a second start takes the place of the first, and stop ends it", async () => {
  const first = await start();
  const answer = await ask(first.address);
  assert.equal(answer.status, 200);
  assert.partialDeepStrictEqual(await answer.json(), { object: "text_completion" });
  const second = await start();
  await assert.rejects(ask(first.address));
  assert.equal((await ask(second.address)).status, 200);
  const figures = await fetch(`${second.address}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  assert.match(await figures.text(), /^gen_ai_server_request_duration_seconds_count\{[^}]+\} 2$/m);
  await client.connection.sendRequest(stopApiRequest);
  await assert.rejects(ask(second.address));
  const third = await start();
  await client.stop();
  isStopped = true;
  await assert.rejects(ask(third.address));
});

test("a code for the page's address is good for the token once, and there is none while nothing is served", async () => {
  await client.connection.sendRequest(stopApiRequest);
  assert.equal(await client.connection.sendRequest(pageCodeRequest), null);
  const { address } = await start();
  const body = JSON.stringify({ code: await client.connection.sendRequest(pageCodeRequest) });
  const exchange = (init: RequestInit = {}) => fetch(`${address}/playground/token`, { method: "POST", body, ...init });
  assert.equal((await exchange({ headers: { origin: "http://elsewhere.example" } })).status, 403);
  assert.deepEqual(await (await exchange()).json(), { token });
  assert.equal((await exchange()).status, 403);
  await client.connection.sendRequest(stopApiRequest);
});

test("a port that is taken is named, and a token that is short is refused", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  assert.ok(address !== null && typeof address === "object");
  await assert.rejects(start(address.port), new RegExp(`Port ${address.port} cannot be used`));
  taken.close();
  await once(taken, "close");
  await assert.rejects(client.connection.sendRequest(startApiRequest, { port: 0, token: "short" }), /token/);
  // What failed before does not stand in the way.
  assert.equal((await ask((await start()).address)).status, 200);
});

test("promtool has nothing to say of the figures", async () => {
  const { address } = await start();
  assert.equal((await ask(address)).status, 200);
  assert.equal((await fetch(`${address}/v1/models`)).status, 401);
  const response = await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const figures = await response.text();
  assert.match(figures, /^falcon_api_errors_total\{error_type="invalid_api_key"\} 1$/m);
  const said = spawnSync(await findPromtool(), ["check", "metrics"], { input: figures, encoding: "utf8" });
  assert.deepEqual({ status: said.status, output: said.stdout + said.stderr }, { status: 0, output: "" });
});
