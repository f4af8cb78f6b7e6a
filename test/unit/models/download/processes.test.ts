// Several processes and one file: killed and continued, waited for, and followed when they die.

import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";

import { computer, lockFile } from "../../../../server/models/files/fileLock.ts";
import type { Network } from "../../../../server/network.ts";
import { download, file, letOthersRun, openLoopback, repository } from "../../../support/downloads.ts";
import fc from "../../../support/fastCheck.ts";
import { HubServer, status } from "../../../support/hubServer.ts";
import { until } from "../../../support/processes.ts";
import { rounds } from "../../../support/soak.ts";

const content = Buffer.concat([Buffer.from("GGUF"), randomBytes(5_000_000)]);
/** What a part's file has of the bytes that were received: whole buffers. */
const buffer = 2 ** 20;
const program = fileURLToPath(new URL("../../../support/downloadChild.ts", import.meta.url));
const { signal } = new AbortController();

let server: HubServer;
let network: Network;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-processes-"));
const target = path.join(folder, file);
before(async () => {
  [server, network] = [await HubServer.start(), await openLoopback()];
  server.put(repository, file, content);
});
after(async () => {
  await network.close();
  await server.stop();
  fs.rmSync(folder, { recursive: true });
});

function start(): ChildProcess {
  return fork(program, [server.endpoint, folder], { stdio: "inherit" });
}

/** Starts a process, and kills it when the store has stopped at the byte and what came before it is on the disk. */
async function startAndKill(place: number): Promise<void> {
  server.cuts = [place];
  const child = start();
  const expected = Math.floor(place / buffer) * buffer;
  await until("the bytes are on the disk", () => sizeOf(`${target}.part`) === expected && server.cuts.length === 0);
  child.kill("SIGKILL");
  await once(child, "exit");
}

