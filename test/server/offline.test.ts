// Nothing leaves the machine: the whole assistant runs where there is no network, and no process of it asks for one.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import {
  catalogueRequest,
  editRequest,
  inspectModelRequest,
  settingsChanged,
  statusRequest,
} from "../../src/shared/methods.ts";
import { modelRoles } from "../../src/shared/modelRoles.ts";
import type { ServerSettings } from "../../src/shared/serverSettings.ts";
import { ask, question } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { until } from "../support/processes.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-offline-"));
after(() => fs.rmSync(folder, { recursive: true }));
const recorder = path.join(folder, "recordNetwork.so");
const source = fileURLToPath(new URL("../support/recordNetwork.c", import.meta.url));

const bundledModel = fileURLToPath(new URL("../../media/models/falcon-tiny-demo.gguf", import.meta.url));

before(() => {
  execFileSync(process.env["CC"] ?? "cc", ["-shared", "-fPIC", "-O1", "-o", recorder, source, "-ldl"]);
});

/** A namespace whose only network is a loopback, where the system lets its users make one; everything is recorded anyway. */
const namespace = ["unshare", "--user", "--map-root-user", "--net"];
const without = spawnSync(namespace[0] ?? "", [...namespace.slice(1), "true"]).status === 0 ? namespace : [];

/** The environment in which a process, and all that it starts, record what they reach for. */
function recorded(name: string): { env: Record<string, string>; file: string; lines: () => string[] } {
  const file = path.join(folder, name);
  return {
    env: { LD_PRELOAD: recorder, FALCON_CONNECTIONS: file },
    file,
    lines: () => fs.readFileSync(file, "utf8").trim().split("\n"),
  };
}

test("what a process reaches for is recorded, whichever way it goes", async () => {
  const { env, file, lines } = recorded("control");
  const reach = `
    const dns = require("node:dns"), net = require("node:net"), dgram = require("node:dgram");
    const ignore = () => undefined;
    net.connect({ port: 9, host: "192.0.2.1" }).on("error", ignore);
    net.connect({ port: 9, host: "2001:db8::1" }).on("error", ignore);
    net.connect({ port: 9, host: "127.0.0.1" }).on("error", ignore);
    fetch("http://fetched.invalid/").catch(ignore);
    dns.setServers(["192.0.2.2"]);
    dns.resolve4("resolved.invalid", ignore);
    dgram.createSocket("udp4").on("error", ignore).send("x", 9, "192.0.2.3", ignore);
    setInterval(ignore, 1000);`;
  const [program, ...args] = [...without, process.execPath, "-e", reach] as const;
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: "ignore" });
  const reached = () => (fs.existsSync(file) ? lines().filter((line) => !line.startsWith("process ")) : []);
  try {
    for (const attempt of [
      "connect 192.0.2.1",
      "connect 2001:db8::1",
      "look up fetched.invalid",
      "192.0.2.2",
      "send 192.0.2.3",
    ]) {
      await until(`${attempt} is recorded`, () => reached().some((line) => line.includes(attempt)));
    }
  } finally {
    child.kill("SIGKILL");
  }
  assert.ok(!reached().some((line) => line.includes("127.0.0.1")), reached().join(", "));
});

test("the assistant loads, completes, chats, explains, edits, saves contexts and starts again without a network", async (t) => {
  const workspace = path.join(folder, "workspace");
  fs.mkdirSync(workspace);
  fs.writeFileSync(
    path.join(workspace, "boats.py"),
    "class Boat:\n    def sail(self, wind):\n        return wind * 2\n",
  );
  const settings: ServerSettings = {
    ...quickSettings,
    model: {
      ...quickSettings.model,
      path: bundledModel,
      gpu: "auto",
      shared: true,
      promptCache: { folder: path.join(folder, "contexts"), keep: true },
      measurements: path.join(folder, "measurements.json"),
    },
    chat: { ...quickSettings.chat, model: modelFile("falcon7b") },
    models: { folder: path.join(folder, "models") },
    readWorkspace: true,
  };
  const { env, lines } = recorded("assistant");
  const uri = pathToFileURL(path.join(workspace, "harbour.py")).href;
  const boats = Array.from({ length: 60 }, (_, i) => `boat${i} = find(${(i * 37) % 101})\n`).join("");
  const text = `${boats}for name in os.listdir(\n`;

  const start = async () => {
    const client = LspClient.spawn({ transport: "stdio", under: without, env: { ...env, FALCON_WITHOUT: "" } });
    t.after(() => client.child.kill("SIGKILL"));
    await client.connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
      workspaceFolders: [{ uri: pathToFileURL(workspace).href, name: "workspace" }],
      initializationOptions: { settings, load: modelRoles },
    });
    await client.connection.sendNotification("initialized", {});
    await client.statusWhere((status) => status.state === "ready" && status.chat?.state === "ready");
    await client.open(uri, text, "python");
    assert.equal((await client.complete(uri, 60, 23)).length, 1);
    return client;
  };

  const client = await start();
  const { connection } = client;
  const answered = ["end", "limit"];
  assert.ok(answered.includes((await ask(client, [question("Hello")])).stopReason));
  const attachment = { id: "harbour", label: "harbour.py", uri, languageId: "python", text };
  const explain = { ...question(""), command: "explain" as const, attachments: [attachment] };
  assert.ok(answered.includes((await ask(client, [explain])).stopReason));
  const edit = { uri, languageId: "python", text, before: "", after: "", partialResultToken: "edit" };
  const { problem } = await connection.sendRequest(editRequest, { ...edit, command: "edit", instruction: "Sort it" });
  assert.equal(problem, undefined);
  assert.ok((await connection.sendRequest(catalogueRequest, {})).length > 10);
  await connection.sendRequest(inspectModelRequest, { path: bundledModel });
  await connection.sendNotification(settingsChanged, { ...settings, chat: quickSettings.chat });
  await client.statusWhere((status) => status.state === "ready" && status.chat === undefined);
  await client.stop();

  const again = await start();
  const status = await again.connection.sendRequest(statusRequest);
  assert.ok(status.state === "ready" && (status.metrics.reused ?? 0) > 0, JSON.stringify(status));
  await again.stop();

  const all = lines();
  const started = (name: string) => all.filter((line) => line.startsWith("process ") && line.includes(name)).length;
  assert.ok(started("server.cjs") >= 2 && started("service.cjs") >= 1 && started("engine.cjs") >= 4, all.join("\n"));
  assert.deepEqual(
    all.filter((line) => !line.startsWith("process ")),
    [],
  );
});
