// A model that nobody has asked for yet: it is known, and not loaded.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { modelFile } from "../../../support/models.ts";
import { until } from "../../../support/processes.ts";
import { generate, nextTurn, ScriptedHost, sessionOf } from "../../../support/scriptedHost.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-resting-"));
after(() => fs.rmSync(folder, { recursive: true }));
const [fileA, fileB] = [modelFile("falcon7b"), modelFile("falconH1")];

function settingsOf(path: string) {
  return { path, contextSize: 512, gpu: "off", threads: 1 } as const;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}

test("it is loaded by the first request, by who is going to ask, and by who wants it as its file is", async () => {
  for (const ask of ["ready", "wake", "refresh", "reload"] as const) {
    const { host, session, states } = sessionOf(new ScriptedHost());
    await session.use(settingsOf(fileA));
    await turns();
    assert.deepEqual([host.loads, states], [[], ["unloaded"]]);
    const { state } = session;
    assert.ok(state.state === "ready" && state.unloaded && state.model.path === fileA);
    await session[ask]();
    assert.deepEqual([host.loads, states.at(-1)], [[fileA], "ready"]);
    assert.equal((await generate(await session.ready())).text, "x");
    await session.dispose();
  }
});

test("what is chosen in the place of one that nobody has asked for rests, too, and of one that is loaded is loaded", async () => {
  const { host, session, states } = sessionOf(new ScriptedHost());
  await session.use(settingsOf(fileA));
  await session.use(settingsOf(fileB));
  await turns();
  assert.deepEqual([host.loads, states], [[], ["unloaded", "unloaded"]]);
  await session.ready();
  await session.use(settingsOf(fileA));
  assert.deepEqual(host.loads, [fileB, fileA]);
  session.hostUnloaded();
  await session.use(settingsOf(fileB));
  await turns();
  assert.deepEqual([host.loads, states.at(-1)], [[fileB, fileA], "unloaded"], "what left its place is not missed");
  await session.dispose();
});

test("a file that is missing is said before anybody asks, and one that is mended then is loaded", async () => {
  const { host, session } = sessionOf(new ScriptedHost());
  const missing = path.join(folder, "missing.gguf");
  await session.use(settingsOf(missing));
  const { state } = session;
  assert.ok(state.state === "failed" && state.problem.message.includes(missing), JSON.stringify(state));
  await assert.rejects(session.ready(), { message: state.problem.message });
  await session.use(settingsOf(fileA));
  assert.equal(session.state.state, "ready");
  assert.deepEqual(host.loads, []);
  await session.dispose();
});

test("saved contexts that the user does not want are deleted although no model is loaded", async () => {
  const { session } = sessionOf(new ScriptedHost());
  const contexts = path.join(folder, "contexts");
  fs.mkdirSync(contexts);
  fs.writeFileSync(path.join(contexts, `${"a".repeat(16)}-${crypto.randomUUID()}.state`), "");
  await session.use({ ...settingsOf(fileA), promptCache: { folder: contexts, keep: false } });
  await until("they are deleted", () => !fs.existsSync(contexts));
  await session.dispose();
});

test("the demonstration model is known for what it is", async () => {
  const { session } = sessionOf(new ScriptedHost());
  await session.use(
    settingsOf(fileURLToPath(new URL("../../../../media/models/falcon-tiny-demo.gguf", import.meta.url))),
  );
  const { state } = session;
  assert.ok(state.state === "ready" && state.model.demonstration);
  await session.dispose();
});