function sizeOf(path: string): number {
  return fs.statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

function assertWhole(): void {
  assert.deepEqual(fs.readdirSync(folder), [file]);
  assert.ok(fs.readFileSync(target).equals(content));
  fs.rmSync(target);
  server.behave();
}

test("what a killed process has received is gone on with", async () => {
  for (const place of fc.sample(fc.integer({ min: buffer, max: content.length - 1 }), rounds(4, 200))) {
    await startAndKill(place);
    server.requests.length = 0;
    await download({ endpoint: server.endpoint, network, folder });
    const ranges = server.requests.filter((each) => each.server === "store").map(({ headers }) => headers.range);
    assert.deepEqual(ranges, [`bytes=${Math.floor(place / buffer) * buffer}-`]);
    assertWhole();
  }
});

test("of two processes that want one file, one downloads it", async () => {
  server.cuts = [2_000_000];
  const [one, two] = [start(), start()];
  const states: string[] = [];
  for (const child of [one, two]) child.on("message", (state) => states.push(state as string));
  const codes = [one, two].map(async (child) => (await once(child, "exit"))[0] as number);
  await until("one waits for the other", () => states.includes("waiting") && states.includes("downloading"));
  server.cut();
  assert.deepEqual(await Promise.all(codes), [0, 0]);
  const asked = server.requests.filter((each) => each.server === "store").map(({ headers }) => headers.range);
  assert.equal(asked.length, 2, "from the beginning, and from where it was cut");
  assert.equal(asked.filter((range) => range === undefined).length, 1);
  assertWhole();
});

test("a process that dies is followed by the one that waits", async () => {
  server.cuts = [2_000_000];
  const first = start();
  await until("the first downloads", () => sizeOf(`${target}.part`) > 0);
  const second = start();
  await once(second, "message");
  first.kill("SIGKILL");
  const [code] = (await once(second, "exit")) as [number];
  assert.equal(code, 0);
  assertWhole();
});

test("an owner on another computer counts as dead when it gives no sign for long", async () => {
  const lock = `${target}.lock`;
  const foreign = JSON.stringify({ id: "1", pid: 1, computer: "another" });
  fs.writeFileSync(lock, foreign);
  let looks = 0;
  const onWaiting = () => {
    looks++;
    // Signs of life at first.
    if (looks <= 300) fs.utimesSync(lock, looks, looks);
    return Promise.resolve(false);
  };
  const taken = await lockFile(target, { wait: letOthersRun, onWaiting }, signal);
  assert.ok(taken && looks > 300 + 100);
  assert.equal(fs.readFileSync(lock, "utf8").includes('"another"'), false);
  await taken.release();
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("of many that find a dead owner's lock, one at a time gets it", async () => {
  const dead = fork(program, ["http://127.0.0.1:1", folder], { stdio: "ignore" });
  await once(dead, "exit");
  fs.writeFileSync(`${target}.lock`, JSON.stringify({ id: "1", pid: dead.pid, computer }));
  let [owners, most, total] = [0, 0, 0];
  const work = async () => {
    const lock = await lockFile(target, { wait: letOthersRun, onWaiting: () => Promise.resolve(false) }, signal);
    most = Math.max(most, ++owners);
    total++;
    await letOthersRun();
    owners--;
    await lock?.release();
  };
  await Promise.all(Array.from({ length: 20 }, work));
  assert.deepEqual([most, total], [1, 20]);
  assert.deepEqual(fs.readdirSync(folder), []);
});

const neverDone = () => Promise.resolve(false);

test("a lock whose owner cannot be seen from here is waited for, though it has this computer's name", async () => {
  const dead = fork(program, ["http://127.0.0.1:1", folder], { stdio: "ignore" });
  await once(dead, "exit");
  // As in another container, or in Windows around this Linux.
  for (const foreign of [os.hostname(), `${computer}1`]) {
    fs.writeFileSync(`${target}.lock`, JSON.stringify({ id: "1", pid: dead.pid, computer: foreign }));
    let looks = 0;
    const onWaiting = () => Promise.resolve(++looks === 3);
    assert.equal(await lockFile(target, { wait: letOthersRun, onWaiting }, signal), undefined);
    fs.rmSync(`${target}.lock`);
  }
});

test("a lock that leads nowhere is waited for, until one waits no more", { timeout: 60_000 }, async () => {
  fs.symlinkSync(path.join(folder, "nowhere"), `${target}.lock`);
  const controller = new AbortController();
  let looks = 0;
  const wait = async (milliseconds: number, signal: AbortSignal) => {
    assert.ok(milliseconds > 0);
    if (++looks === 3) controller.abort();
    await letOthersRun();
    signal.throwIfAborted();
  };
  await assert.rejects(lockFile(target, { wait, onWaiting: neverDone }, controller.signal), { name: "AbortError" });
  fs.rmSync(`${target}.lock`);
});

test("who takes a dead owner's lock away leaves the one that came meanwhile", async (t) => {
  const lock = `${target}.lock`;
  const content = (id: string) => JSON.stringify({ id, pid: process.pid, computer });
  const rename = fs.promises.rename.bind(fs.promises);
  fs.writeFileSync(lock, JSON.stringify({ id: "dead", pid: 1, computer: "another" }));
  let isFirst = true;
  t.mock.method(fs.promises, "rename", async (from: string, to: string) => {
    if (!isFirst) return rename(from, to);
    isFirst = false;
    // A second process has been faster, and a third one finds no lock.
    fs.writeFileSync(lock, content("second"));
    await rename(from, to);
    fs.writeFileSync(lock, content("third"));
  });
  const onWaiting = () => Promise.resolve(!isFirst);
  assert.equal(await lockFile(target, { wait: letOthersRun, onWaiting }, signal), undefined);
  assert.equal(fs.readFileSync(lock, "utf8"), content("third"));
  assert.deepEqual(fs.readdirSync(folder), [path.basename(lock)]);
  fs.rmSync(lock);
});

const another = JSON.stringify({ id: "1", pid: process.pid, computer });

test("who loses the lock before anything came leaves the part to the one who has it", async () => {
  server.hubFaults.push(status(503));
  const controller = new AbortController();
  const wait = async () => {
    fs.writeFileSync(`${target}.lock`, another);
    fs.writeFileSync(`${target}.part`, "theirs");
    controller.abort();
    await letOthersRun();
    controller.signal.throwIfAborted();
  };
  await assert.rejects(download({ endpoint: server.endpoint, network, folder, wait, signal: controller.signal }), {
    name: "AbortError",
  });
  assert.deepEqual(fs.readdirSync(folder).sort(), [`${file}.lock`, `${file}.part`]);
  assert.equal(fs.readFileSync(`${target}.part`, "utf8"), "theirs");
  for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name));
  server.behave();
});

test("who loses the lock with the last byte does not rename the part of the one who has it", async () => {
  let isTaken = false;
  await download({
    endpoint: server.endpoint,
    network,
    folder,
    onProgress({ received }) {
      if (received < content.length || isTaken) return;
      isTaken = true;
      fs.writeFileSync(`${target}.lock`, another);
    },
    async wait() {
      assert.deepEqual(
        fs.readdirSync(folder).sort(),
        ["lock", "part", "part.json"].map((end) => `${file}.${end}`),
      );
      fs.rmSync(`${target}.lock`);
      await letOthersRun();
    },
  });
  assert.ok(isTaken);
  assertWhole();
});
