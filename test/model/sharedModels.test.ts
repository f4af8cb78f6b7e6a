// Several clients on one model: a real service with real model processes.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { memoryOf, until } from "../support/processes.ts";
import { ServiceUnderTest } from "../support/serviceUnderTest.ts";

let service: ServiceUnderTest;
beforeEach(() => {
  service = new ServiceUnderTest();
});
afterEach(() => service.end());

test("three clients that come at once have one service, one model process, and each what it asks for", async () => {
  const clients = [service.client(), service.client(), service.client()];
  const progress: number[][] = [[], [], []];
  await Promise.all(clients.map((client, i) => client.load("falcon7b", {}, (fraction) => progress[i]?.push(fraction))));
  assert.equal(service.services.length, 1);
  const [model, ...more] = service.models;
  assert.ok(model !== undefined && more.length === 0, `${more.length} more model processes`);
  assert.ok(progress.every((fractions) => fractions.length > 0));

  const prompts = ["let x = ", "let y = ", "for (const boat of "];
  const texts = await Promise.all(clients.map((client, i) => client.generate({ prompt: [prompts[i] ?? ""] })));
  const alone = service.client();
  await alone.load("falcon7b");
  for (const [i, prompt] of prompts.entries()) {
    assert.equal(texts[i]?.text, (await alone.generate({ prompt: [prompt] })).text);
  }
  const { host } = alone;
  const measured = memoryOf(model);
  assert.ok(host.memory !== undefined && host.memory > measured / 2 && host.memory < measured * 2);

  for (const { host } of clients) await host.dispose();
  assert.deepEqual(service.models, [model], "one client still holds it");
  await host.dispose();
  assert.deepEqual(service.models, []);
});

test("a text streams to the client that asked, and its abort ends no other's request", async () => {
  const [one, two] = [service.client(), service.client()];
  await Promise.all([one.load("slow"), two.load("slow")]);
  const pieces = { one: "", two: "" };
  const controller = new AbortController();
  const first = one.generate({ maxTokens: 1500 }, (text) => (pieces.one += text), controller.signal);
  const second = two.generate({ maxTokens: 60, prompt: ["let y = "] }, (text) => (pieces.two += text));
  await until("both write", () => pieces.one !== "" && pieces.two !== "");
  controller.abort();
  const [aborted, whole] = await Promise.all([first, second]);
  assert.deepEqual([aborted.stopReason, whole.stopReason], ["aborted", "limit"]);
  assert.deepEqual([aborted.text, whole.text], [pieces.one, pieces.two]);
});

test("two models stand side by side; a third takes the place of the one that was used the longest ago", async () => {
  const [one, two, three, other] = [service.client(), service.client(), service.client(), service.client()];
  await Promise.all([one.load("falcon7b"), two.load("falcon40b"), other.load("falcon7b")]);
  assert.equal(service.models.length, 2);
  await Promise.all([one.generate(), other.generate()]);
  await two.generate();
  await three.load("slow");
  await until("there are two again", () => service.models.length === 2);
  assert.deepEqual([one.unloaded, two.unloaded, other.unloaded, three.unloaded], [1, 0, 1, 0]);
  assert.deepEqual([one.deaths, other.deaths], [[], []], "nothing has died");
  await three.generate({ maxTokens: 10 });
  assert.equal((await two.generate()).stopReason, "limit");
  await assert.rejects(one.generate(), { failure: "unloaded" });
  await one.load("falcon7b");
  assert.deepEqual([two.unloaded, three.unloaded], [0, 1], "that which was used last stays");
  assert.equal((await one.generate()).stopReason, "limit");
});

