// Pieces of a remote file, from a server with ranges and from one without.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { DownloadError } from "../../../../server/models/download/failures.ts";
import { fileAddress, openHub } from "../../../../server/models/download/hub.ts";
import { type Network, openNetwork } from "../../../../server/network.ts";
import { readRemote } from "../../../../server/models/download/readRemote.ts";
import { HubServer } from "../../../support/hubServer.ts";

const content = randomBytes(200_000);
const { signal } = new AbortController();
let server: HubServer;
let network: Network;
before(async () => {
  [server, network] = [await HubServer.start(), await openNetwork()];
  server.put("tiiuae/Falcon", "a.gguf", content);
});
after(async () => {
  await network.close();
  await server.stop();
});

function read(from: number, to: number) {
  const hub = openHub({ hub: server.endpoint }, () => Promise.resolve(undefined));
  return readRemote(fileAddress(hub, "tiiuae/Falcon", "a.gguf"), from, to, { network, hub }, signal);
}

for (const withoutRanges of [false, true]) {
  test(`a piece of a file, of a server ${withoutRanges ? "without" : "with"} ranges`, async () => {
    server.withoutRanges = withoutRanges;
    for (const [from, to] of [
      [0, 10],
      [70_000, 150_000],
      [199_990, 300_000],
    ] as const) {
      const { bytes, size } = await read(from, to);
      assert.ok(bytes.equals(content.subarray(from, to)), `${from} to ${to}`);
      assert.equal(size, content.length);
    }
  });
}

test("a piece after the end is refused", async () => {
  server.withoutRanges = false;
  await assert.rejects(read(content.length, content.length + 1), DownloadError);
});
