// A file's download from a server that misbehaves: whatever happens, the file is whole in the end, or there is a clear failure.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, suite, test } from "node:test";

import type { FailureKind } from "../../../../server/models/download/failures.ts";
import type { Network } from "../../../../server/network.ts";
import { download, type Downloaded, failureOf, file, openLoopback, repository } from "../../../support/downloads.ts";
import type { TestDownload } from "../../../support/downloads.ts";
import fc from "../../../support/fastCheck.ts";
import { type Fault, HubServer, sha256, status } from "../../../support/hubServer.ts";

const content = Buffer.concat([Buffer.from("GGUF"), randomBytes(300_000)]);
/** Of the same size, which tells nothing. */
const other = Buffer.concat([Buffer.from("GGUF"), randomBytes(300_000)]);

let server: HubServer;
let network: Network;
let folder: string;
before(async () => {
  [server, network] = [await HubServer.start(), await openLoopback()];
});
after(async () => {
  await network.close();
  await server.stop();
});
beforeEach(() => {
  server.behave();
  server.put(repository, file, content);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-download-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function run(options: Partial<TestDownload> = {}): Promise<Downloaded> {
  return download({ endpoint: server.endpoint, network, folder, ...options });
}

/** Downloads with the connection cut at a byte, once what comes before it is received. */
function runCut(place: number): Promise<Downloaded> {
  server.cuts = [place];
  return run({ onProgress: ({ received }) => received === place && server.cut() });
}

/** Leaves the first bytes in the folder, as a download that was stopped. */
async function leavePart(bytes: number): Promise<void> {
  server.cuts = [bytes];
  const controller = new AbortController();
  const onProgress = ({ received }: { received: number }) => received === bytes && controller.abort();
  await assert.rejects(run({ signal: controller.signal, onProgress }), { name: "AbortError" });
  server.cut();
  server.requests.length = 0;
}

function rangesSeen(): (string | undefined)[] {
  return server.requests.filter((each) => each.server === "store").map(({ headers }) => headers.range);
}

/** The file is there with its content, and nothing else. */
function assertWhole(expected = content): void {
  assert.deepEqual(fs.readdirSync(folder), [file]);
  assert.ok(fs.readFileSync(path.join(folder, file)).equals(expected));
}

suite("a download goes well", () => {
  test("compared with the hub's hash", async () => {
    const { result, progress } = await run();
    assert.deepEqual(result, { path: path.join(folder, file), size: content.length, verified: true });
    assert.deepEqual(progress.at(-1), { state: "downloading", received: content.length, size: content.length });
    assertWhole();
  });

  test("without a hash of the hub, which is said", async () => {
    server.withoutHash = true;
    assert.equal((await run()).result.verified, false);
    assertWhole();
  });

  test("compared with a hash that the caller knows", async () => {
    server.withoutHash = true;
    assert.equal((await run({ hash: { algorithm: "sha256", hex: sha256(content) } })).result.verified, true);
  });

  test("from a server that tells no length, no range and no version", async () => {
    server.withoutLength = server.withoutRanges = server.withoutEtag = true;
    await run();
    assertWhole();
  });

  test("for a file that is there already nothing is asked", async () => {
    await run();
    server.requests.length = 0;
    assert.deepEqual((await run()).result, { path: path.join(folder, file), size: content.length });
    assert.deepEqual(server.requests, []);
  });
});

suite("a download is interrupted", () => {
  test("cut at 200 places, it goes on from each with a fresh address", async () => {
    for (const place of fc.sample(fc.integer({ min: 0, max: content.length - 1 }), 200)) {
      await runCut(place);
      assertWhole();
      assert.deepEqual(rangesSeen(), [undefined, place === 0 ? undefined : `bytes=${place}-`], `cut at ${place}`);
      fs.rmSync(path.join(folder, file));
      server.requests.length = 0;
    }
  });

  test("stopped, it goes on later, and what is there is checked first", async () => {
    await leavePart(123_456);
    const { progress } = await run();
    assert.equal(progress[0]?.state, "checking");
    assert.deepEqual(rangesSeen(), ["bytes=123456-"]);
    assertWhole();
  });

  test("a part that was damaged on the disk is found by the hash, and the next download begins anew", async () => {
    await leavePart(100_000);
    const part = path.join(folder, `${file}.part`);
    const bytes = fs.readFileSync(part);
    bytes[50_000] = (bytes[50_000] ?? 0) ^ 1;
    fs.writeFileSync(part, bytes);
    assert.equal((await failureOf(run())).kind, "wrongHash");
    assert.deepEqual(fs.readdirSync(folder), []);
    await run();
    assertWhole();
  });

  test("a part of which nothing is known is not gone on with", async () => {
    for (const state of ["", "{", "[]", '{"url":5}', undefined]) {
      fs.writeFileSync(path.join(folder, `${file}.part`), randomBytes(1000));
      if (state !== undefined) fs.writeFileSync(path.join(folder, `${file}.part.json`), state);
      await run();
      assertWhole();
      fs.rmSync(path.join(folder, file));
    }
  });

  test("by a server without ranges, it begins anew", async () => {
    await leavePart(100_000);
    server.withoutRanges = true;
    await run();
    assertWhole();
  });

  test("by a server without ranges that always cuts, it ends", async () => {
    server.withoutRanges = true;
    server.cuts = Array.from({ length: 100 }, () => 1000);
    const failure = await failureOf(run({ onProgress: ({ received }) => received === 1000 && server.cut() }));
    assert.equal(failure.kind, "connectionLost");
    assert.ok(server.cuts.length > 0);
  });

  const changes: [string, () => void][] = [
    ["told by its hash", () => undefined],
    ["told by its version", () => (server.withoutHash = true)],
    ["told by nothing", () => (server.withoutHash = server.withoutEtag = true)],
  ];
  for (const [how, prepare] of changes) {
    test(`a file that changed between two parts, ${how}, comes whole`, async () => {
      prepare();
      await leavePart(100_000);
      server.put(repository, file, other);
      await run();
      assertWhole(other);
    });
  }

  test("a file that became shorter than the part comes whole", async () => {
    await leavePart(250_000);
    const short = content.subarray(0, 1000);
    server.put(repository, file, short);
    await run();
    assertWhole(short);
  });
});

/** Answers of the store that bring other bytes than the hub names. */
const flipped: Fault = (_, response) => response.end(Buffer.from(content.map((byte) => byte ^ 1)));
const long: Fault = (_, response) => {
  response.write(content);
  response.end(content);
};

const page: Fault = (_, response) => {
  response.setHeader("content-type", "text/html");
  response.end("<!doctype html><p>Sign in to this network</p>");
};

suite("a page comes in place of the file", () => {
  for (const [known, at] of [
    ["hash", "hubFaults"],
    ["hash", "storeFaults"],
    ["size", "hubFaults"],
    ["size", "storeFaults"],
  ] as const) {
    test(`what was received is kept where its ${known} is known (${at})`, async () => {
      server.withoutHash = known === "size";
      await leavePart(270_000);
      server[at].push(page);
      assert.equal((await failureOf(run())).kind, "badAnswer");
      await run();
      assert.equal(rangesSeen().at(-1), "bytes=270000-");
      assertWhole();
    });
  }

  test("it does not become the file", async () => {
    server.hubFaults.push(page);
    assert.equal((await failureOf(run())).kind, "badAnswer");
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  test("a file that is there and is no model is told of, and stays", async () => {
    const place = path.join(folder, file);
    for (const text of ["", "<!doctype html>"]) {
      fs.writeFileSync(place, text);
      const failure = await failureOf(run());
      assert.equal(failure.kind, "badAnswer");
      assert.ok(failure.message.includes(place));
      assert.equal(fs.readFileSync(place, "utf8"), text);
    }
  });
});

suite("a server misbehaves", () => {
  test("503, 502, 500: it is asked again, each time later", async () => {
    server.hubFaults.push(status(503), status(502), status(500));
    assert.deepEqual((await run()).waits, [1000, 2000, 4000]);
    assertWhole();
  });

  test("503 for ever ends in a failure", async () => {
    server.hubFaults.push(...Array.from({ length: 20 }, () => status(503)));
    assert.equal((await failureOf(run())).kind, "serverFault");
  });

  test("429: it is asked again when it said, unless that is long", async () => {
    server.hubFaults.push(status(429, { "retry-after": "7" }));
    assert.deepEqual((await run()).waits, [7000]);
    fs.rmSync(path.join(folder, file));
    server.hubFaults.push(status(429, { "retry-after": "3600" }));
    const failure = await failureOf(run());
    assert.equal(failure.kind, "tooManyRequests");
    assert.match(failure.message, /3600 s/);
  });

  test("a signed address that has expired: a fresh one is asked for", async () => {
    server.storeFaults.push(status(403));
    await run();
    assert.equal(new Set(server.requests.map(({ url }) => url)).size, 3);
    assertWhole();
  });

  const refusals: [FailureKind, number, Record<string, string>][] = [
    ["notFound", 404, {}],
    ["notFound", 401, { "x-error-code": "RepoNotFound" }],
    ["tokenMissing", 401, {}],
    ["gated", 401, { "x-error-code": "GatedRepo" }],
    ["forbidden", 403, {}],
    ["badAnswer", 400, {}],
    ["proxyRefused", 407, {}],
  ];
  for (const [kind, code, headers] of refusals) {
    test(`${code} ${JSON.stringify(headers)} is told at once as ${kind}`, async () => {
      server.hubFaults.push(status(code, headers));
      assert.equal((await failureOf(run())).kind, kind);
      assert.equal(server.requests.length, 1);
    });
  }

  test("redirects without end, or to an address that is none", async () => {
    const loop = status(302, { location: "/" });
    server.hubFaults.push(...Array.from({ length: 20 }, () => loop));
    assert.equal((await failureOf(run())).kind, "badAnswer");
    for (const location of ["ftp://127.0.0.1/", "http://"]) {
      server.behave();
      server.hubFaults.push(status(302, { location }));
      assert.equal((await failureOf(run())).kind, "badAnswer");
    }
  });

  test("other bytes than the hub's hash names are deleted", async () => {
    server.storeFaults.push(flipped);
    assert.equal((await failureOf(run())).kind, "wrongHash");
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  test("a file of another hash than the caller expects is not downloaded", async () => {
    const failure = await failureOf(run({ hash: { algorithm: "sha256", hex: sha256(other) } }));
    assert.equal(failure.kind, "wrongHash");
    assert.deepEqual(
      fs.readdirSync(folder).filter((name) => name === file),
      [],
    );
  });

  test("more bytes than the hub names are deleted", async () => {
    server.withoutHash = true;
    server.storeFaults.push(long);
    assert.equal((await failureOf(run())).kind, "wrongSize");
    assert.deepEqual(fs.readdirSync(folder), []);
  });
});

suite("the access token", () => {
  test("is sent to the hub when it asks for it, and to no other host", async () => {
    server.token = "hf_secret";
    await run({ token: "hf_secret" });
    assertWhole();
    const sent = server.requests.map((each) => [each.server, each.headers.authorization]);
    assert.deepEqual(sent, [
      ["hub", undefined],
      ["hub", "Bearer hf_secret"],
      ["store", undefined],
    ]);
  });

  test("that has no right to the model, or is none", async () => {
    server.token = "hf_secret";
    assert.equal((await failureOf(run({ token: "hf_other" }))).kind, "gated");
    server.hubFaults.push(status(401), status(401));
    assert.equal((await failureOf(run({ token: "hf_other" }))).kind, "tokenRefused");
  });
});