test("a model that is in use never gives way: a third waits until another's request has ended", async () => {
  const [one, two, three] = [service.client(), service.client(), service.client()];
  await Promise.all([one.load("slow"), two.load("slow", { contextSize: 1024 })]);
  const events: string[] = [];
  const stops = [new AbortController(), new AbortController()];
  const running = [one, two].map(async (client, i) => {
    const { stopReason } = await client.generate({ maxTokens: 900 }, undefined, stops[i]?.signal);
    events.push(`${i} ${stopReason}`);
  });
  const loading = three.load("falcon40b").then(() => events.push("loaded"));
  await until("the load waits and its client is told so", () => three.notes.length > 0);
  stops[1]?.abort();
  await loading;
  stops[0]?.abort();
  await Promise.all(running);
  // A text may come to its end before it is aborted, but its model never loses its place before that.
  const gaveWay = [one, two].findIndex(({ unloaded }) => unloaded === 1);
  const end = events.findIndex((event) => event.startsWith(`${gaveWay} `));
  assert.ok(end >= 0 && events.indexOf("loaded") > end, events.join(", "));
  assert.deepEqual(three.notes, ["Waits for a model that another window is using", undefined]);
});

test("a model process that is killed is recovered once for all", async () => {
  const clients = [service.client(), service.client(), service.client()];
  await Promise.all(clients.map((client) => client.load("slow")));
  const [killed] = service.models;
  assert.ok(killed !== undefined);
  const running = clients.map((client) => client.generate({ maxTokens: 1500 }));
  const outcomes = Promise.allSettled(running);
  process.kill(killed, "SIGKILL");
  for (const outcome of await outcomes) {
    assert.ok(outcome.status === "rejected" && (outcome.reason as { failure?: string }).failure === "died");
  }
  await until("all are told", () => clients.every(({ deaths }) => deaths.length === 1));
  assert.deepEqual(new Set(clients.flatMap(({ deaths }) => deaths)), new Set(["SIGKILL"]));
  await Promise.all(clients.map((client) => client.load("slow")));
  assert.equal(service.models.length, 1);
  for (const client of clients) assert.equal((await client.generate()).stopReason, "limit");
});

test("a load that fails says so to all who wait for it, and the next one succeeds", async () => {
  const [one, two] = [service.client(), service.client()];
  const broken = path.join(service.folder, "broken.gguf");
  fs.writeFileSync(broken, "no model");
  const outcomes = await Promise.allSettled([one, two].map((client) => client.load("falcon7b", { path: broken })));
  for (const outcome of outcomes) {
    assert.ok(outcome.status === "rejected" && (outcome.reason as { failure?: string }).failure === "loadFailed");
  }
  assert.deepEqual(service.models, []);
  await Promise.all([one.load("falcon7b"), two.load("falcon7b")]);
  assert.equal(service.models.length, 1);
});

test("a service that is killed is followed by one, for all its clients", async () => {
  const clients = [service.client(), service.client(), service.client()];
  await Promise.all(clients.map((client) => client.load("slow")));
  const [pid] = service.services;
  assert.ok(pid !== undefined);
  const outcomes = Promise.allSettled(clients.map((client) => client.generate({ maxTokens: 1500 })));
  process.kill(pid, "SIGKILL");
  for (const outcome of await outcomes) {
    assert.ok(outcome.status === "rejected" && (outcome.reason as { failure?: string }).failure === "died");
  }
  await Promise.all(clients.map((client) => client.load("slow")));
  assert.deepEqual([service.services.length, service.models.length], [1, 1]);
  assert.notDeepEqual(service.services, [pid]);
  for (const client of clients) assert.equal((await client.generate()).stopReason, "limit");
  assert.ok(clients.every(({ deaths }) => deaths.length === 1));
});

test("a client that asks for much keeps no other waiting: its turn comes before the rest of it", async () => {
  const [busy, other] = [service.client(), service.client()];
  await Promise.all([busy.load("slow"), other.load("slow")]);
  const ended: string[] = [];
  const ask = async (client: typeof busy, name: string) => {
    await client.generate({ maxTokens: 10, prompt: [`${name}: let x = `] });
    ended.push(name);
  };
  // More than there are sequences.
  const many = Array.from({ length: 100 }, (_, i) => ask(busy, `busy ${i}`));
  await Promise.race(many);
  await ask(other, "other");
  await Promise.all(many);
  const place = ended.indexOf("other");
  // Those that ran already, and those that took a place with it.
  assert.ok(place < 50, `${place} of ${ended.length} ended before`);
});
