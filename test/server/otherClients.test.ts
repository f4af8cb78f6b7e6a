// Clients that are not our extension: what they leave out, send wrong or too early, and how they end.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, suite, test } from "node:test";

import { ErrorCodes, type InitializeResult, ResponseError } from "vscode-languageserver-protocol/node";

import { inspectModelRequest, settingsChanged, statusRequest } from "../../src/shared/methods.ts";
import { modelRoles } from "../../src/shared/modelRoles.ts";
import type { ServerStatus } from "../../src/shared/status.ts";
import { ask, question } from "../support/asking.ts";
import { LspClient, quickSettings, serverModule, type SpawnOptions } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { childrenOf, isRunning, until } from "../support/processes.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-other-clients-"));
after(() => fs.rmSync(folder, { recursive: true }));

let started: LspClient[] = [];
afterEach(() => {
  for (const { child, connection } of started) {
    connection.dispose();
    child.kill("SIGKILL");
  }
  started = [];
});

function spawnServer(options: SpawnOptions = {}): LspClient {
  const client = LspClient.spawn(options);
  started.push(client);
  return client;
}

/** The least that a client says. */
const initialize = { processId: null, rootUri: null, workspaceFolders: null, capabilities: {} };

/** A client that speaks no type of ours. */
function request({ connection }: LspClient, method: string, params?: object): Promise<unknown> {
  return params ? connection.sendRequest(method, params) : connection.sendRequest(method);
}

async function errorOf(asked: Promise<unknown>): Promise<{ code: number; message: string }> {
  const error = await asked.then(
    () => assert.fail("it succeeded"),
    (error: unknown) => error as ResponseError<unknown>,
  );
  return { code: error.code, message: error.message };
}

/** Starts a server that has a model. */
async function serve(initializationOptions: unknown, options: SpawnOptions = {}): Promise<LspClient> {
  const client = spawnServer(options);
  await request(client, "initialize", { ...initialize, initializationOptions });
  await client.statusWhere(({ state }) => state !== "loading");
  return client;
}

const withModel = {
  settings: { ...quickSettings, model: { ...quickSettings.model, path: modelFile("falcon7b") } },
  load: modelRoles,
};

/** Resolves to the exit code of a server. */
async function exitCode({ child }: LspClient): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

suite("what a client leaves out", () => {
  for (const transport of ["ipc", "stdio"] as const) {
    test(`options, and to say that it is initialized: the bundled model completes and answers (${transport})`, async () => {
      const client = spawnServer({ transport });
      const { capabilities } = (await request(client, "initialize", initialize)) as InitializeResult;
      assert.equal(capabilities.inlineCompletionProvider, true);
      const status = await client.statusWhere(({ state }) => state !== "loading");
      assert.ok(status.state === "ready" && status.model.demonstration, JSON.stringify(status));
      await client.open("file:///a.py", "import os\nimport sys\n\nfor name in os.listdir(\n", "python");
      assert.equal((await client.complete("file:///a.py", 3, 23)).length, 1);
      assert.ok(["end", "limit"].includes((await ask(client, [question("Hello")])).stopReason));
      await request(client, "shutdown");
      await client.connection.sendNotification("exit");
      assert.equal(await exitCode(client), 0);
    });
  }

  for (const options of [{}, { settings: {} }, { settings: { model: { path: "" } } }]) {
    test(`settings: ${JSON.stringify(options)}`, async () => {
      const client = await serve(options);
      const status = await client.connection.sendRequest(statusRequest);
      assert.ok(status.state === "ready" && status.model.demonstration);
      assert.deepEqual(
        client.logs.filter((line) => line.startsWith("settings")),
        [],
      );
    });
  }

  test("a model where none comes with the server: the status says so", async () => {
    const module = path.join(folder, "dist", "server.cjs");
    fs.mkdirSync(path.dirname(module));
    fs.copyFileSync(serverModule, module);
    const client = await serve(undefined, { module });
    const status = client.statuses.at(-1);
    assert.ok(status?.state === "failed" && status.problem.action === "selectModel");
    assert.match(status.problem.message, /^No model is chosen\. .*falcon\.model\.path/);
  });

  test("the context of an inline completion", async () => {
    const client = await serve(withModel);
    await client.open("file:///a.ts", "let x = ");
    const place = { textDocument: { uri: "file:///a.ts" }, position: { line: 0, character: 8 } };
    assert.equal(((await request(client, "textDocument/inlineCompletion", place)) as unknown[]).length, 1);
  });
});

