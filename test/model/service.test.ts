// One service for a user, whoever starts it and whatever is killed, and for nobody else.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, test } from "node:test";

import { Claims, type Contact } from "../../server/engine/shared/claims.ts";
import { seededRandom } from "../support/mutations.ts";
import { until } from "../support/processes.ts";
import { ServiceUnderTest } from "../support/serviceUnderTest.ts";
import { rounds } from "../support/soak.ts";

let service: ServiceUnderTest;
beforeEach(() => {
  service = new ServiceUnderTest();
});
afterEach(() => service.end());

async function contactOf({ location }: ServiceUnderTest): Promise<Contact> {
  const contact = (await location.claims.newest())?.contact;
  assert.ok(contact);
  return contact;
}

/** What a service answers before it closes the connection, when each of the pieces is sent after the answer to the one before. */
async function answerTo(address: string, ...pieces: string[]): Promise<string> {
  const socket = net.connect(address);
  let answer = "";
  const sendNext = () => {
    const [next] = pieces.splice(0, 1);
    if (next !== undefined) socket.write(next);
  };
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
    sendNext();
  });
  socket.on("error", () => undefined);
  sendNext();
  await once(socket, "close");
  return answer;
}

test("two that start together are one, again and again", async () => {
  for (let round = 0; round < 20; round++) {
    const opened = await Promise.all([service.open(), service.open()]);
    const [pid, ...more] = new Set(opened.map((each) => each.pid));
    assert.ok(pid !== undefined && more.length === 0);
    await until("the other one has ended", () => service.services.length === 1);
    for (const { close } of opened) close();
    // Its claim and its socket stay, and the next two meet them.
    process.kill(pid, "SIGKILL");
    await until("it is gone", () => service.services.length === 0);
  }
  const left = fs.readdirSync(service.folder).filter((name) => !name.endsWith(".tmp"));
  // One that was killed before it had deleted anything leaves a claim and a socket more.
  assert.ok(left.length <= 4, `what the dead ones left is deleted: ${left.join(", ")}`);
});

test("whichever is killed while they start, all clients come to one service", async () => {
  const random = seededRandom(7);
  for (let round = 0; round < rounds(5, 50); round++) {
    const opening = Promise.all([service.open(), service.open(), service.open()]);
    for (let kills = 0; kills < 2; kills++) {
      await sleep(random(120));
      for (const pid of service.services) if (random(2) === 0) process.kill(pid, "SIGKILL");
    }
    for (const { close } of await opening) close();
    // Who came before the last kill was served by the one before it.
    const opened = await Promise.all([service.open(), service.open(), service.open()]);
    assert.equal(new Set(opened.map(({ pid }) => pid)).size, 1);
    for (const { close } of opened) close();
    await until("there is one", () => service.services.length === 1);
  }
});

test("who does not begin with the token is not answered, and disturbs nobody", async () => {
  const client = service.client();
  await client.load("falcon7b");
  const { address, token } = await contactOf(service);
  const ping = `Content-Length: 42\r\n\r\n{"jsonrpc":"2.0","id":0,"method":"ping"}  `;
  assert.equal(await answerTo(address, "0".repeat(64) + ping), "");
  assert.equal(await answerTo(address, ping), "");
  assert.match(await answerTo(address, token + ping, "Content-Length: 3\r\n\r\n{{{"), /"memory"/);
  assert.equal((await client.generate()).stopReason, "limit");
  assert.deepEqual(client.deaths, []);
});

test("only its user can reach it: the folder, the claim and the socket are private", async () => {
  const { close } = await service.open();
  close();
  const { address } = await contactOf(service);
  const modes = fs.readdirSync(service.folder).map((name) => {
    const stats = fs.statSync(`${service.folder}/${name}`);
    return stats.isFile() ? stats.mode & 0o777 : undefined;
  });
  assert.deepEqual(new Set(modes), new Set([0o600, undefined]));
  assert.ok(address.startsWith(`${service.folder}/`));

  for (const mode of [0o750, 0o701]) {
    fs.chmodSync(service.folder, mode);
    await assert.rejects(service.open(), /other users may look into/);
  }
  fs.chmodSync(service.folder, 0o700);
  const { folder } = service;
  const another = process.getuid?.() === 0 ? folder : "/";
  if (another === folder) fs.chownSync(folder, 12_345, 12_345);
  await assert.rejects(service.open({ claims: new Claims(another, "1") }), /belongs to another user/);
  if (another === folder) fs.chownSync(folder, 0, 0);
});

test("a path that has no room for a socket is said, and no service is left", async () => {
  const long = `${service.folder}/${"long".repeat(30)}`;
  await assert.rejects(service.open({ claims: new Claims(long, "1") }), /too long for a socket/);
  assert.deepEqual(service.services, []);
});

test("versions that differ do not meet", async () => {
  const own = await service.open();
  const other = await service.open({ claims: new Claims(service.folder, "1-2") });
  assert.notEqual(own.pid, other.pid);
  assert.equal((await service.open()).pid, own.pid);
});

test("a claim that says nothing, and a socket at which nobody listens, are followed by a service", async () => {
  fs.writeFileSync(`${service.folder}/1-7.json`, "{", { mode: 0o600 });
  const first = await service.open();
  first.close();
  assert.equal((await service.location.claims.newest())?.number, 8);
  process.kill(first.pid, "SIGKILL");
  await until("it is gone", () => service.services.length === 0);
  const { address } = await contactOf(service);
  assert.ok(fs.existsSync(address));
  assert.notEqual((await service.open()).pid, first.pid);
  await until("the dead one's socket is deleted", () => !fs.existsSync(address));
});

test("a service that hangs is killed by who waits for it, and by who comes to it", async () => {
  const waiting = service.client({ heartbeat: { interval: 200, patience: 25, longestStep: 60_000 } });
  await waiting.load("falcon7b");
  for (const come of [
    () => until("it is said", () => waiting.deaths.length === 1),
    () => service.open({ patience: 5000 }),
  ]) {
    const [hanging] = service.services;
    assert.ok(hanging !== undefined);
    process.kill(hanging, "SIGSTOP");
    await come();
    await until("it is killed", () => !service.services.includes(hanging));
    (await service.open()).close();
  }
});

test("it ends when its last client has been gone for a while, and not before", async () => {
  const location = { idleTime: 300 };
  const [one, two] = [await service.open(location), await service.open(location)];
  one.close();
  await sleep(1000);
  assert.equal(service.services.length, 1);
  two.close();
  await until("it has ended", () => service.services.length === 0);
  assert.equal(fs.readdirSync(service.folder).filter((name) => name.endsWith(".sock")).length, 0);
  assert.ok((await service.open(location)).pid !== one.pid);
});
