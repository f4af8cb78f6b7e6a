// Several language servers on one model process, with what is killed under them.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, afterEach, test } from "node:test";

import { reloadModelRequest } from "../../src/shared/methods.ts";
import { ask, outcomeOf, question } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { seededRandom } from "../support/mutations.ts";
import { childrenOf, isRunning, memoryOf, until } from "../support/processes.ts";
import { ServiceUnderTest } from "../support/serviceUnderTest.ts";
import { rounds } from "../support/soak.ts";

const service = new ServiceUnderTest();
process.env["FALCON_SERVICE_FOLDER"] = service.folder;
after(() => service.end());

let clients: LspClient[] = [];
afterEach(() => Promise.all(clients.map((client) => client.stop())));

async function start(count: number, model: Partial<(typeof quickSettings)["model"]> = {}): Promise<LspClient[]> {
  const settings = {
    ...quickSettings,
    model: { ...quickSettings.model, shared: true, ...model },
    chat: { maxTokens: 60, temperature: 0 },
  };
  clients = await Promise.all(Array.from({ length: count }, () => LspClient.withModel(modelFile("slow"), settings)));
  for (const client of clients) assert.equal(client.statuses.at(-1)?.state, "ready");
  return clients;
}

test("three servers have the memory of one model, and each its answers and its ghost text", async () => {
  const [first, ...others] = await start(3);
  assert.ok(first);
  const [model, ...more] = service.models;
  assert.ok(model !== undefined && more.length === 0);
  // One of the servers has started the service; none has a model process of its own.
  const children = clients.flatMap(({ child }) => childrenOf(child.pid));
  await until("who came second has ended", () => service.services.length === 1);
  assert.deepEqual(
    children.filter((pid) => isRunning(pid)),
    service.services,
  );
  await first.open("file:///a.ts", "let x = ");
  const [completion, ...answers] = await Promise.all([
    first.complete("file:///a.ts", 0, 8),
    ...[first, ...others].map((client) => ask(client, [question("Hello")])),
  ]);
  assert.equal(completion.length, 1);
  assert.deepEqual(
    answers.map(({ stopReason }) => stopReason),
    ["limit", "limit", "limit"],
  );
  assert.match(first.logs.join("\n"), /loaded Slow Falcon 7B/);
  const status = first.statuses.at(-1);
  const measured = memoryOf(model);
  assert.ok(status?.state === "ready" && status.metrics.memory !== undefined);
  assert.ok(status.metrics.memory > measured / 2 && status.metrics.memory < measured * 2);
});

test("what nobody uses leaves the memory when the last one has unloaded it, and comes back for all", async () => {
  const [first, second] = await start(2, { idleUnloadMinutes: 1 / 60 });
  assert.ok(first && second);
  await Promise.all(clients.map((client) => client.statusWhere((each) => each.state === "ready" && each.unloaded)));
  await until("the model is gone", () => service.models.length === 0);
  const answers = await Promise.all([first, second].map((client) => ask(client, [question("Hello")])));
  assert.deepEqual(
    answers.map(({ stopReason }) => stopReason),
    ["limit", "limit"],
  );
});

test("whatever is killed under load, each request has a result or one error, all recover, and nothing is left", async () => {
  await start(3);
  const random = seededRandom(5);
  for (const client of clients) await client.open("file:///a.ts", "let x = ");
  for (let round = 0; round < rounds(4, 50); round++) {
    const chats = clients.map((client, i) => outcomeOf(ask(client, [question(`${round} ${i}`)])));
    const completions = clients.map((client) => client.complete("file:///a.ts", 0, 8));
    await sleep(random(600));
    // At times there is none, or one that starts.
    for (const pid of random(2) === 0 ? service.services : service.models) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // A model process has ended with its service.
      }
    }
    for (const outcome of await Promise.all(chats)) {
      assert.ok(["limit", "end", "interrupted", "retry", "selectModel"].includes(outcome), outcome);
    }
    for (const completion of await Promise.all(completions)) assert.ok(Array.isArray(completion));
    // Else the file would be set aside.
    await Promise.all(clients.map((client) => client.connection.sendRequest(reloadModelRequest, {})));
    for (const client of clients) assert.equal(client.statuses.at(-1)?.state, "ready");
    // Of several that start at once, all but one end.
    await until("there is one of each", () => service.services.length === 1 && service.models.length === 1);
  }
  for (const client of clients) assert.equal((await ask(client, [question("Hello")])).stopReason, "limit");
});