suite("the configuration of a client that sends no options", () => {
  const { settings } = withModel;

  test("is asked for where the client can be asked, and again when it has changed", async () => {
    const client = spawnServer();
    const { connection } = client;
    let configured: object | null = settings;
    const asked: unknown[] = [];
    connection.onRequest("workspace/configuration", ({ items }: { items: readonly unknown[] }) => {
      asked.push(...items);
      return [configured];
    });
    const capabilities = { workspace: { configuration: true } };
    const started = await request(client, "initialize", { ...initialize, capabilities });
    assert.equal((started as InitializeResult).capabilities.positionEncoding, "utf-16");
    const { state } = await client.statusWhere(({ state }) => state !== "loading");
    assert.equal(state, "ready");
    const nameOf = (status: ServerStatus) => (status.state === "ready" ? status.model.name : undefined);
    assert.deepEqual(
      client.statuses.map(nameOf).filter(Boolean),
      ["Tiny Falcon 7B"],
      "another model was loaded before",
    );
    assert.deepEqual(asked, [{ section: "falcon" }]);
    configured = { ...settings, model: { ...settings.model, path: modelFile("falcon3") } };
    await connection.sendNotification("workspace/didChangeConfiguration", { settings: null });
    await client.statusWhere((status) => nameOf(status) === "Tiny Falcon3");
  });

  test("is taken as the client sends it", async () => {
    const client = await serve(undefined);
    const { connection } = client;
    await connection.sendNotification("workspace/didChangeConfiguration", { settings: { other: { model: 7 } } });
    await connection.sendNotification("workspace/didChangeConfiguration", { settings: { falcon: settings } });
    await client.statusWhere((status) => status.state === "ready" && status.model.name === "Tiny Falcon 7B");
    assert.deepEqual(
      client.logs.filter((line) => line.startsWith("settings")),
      [],
    );
  });

  test("that cannot be had leaves the defaults, and the log says why", async () => {
    const client = spawnServer();
    client.connection.onRequest("workspace/configuration", () => new ResponseError(1, "no such thing"));
    const capabilities = { workspace: { configuration: true } };
    await request(client, "initialize", { ...initialize, capabilities });
    const status = await client.statusWhere(({ state }) => state !== "loading");
    assert.ok(status.state === "ready" && status.model.demonstration, JSON.stringify(status));
    assert.match(client.logs.join("\n"), /asked for its settings, and failed: .*no such thing/);
  });
});

