// Whether language servers share their models: what the settings say, and where no service can be had.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, beforeEach, suite, test } from "node:test";
import { fileURLToPath } from "node:url";

import { settingsChanged } from "../../src/shared/methods.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { ask, question } from "../support/asking.ts";
import { LspClient, quickSettings, serverModule } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { childrenOf, until } from "../support/processes.ts";
import { ServiceUnderTest } from "../support/serviceUnderTest.ts";

const folder = fs.mkdtempSync(join(os.tmpdir(), "falcon-sharing-"));
after(() => fs.rmSync(folder, { recursive: true }));

let service: ServiceUnderTest;
let clients: LspClient[] = [];
beforeEach(() => {
  service = new ServiceUnderTest();
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.stop()));
  clients = [];
  await service.end();
});

type ModelSettings = ServerSettings["model"];

function settingsOf(model: Partial<ModelSettings>): ServerSettings {
  return { ...quickSettings, model: { ...quickSettings.model, path: modelFile("falcon7b"), shared: true, ...model } };
}

/** Starts a server, and waits until its model is loaded. */
async function start(settings: object, options: { readonly module?: string; readonly folder?: string } = {}) {
  const client = LspClient.spawn({
    ...(options.module !== undefined && { module: options.module }),
    env: { FALCON_SERVICE_FOLDER: options.folder ?? service.folder },
  });
  clients.push(client);
  const initialize = { processId: process.pid, rootUri: null, workspaceFolders: null, capabilities: {} };
  const initializationOptions = { settings, load: ["completion", "chat"] };
  await client.connection.sendRequest("initialize", { ...initialize, initializationOptions });
  await untilReady(client);
  return client;
}

async function untilReady(client: LspClient): Promise<void> {
  const status = await client.statusWhere(({ state }) => state === "ready" || state === "failed");
  assert.equal(status.state, "ready", JSON.stringify(status));
}

/** Model processes of a server's own: its children, but for the service, which whoever comes first has started. */
function ownModels({ child }: LspClient): number[] {
  return childrenOf(child.pid).filter((pid) => !service.services.includes(pid));
}

async function assertAnswers(client: LspClient): Promise<void> {
  assert.equal((await ask(client, [question("Hello")])).stopReason, "limit");
}

/** The built product, with another service. */
function installWith(name: string, replaceService: (file: string) => void): string {
  const dist = join(folder, name, "dist");
  fs.cpSync(dirname(serverModule), dist, { recursive: true });
  const root = fileURLToPath(new URL("../../", import.meta.url));
  fs.symlinkSync(join(root, "node_modules"), join(folder, name, "node_modules"));
  replaceService(join(dist, "service.cjs"));
  return join(dist, "server.cjs");
}

suite("the setting", () => {
  test("shares where a client says nothing of it", async () => {
    const settings = settingsOf({});
    const { path, contextSize, gpu, threads } = settings.model;
    const silent = { ...settings, model: { path, contextSize, gpu, threads } };
    const both = [await start(silent), await start(silent)];
    assert.equal(service.models.length, 1);
    for (const client of both) {
      assert.deepEqual(ownModels(client), []);
      await assertAnswers(client);
    }
  });

  test("switched off in one window gives it a model of its own, and on again the others'; they notice nothing", async () => {
    const [one, other] = [await start(settingsOf({})), await start(settingsOf({}))];
    const { length: statuses } = other.statuses;
    for (const shared of [false, true]) {
      const ready = one.statusAfter(({ state }) => state === "ready");
      await one.connection.sendNotification(settingsChanged, settingsOf({ shared }));
      await ready;
      assert.equal(ownModels(one).length, shared ? 0 : 1);
      assert.equal(service.models.length, 1);
      await Promise.all([one, other].map((client) => assertAnswers(client)));
    }
    assert.ok(other.statuses.slice(statuses).every(({ state }) => state === "ready"));
  });

  test("that differs in what a model depends on gives each window the model of its own settings", async () => {
    const [one, other] = [await start(settingsOf({})), await start(settingsOf({ contextSize: 512 }))];
    assert.equal(service.models.length, 2);
    for (const [client, contextSize] of [
      [one, 2048],
      [other, 512],
    ] as const) {
      const status = client.statuses.at(-1);
      assert.ok(status?.state === "ready");
      assert.equal(status.model.contextSize, contextSize);
      await assertAnswers(client);
    }
  });
});

suite("where no service can be had, a window has a model of its own, and the log says why:", () => {
  const wrongFolders: [what: string, make: (at: string) => void, why: RegExp][] = [
    ["the folder is open to others", (at) => fs.mkdirSync(at, { mode: 0o755 }), /other users may look into/],
    ["a file is in its place", (at) => fs.writeFileSync(at, ""), /EEXIST/],
    ["a link is in its place", (at) => fs.symlinkSync(service.folder, at), /is no folder/],
  ];
  for (const [what, make, why] of wrongFolders) {
    test(what, async () => {
      const at = join(folder, what);
      make(at);
      await assertOnItsOwn(await start(settingsOf({}), { folder: at }), why);
    });
  }

  test("it ends as soon as it is started", async () => {
    const module = installWith("ends", (file) => fs.writeFileSync(file, "process.exit(3)"));
    await assertOnItsOwn(await start(settingsOf({}), { module }), /cannot be started: exit code 3/);
  });

  test("its file is missing", async () => {
    const module = installWith("missing", (file) => fs.rmSync(file));
    await assertOnItsOwn(await start(settingsOf({}), { module }), /ENOENT/);
  });

  async function assertOnItsOwn(client: LspClient, why: RegExp): Promise<void> {
    assert.deepEqual(service.services, []);
    assert.equal(ownModels(client).length, 1);
    await until("it is said", () =>
      client.logs.some((line) => /the model is not shared: /.test(line) && why.test(line)),
    );
    await assertAnswers(client);
  }
});

suite("what is deleted under windows that run", () => {
  test("the service's folder, as a system does that tidies up: they go on, and who comes then meets another", async () => {
    const one = await start(settingsOf({}));
    const { services } = service;
    fs.rmSync(service.folder, { recursive: true });
    const other = await start(settingsOf({}));
    assert.equal(service.services.length, 2);
    await Promise.all([one, other].map((client) => assertAnswers(client)));
    assert.ok(services.every((pid) => service.services.includes(pid)));
  });

  test("the installation that the service was started from, by its editor's update: another one's takes its place", async () => {
    const module = installWith("updated", () => undefined);
    const one = await start(settingsOf({}), { module });
    assert.equal(service.services.length, 1);
    fs.rmSync(join(folder, "updated"), { recursive: true });
    // A model that the service would have to start a process for.
    const other = await start(settingsOf({ contextSize: 512 }));
    assert.deepEqual(ownModels(other), []);
    assert.equal(service.services.length, 2);
    await Promise.all([one, other].map((client) => assertAnswers(client)));
  });
});
