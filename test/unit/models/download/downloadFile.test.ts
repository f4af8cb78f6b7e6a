// A file's download from a server that misbehaves: whatever happens, the file is whole in the end, or there is a clear failure.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, suite, test } from "node:test";

import { downloadFile, type FileProgress } from "../../../../server/models/download/downloadFile.ts";
import { type FailureKind, DownloadError } from "../../../../server/models/download/failures.ts";
import { fileAddress, openHub } from "../../../../server/models/download/hub.ts";
import { type Network, openNetwork } from "../../../../server/models/download/network.ts";
import type { DownloadedFile } from "../../../../src/shared/downloads.ts";
import fc from "../../../support/fastCheck.ts";
import { HubServer, status } from "../../../support/hubServer.ts";

const repository = "tiiuae/Falcon-Test-GGUF";
const file = "falcon-test-Q4_0.gguf";
const content = randomBytes(300_000);

let server: HubServer;
let network: Network;
let folder: string;
before(async () => {
  [server, network] = [await HubServer.start(), await openNetwork()];
});
after(async () => {
  await network.close();
  await server.stop();
});

interface Run {
  readonly result: DownloadedFile;
  readonly waits: readonly number[];
  readonly progress: readonly FileProgress[];
}

/** Downloads the file into the folder. No time passes while it waits. */
async function download({
  token,
  signal = new AbortController().signal,
  onProgress = () => undefined,
}: {
  token?: string;
  signal?: AbortSignal;
  onProgress?: (progress: FileProgress) => unknown;
} = {}): Promise<Run> {
  const waits: number[] = [];
  const progress: FileProgress[] = [];
  const hub = openHub({ hub: server.endpoint }, () => Promise.resolve(token));
  const result = await downloadFile(
    { url: fileAddress(hub, repository, file), target: path.join(folder, file) },
    {
      access: { network, hub },
      wait: (milliseconds) => {
        waits.push(milliseconds);
        return Promise.resolve();
      },
      onProgress: (each) => {
        progress.push(each);
        onProgress(each);
      },
    },
    signal,
  );
  return { result, waits, progress };
}

async function failureOf(run: Promise<unknown>): Promise<DownloadError> {
  return run.then(
    () => assert.fail("it did not fail"),
    (error: unknown) => {
      if (error instanceof DownloadError) return error;
      throw error;
    },
  );
}

function rangesSeen(): (string | undefined)[] {
  return server.requests.filter((each) => each.server === "store").map(({ headers }) => headers.range);
}

/** The file is there with its content, and nothing else. */
function assertWhole(): void {
  assert.deepEqual(fs.readdirSync(folder), [file]);
  assert.ok(fs.readFileSync(path.join(folder, file)).equals(content));
}

suite("download of a file", () => {
  before(() => server.put(repository, file, content));
  afterEach(() => {
    fs.rmSync(folder, { recursive: true, force: true });
    server.behave();
    server.put(repository, file, content);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-download-"));
  });
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-download-"));

  test("is compared with the hub's hash", async () => {
    const { result, progress } = await download();
    assert.deepEqual(result, { path: path.join(folder, file), size: content.length, verified: true });
    assert.deepEqual(progress.at(-1), { state: "downloading", received: content.length, size: content.length });
    assertWhole();
  });

  test("without a hash of the hub says so", async () => {
    server.withoutHash = true;
    assert.equal((await download()).result.verified, false);
    assertWhole();
  });

  test("cut at 200 places goes on from each, with a fresh address", async () => {
    const places = fc.sample(fc.integer({ min: 0, max: content.length - 1 }), 200);
    for (const place of places) {
      server.cuts = [place];
      await download({ onProgress: ({ received }) => received === place && server.cut() });
      assertWhole();
      assert.deepEqual(rangesSeen(), [undefined, place === 0 ? undefined : `bytes=${place}-`], `cut at ${place}`);
      fs.rmSync(path.join(folder, file));
      server.requests.length = 0;
    }
  });

  test("of a server that gives 503 is tried again, each time later", async () => {
    server.hubFaults.push(status(503), status(502), status(500));
    assert.deepEqual((await download()).waits, [1000, 2000, 4000]);
    assertWhole();
  });

  const refusals: [FailureKind, number, Record<string, string>][] = [
    ["notFound", 404, {}],
    ["tokenMissing", 401, {}],
    ["gated", 401, { "x-error-code": "GatedRepo" }],
    ["forbidden", 403, {}],
    ["badAnswer", 400, {}],
  ];
  for (const [kind, code, headers] of refusals) {
    test(`answered by ${code} ${JSON.stringify(headers)} fails as ${kind}`, async () => {
      server.hubFaults.push(status(code, headers));
      assert.equal((await failureOf(download())).kind, kind);
    });
  }
});
