// Several models on one machine take turns to load.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";

import { EngineError, type LoadRequest, type Model, type ModelHost } from "../../../../server/engine/engine.ts";
import { LoadingTurns } from "../../../../server/models/session/loadInTurn.ts";

/** A host whose loads and ends take until they are told, with what happened in order. */
class ToldHost implements ModelHost {
  readonly memory = 7;
  readonly events: string[];
  readonly name: string;
  loading = Promise.withResolvers<void>();
  leaving = Promise.withResolvers<void>();

  constructor(name: string, events: string[]) {
    this.loading.promise.catch(() => undefined);
    this.name = name;
    this.events = events;
  }

  async load(): Promise<Model> {
    this.events.push(`${this.name} loads`);
    await this.loading.promise;
    this.events.push(`${this.name} is loaded`);
    return {} as Model;
  }

  async dispose(): Promise<void> {
    this.loading.reject(new EngineError("died", "disposed"));
    await this.leaving.promise;
    this.events.push(`${this.name} is gone`);
  }
}

function setUp() {
  const events: string[] = [];
  const turns = new LoadingTurns();
  const own = { a: new ToldHost("a", events), b: new ToldHost("b", events) };
  return { events, own, a: turns.join(own.a), b: turns.join(own.b) };
}

const load = (host: ModelHost) => host.load({} as LoadRequest, () => undefined);

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await nextTurn();
}

test("one loads after the other, also after one that fails", async () => {
  const { events, own, a, b } = setUp();
  const loads = [load(a), load(b)];
  await settle();
  assert.deepEqual(events, ["a loads"]);
  own.a.loading.reject(new EngineError("outOfMemory", "too large"));
  await assert.rejects(loads[0] ?? Promise.resolve(), { failure: "outOfMemory" });
  await settle();
  own.b.loading.resolve();
  await loads[1];
  assert.deepEqual(events, ["a loads", "b loads", "b is loaded"]);
  assert.equal(b.memory, 7);
});

test("none loads before those that leave are gone, even where one cannot be ended", async () => {
  const { events, own, a, b } = setUp();
  const disposed = assert.rejects(a.dispose(), { failure: "notEnded" });
  const loaded = load(b);
  await settle();
  assert.deepEqual(events, []);
  own.a.leaving.reject(new EngineError("notEnded", "1"));
  await disposed;
  own.b.loading.resolve();
  await loaded;
  assert.deepEqual(events, ["b loads", "b is loaded"]);
});

test("one that is disposed of while it waits for its turn does not load", async () => {
  const { events, own, a, b } = setUp();
  own.b.leaving.resolve();
  const loads = [load(a), load(b)];
  await settle();
  await b.dispose();
  own.a.loading.resolve();
  await loads[0];
  await assert.rejects(loads[1] ?? Promise.resolve(), { failure: "died" });
  assert.ok(!events.includes("b loads"));
});
