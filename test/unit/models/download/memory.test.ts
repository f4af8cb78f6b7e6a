// A large file takes no more memory than a small one.

import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";

import { download, openLoopback } from "../../../support/downloads.ts";

const mebibyte = 2 ** 20;

/** Downloads what a server sends. */
async function receive(t: TestContext, send: (response: http.ServerResponse) => void, onProgress: () => void) {
  const server = http.createServer((_, response) => send(response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const network = await openLoopback();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-download-memory-"));
  t.after(async () => {
    await network.close();
    server.close();
    fs.rmSync(folder, { recursive: true });
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return (await download({ endpoint, network, folder, onProgress })).result.size;
}

test("300 MB are not kept in memory", async (t) => {
  const piece = Buffer.alloc(mebibyte, "GGUF");
  let left = 300;
  const send = (response: http.ServerResponse) => {
    const more = () => {
      while (left-- > 0) if (!response.write(piece)) return;
      response.end();
    };
    response.writeHead(200, { "content-length": left * mebibyte }).on("drain", more);
    more();
  };
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const size = await receive(t, send, () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  });
  assert.equal(size, 300 * mebibyte);
  // What the client for HTTP has put together and thrown away lies there until the garbage collector comes.
  assert.ok(most < 150 * mebibyte, `${Math.round(most / mebibyte)} MiB of buffers`);
});

test("the memory of a piece is given back when it is written, not when the garbage collector comes", async (t) => {
  const count = 20;
  const pieces: Buffer[] = [];
  const onPiece = (message: unknown) => pieces.push((message as { chunk: Buffer }).chunk);
  subscribe("undici:request:bodyChunkReceived", onPiece);
  t.after(() => unsubscribe("undici:request:bodyChunkReceived", onPiece));
  let more = () => {};
  let left = count;
  const size = await receive(
    t,
    (response) => {
      more = () => left-- > 0 && response.write(Buffer.alloc(1024, "GGUF"));
      response.writeHead(200, { "content-length": count * 1024 });
      more();
    },
    () => more(),
  );
  assert.equal(size, count * 1024);
  // The first one came together with the head.
  assert.deepEqual(
    pieces.slice(1).map(({ length }) => length),
    Array.from({ length: count - 1 }, () => 0),
  );
});