suite("what a client sends wrong", () => {
  const message = { role: "user", text: "Hello" };
  const attachment = { label: "a.ts", uri: "file:///a.ts", languageId: "typescript", text: "x" };
  const token = { partialResultToken: "t" };
  const wrong: readonly [method: string, params: object, cause: RegExp][] = [
    ["falcon/chat", {}, /messages/],
    ["falcon/chat", [[message], "t"], /by name/],
    ["falcon/chat", { ...token, messages: "Hello" }, /messages: .*Array/],
    ["falcon/chat", { ...token, messages: [] }, /messages: The last message must be the user's/],
    ["falcon/chat", { ...token, messages: [message, { role: "assistant", text: "" }] }, /must be the user's/],
    ["falcon/chat", { ...token, messages: [null] }, /messages\.0/],
    ["falcon/chat", { ...token, messages: [{ ...message, text: 1 }] }, /messages\.0\.text/],
    ["falcon/chat", { ...token, messages: [{ ...message, role: "robot" }] }, /messages\.0\.role/],
    ["falcon/chat", { ...token, messages: [{ ...message, attachments: {} }] }, /messages\.0\.attachments/],
    [
      "falcon/chat",
      { ...token, messages: [{ ...message, attachments: [{ ...attachment, text: null }] }] },
      /messages\.0\.attachments\.0\.text/,
    ],
    ["falcon/chat", { ...token, messages: [{ ...message, attachments: [], command: "rm" }] }, /messages\.0\.command/],
    ["falcon/chat", { messages: [message] }, /partialResultToken/],
    ["falcon/chat", { ...token, messages: [message], deadline: -1 }, /deadline/],
    ["falcon/chat", { ...token, messages: [message], deadline: 1e300 }, /deadline/],
    ["falcon/inspectModel", {}, /path/],
    ["falcon/inspectModel", ["/m.gguf"], /by name/],
    ["falcon/inspectModel", { path: ["/m.gguf"] }, /path: .*string/],
  ];

  test("parameters of requests: each is refused with what is wrong, and the server goes on", async () => {
    const client = await serve(withModel);
    for (const [method, params, cause] of wrong) {
      const { code, message } = await errorOf(request(client, method, params));
      assert.equal(code, ErrorCodes.InvalidParams, message);
      assert.match(message, cause);
    }
    assert.equal((await ask(client, [question("Hello")])).stopReason, "limit");
    assert.equal(client.errors, "");
  });

  test("parameters of inline completions: there is none, and the log says why", async () => {
    const client = await serve(withModel);
    await client.open("file:///a.ts", "let x = ");
    const textDocument = { uri: "file:///a.ts" };
    const position = { line: 0, character: 8 };
    for (const params of [
      {},
      { textDocument },
      { textDocument: "file:///a.ts", position },
      { textDocument, position: { line: -1, character: 0 } },
      { textDocument, position: { line: 0, character: 0.5 } },
      { textDocument, position, context: { triggerKind: "automatic" } },
      { textDocument, position, context: { triggerKind: 2, selectedCompletionInfo: { text: "x" } } },
    ]) {
      const logged = client.logs.length;
      assert.deepEqual(await request(client, "textDocument/inlineCompletion", params), []);
      await until("it is logged", () => client.logs.length > logged);
      assert.match(client.logs.at(-1) ?? "", /^inline completion: The parameters are wrong: /);
    }
    const far = { textDocument, position: { line: 2 ** 31, character: 2 ** 31 }, context: { triggerKind: 1 } };
    assert.ok(((await request(client, "textDocument/inlineCompletion", far)) as unknown[]).length > 0);
  });

  test("settings and notifications: what is wrong is logged, and the rest holds", async () => {
    const client = await serve(withModel);
    const { connection } = client;
    for (const settings of [{ model: 7 }, { model: { ...withModel.settings.model, gpu: "opencl" }, chat: "none" }]) {
      await connection.sendNotification("falcon/settingsChanged", settings);
    }
    await until("it is logged", () => client.logs.some((line) => line.startsWith("settings.chat")));
    for (const [method, params] of [
      ["textDocument/didOpen", {}],
      ["textDocument/didOpen", { textDocument: null }],
      ["textDocument/didChange", { textDocument: { uri: "file:///closed.ts", version: 2 }, contentChanges: [{}] }],
      ["notebookDocument/didOpen", {}],
      ["workspace/didChangeWorkspaceFolders", { event: "none" }],
      ["falcon/unknown", {}],
    ] as const) {
      await connection.sendNotification(method, params);
    }
    await client.open("file:///a.ts", "let x = ");
    await client.statusWhere((status) => status.state === "ready" && status.model.name === "Tiny Falcon 7B");
    assert.ok((await client.complete("file:///a.ts", 0, 8, { triggerKind: 1 })).length > 0);
  });

  test("folders and options at the start", async () => {
    const client = spawnServer();
    const wrongStart = { workspaceFolders: "none", rootUri: 7, initializationOptions: "none" };
    await request(client, "initialize", { ...initialize, ...wrongStart });
    const { state } = await client.statusWhere(({ state }) => state !== "loading");
    assert.equal(state, "ready");
    assert.match(client.logs.join("\n"), /initializationOptions is no object/);
  });

  test("bytes between the messages, over standard streams, that are no JSON: the server goes on", async () => {
    const client = await serve(withModel, { transport: "stdio" });
    client.child.stdin?.write("Content-Length: 9\r\n\r\nno JSON {");
    assert.equal((await client.connection.sendRequest(statusRequest)).state, "ready");
  });
});

suite("what a client sends at the wrong time", () => {
  test("before initialize, requests are refused and settings dropped", async () => {
    const client = spawnServer();
    const { connection } = client;
    await connection.sendNotification(settingsChanged, withModel.settings);
    for (const asked of [
      connection.sendRequest(statusRequest),
      connection.sendRequest(inspectModelRequest, { path: modelFile("falcon7b") }),
      ask(client, [question("Hello")]),
    ]) {
      assert.equal((await errorOf(asked)).code, ErrorCodes.ServerNotInitialized);
    }
    assert.deepEqual(await client.complete("file:///a.ts", 0, 0), []);
    await request(client, "initialize", { ...initialize, initializationOptions: withModel });
    assert.equal((await errorOf(request(client, "initialize", initialize))).code, ErrorCodes.InvalidRequest);
    const { state } = await client.statusWhere(({ state }) => state !== "loading");
    assert.equal(state, "ready");
  });

  test("after shutdown, requests are refused and nothing is loaded; a second shutdown does no harm", async () => {
    const client = await serve(withModel);
    const { connection } = client;
    await request(client, "shutdown");
    await connection.sendNotification(settingsChanged, quickSettings);
    for (const asked of [connection.sendRequest(statusRequest), ask(client, [question("Hello")])]) {
      assert.equal((await errorOf(asked)).code, ErrorCodes.InvalidRequest);
    }
    await request(client, "shutdown");
    assert.deepEqual(childrenOf(client.child.pid), []);
    await connection.sendNotification("exit");
    assert.equal(await exitCode(client), 0);
    assert.equal(client.errors, "");
  });

  test("exit in the middle of an answer, without shutdown, ends the server and its model", async () => {
    const client = await serve(withModel);
    const running = ask(client, [question("Hello")]).catch(() => undefined);
    const [model = 0] = childrenOf(client.child.pid);
    await client.connection.sendNotification("exit");
    assert.equal(await exitCode(client), 1);
    await until("the model process is gone", () => !isRunning(model));
    client.connection.dispose();
    await running;
  });
});

suite("a client that is gone", () => {
  for (const [transport, close] of [
    ["ipc", ({ child }: LspClient) => child.disconnect()],
    ["stdio", ({ child }: LspClient) => child.stdin?.end()],
  ] as const) {
    test(`in the middle of an answer (${transport}): the server and its model end, with nothing to complain of`, async () => {
      const client = await serve(withModel, { transport });
      const [model = 0] = childrenOf(client.child.pid);
      const deltas: string[] = [];
      ask(client, [question("Hello")], deltas).catch(() => undefined);
      await until("the answer grows", () => deltas.length > 0);
      close(client);
      assert.equal(await exitCode(client), 1);
      await until("the model process is gone", () => !isRunning(model));
      assert.equal(client.errors, "");
    });
  }

  test("whose process died, though its connection is open", async () => {
    const owner = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const client = spawnServer();
    await request(client, "initialize", { ...initialize, processId: owner.pid, initializationOptions: withModel });
    await client.statusWhere(({ state }) => state === "ready");
    owner.kill("SIGKILL");
    assert.equal(await exitCode(client), 1);
  });
});

/** A script that runs before each of our processes; `main` names the one that it is meant for. */
function preload(name: string, main: string, code: string): Readonly<Record<string, string>> {
  const file = path.join(folder, `${name}.cjs`);
  fs.writeFileSync(file, `if ((process.argv[1] ?? "").endsWith(${JSON.stringify(main)})) { ${code} }`);
  return { NODE_OPTIONS: `--require ${file}` };
}

test("a promise that fails with nobody waiting for it is told, and ends nothing", async () => {
  const env = preload("stray", "server.cjs", `setTimeout(() => Promise.reject(new Error("stray")), 50);`);
  const client = await serve(withModel, { env });
  await until("it is told", () => client.errors.includes("Error: stray"));
  assert.equal((await ask(client, [question("Hello")])).stopReason, "limit");
});

for (const bundle of ["server.cjs", "engine.cjs"]) {
  test(`a Node that is too old for ${bundle} is named, with the one that is needed`, async () => {
    const old = `Object.defineProperty(process, "version", { value: "v20.20.2" });
      Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });
      delete Promise.withResolvers;`;
    const module = path.join(path.dirname(serverModule), bundle);
    const child = spawn(process.execPath, [module, "--stdio"], {
      env: { ...process.env, ...preload(bundle, bundle, old) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const [code] = (await once(child, "close")) as [number];
    assert.deepEqual([code, errors], [1, "Falcon needs Node 22.15 or later, and this is v20.20.2.\n"]);
  });
}
