// A server that fails one request: the others go on, and the status tells of it.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { RemoteHost } from "../../../../server/engine/remote/remoteHost.ts";
import { readSettings } from "../../../../server/lsp/settings.ts";
import { settingsOf } from "../../../../server/models/session/backend.ts";
import { RoleModels } from "../../../../server/models/session/roleModels.ts";
import { type Answer, events, fail, playServer, quick } from "../../../support/remoteServer.ts";

const good = {
  "/props": { model_path: "/models/falcon-7b.gguf", default_generation_settings: { n_ctx: 2048 } },
  "/tokenize": { tokens: [1] },
};
const request = { priority: "chat", prompt: ["x"], maxTokens: 100, temperature: 0, stop: [] } as const;
const never = new AbortController().signal;
const end = events({ content: "ended", stop: true, stop_type: "eos" });

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function use(completion: Answer) {
  const server = await playServer({ ...good, "/completion": completion });
  const box = { name: "box", address: server.address, kind: "llama-server" };
  const given = { readWorkspace: true, backend: "box", servers: [box] };
  const settings = readSettings(given, (warning) => assert.fail(warning));
  const models = new RoleModels({
    createHost: () => ({
      memory: undefined,
      load: () => Promise.reject(new Error("no model is on this machine")),
      dispose: () => Promise.resolve(),
    }),
    createRemote: (onFailed, onNote) =>
      new RemoteHost({
        key: () => Promise.resolve(undefined),
        network: () => ({}),
        onFailed,
        onNote,
        patience: quick,
      }),
    markers: [],
    onStatus: () => undefined,
    log: () => undefined,
  });
  opened.push(
    () => models.dispose(),
    () => server.dispose(),
  );
  models.use({ completion: settingsOf("completion", settings, ""), chat: settingsOf("chat", settings, "") });
  const generate = async (onText: (text: string) => void = () => undefined) =>
    (await models.ready("chat")).generate(request, onText, never);
  return { server, models, generate };
}

test("an answer that runs goes on when the server fails another request, and its end says that the server answers", async () => {
  const begun = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  let tries = 0;
  const { server, models, generate } = await use(async (response) => {
    if (++tries > 1) {
      fail(503, "busy")(response);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(events({ content: "begun ", stop: false }));
    await release.promise;
    response.end(end);
  });
  const chat = generate(() => begun.resolve());
  await begun.promise;
  await assert.rejects(generate(), /is not ready/);
  const failed = models.status;
  assert.ok(failed.state === "failed");
  assert.match(failed.problem.message, /is not ready/);
  assert.deepEqual(Object.keys(failed).sort(), ["model", "problem", "state"]);
  // One that comes while the answer runs does not end it either.
  await assert.rejects(generate(), /is not ready/);
  assert.equal(server.asked.filter(({ path }) => path === "/props").length, 1);
  release.resolve();
  const { text, stopReason } = await chat;
  assert.deepEqual([text, stopReason], ["begun ended", "end"]);
  assert.equal(models.status.state, "ready");
});

test("the status says that a server fails, which has told well how its model is", async () => {
  const { models, generate } = await use(fail(404, "nothing here"));
  await models.ready("chat");
  for (let i = 0; i < 5; i++) {
    await assert.rejects(generate(), /does not know \/completion/);
    assert.equal(models.status.state, "failed");
  }
});
