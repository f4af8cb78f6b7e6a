// The life cycle of a model, with a scripted host: loads that supersede each other, deaths, rest, and the end.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, suite, test } from "node:test";
import fc from "../../../support/fastCheck.ts";

import type { ServerSettings } from "../../../../src/shared/serverSettings.ts";
import { EngineError } from "../../../../server/engine/engine.ts";
import type { ModelSession } from "../../../../server/models/session/modelSession.ts";
import { UserError } from "../../../../server/userError.ts";
import { modelFile } from "../../../support/models.ts";
import { until } from "../../../support/processes.ts";
import { generate, nextTurn, ScriptedHost, sessionOf } from "../../../support/scriptedHost.ts";
import { rounds } from "../../../support/soak.ts";

type ModelSettings = ServerSettings["model"];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-model-session-"));
after(() => fs.rmSync(folder, { recursive: true }));
const [fileA, fileB] = (["a", "b"] as const).map((name) => {
  const file = path.join(folder, `${name}.gguf`);
  fs.copyFileSync(modelFile("falcon7b"), file);
  return file;
}) as [string, string];

function settingsOf(file: string, more: Partial<ModelSettings> = {}): ModelSettings {
  return { path: file, contextSize: 512, gpu: "off", threads: 1, ...more };
}

async function loadedPath(session: ModelSession): Promise<string> {
  return (await session.ready()).info.path;
}

/** The model process ends four times, each time once the model is loaded. */
async function dieFourTimes({ host, session }: ReturnType<typeof sessionOf>): Promise<void> {
  for (let death = 0; death < 4; death++) {
    await session.ready();
    host.die(session);
  }
}

suite("loads that supersede each other", () => {
  test("a request that waits gets the model that was chosen last", async () => {
    const { host, session } = sessionOf(new ScriptedHost(() => 5));
    const uses = [session.use(settingsOf(fileA), true)];
    const waiting = loadedPath(session);
    uses.push(session.use(settingsOf(fileB), true));
    assert.equal(await waiting, fileB);
    await Promise.all(uses);
    assert.deepEqual(host.faults, []);
  });

  test("a request that waits outlives a reload", async () => {
    const { host, session } = sessionOf(new ScriptedHost(() => 5));
    void session.use(settingsOf(fileA), true);
    const waiting = loadedPath(session);
    await until("it loads", () => host.loads.length === 1);
    const reloaded = session.reload();
    assert.equal(await waiting, fileA);
    await reloaded;
    assert.equal(host.loads.length, 2);
    assert.deepEqual(host.faults, []);
  });

  /** A folder of saved contexts. */
  function savedContexts(count: number): string {
    const contexts = path.join(folder, randomUUID());
    fs.mkdirSync(contexts);
    for (let i = 0; i < count; i++) {
      fs.writeFileSync(path.join(contexts, `${"a".repeat(16)}-${randomUUID()}.state`), "");
    }
    return contexts;
  }

  test("one that was superseded deletes nothing", async () => {
    const { session } = sessionOf(new ScriptedHost());
    const contexts = savedContexts(2);
    void session.use(settingsOf(fileA, { promptCache: { folder: contexts, keep: false } }), true);
    await session.use(settingsOf(fileA, { promptCache: { folder: contexts, keep: true } }), true);
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    assert.equal(fs.readdirSync(contexts).length, 2);
    await session.use(settingsOf(fileA, { promptCache: { folder: contexts, keep: false } }), true);
    assert.ok(!fs.existsSync(contexts));
  });

  test("one that was superseded judges no file: crashes are counted to the one that is loaded", async () => {
    const on = sessionOf(new ScriptedHost());
    const { session } = on;
    // It is still deleting when the other one is loaded already.
    void session.use(settingsOf(fileB, { promptCache: { folder: savedContexts(400), keep: false } }), true);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    await session.use(settingsOf(fileA), true);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await dieFourTimes(on);
    await assert.rejects(
      session.ready(),
      (error: unknown) => error instanceof UserError && error.message.includes(fileA),
    );
    assert.ok(!on.host.loads.includes(fileB));
    await session.use(settingsOf(fileB), true);
    assert.equal(await loadedPath(session), fileB);
    assert.deepEqual(on.host.faults, []);
  });
});

suite("deaths", () => {
  test("after four in a row the file is left alone, until it is reloaded or written anew", async () => {
    const file = path.join(folder, "crashing.gguf");
    fs.copyFileSync(fileA, file);
    const on = sessionOf(new ScriptedHost());
    const { host, session } = on;
    await session.use(settingsOf(file), true);
    await dieFourTimes(on);
    await assert.rejects(session.ready(), { action: "restartServer" });
    const { length } = host.loads;
    await session.use(settingsOf(file, { threads: 2 }), true);
    assert.equal(host.loads.length, length, "it is not loaded");
    await session.reload();
    assert.equal(await loadedPath(session), file);

    await dieFourTimes(on);
    await assert.rejects(session.ready(), { action: "restartServer" });
    fs.utimesSync(file, 1000, 1000);
    await session.use(settingsOf(file), true);
    assert.equal(await loadedPath(session), file);
  });

  test("one while the model loads is that load's failure, and the next attempt may succeed", async () => {
    const { host, session, states } = sessionOf(new ScriptedHost(() => 3));
    const used = session.use(settingsOf(fileA), true);
    await until("it loads", () => host.occupant !== undefined);
    host.die(session);
    await used;
    assert.equal(await loadedPath(session), fileA);
    assert.deepEqual(host.loads, [fileA, fileA]);
    assert.ok(!states.includes("failed"));
  });

  test("one in the middle of a request interrupts it, and who asks then waits for the model", async () => {
    const { host, session } = sessionOf(new ScriptedHost(() => 3));
    await session.use(settingsOf(fileA), true);
    const running = generate(await session.ready());
    host.die(session);
    assert.equal((await running).stopReason, "interrupted");
    assert.equal((await generate(await session.ready())).text, "x");
  });
});

suite("rest", () => {
  /** Ten milliseconds. */
  const soon = 1 / 6000;

  test("a model that nobody asks is unloaded, and loaded again by who asks", async () => {
    const { host, session, states } = sessionOf(new ScriptedHost());
    await session.use(settingsOf(fileA, { idleUnloadMinutes: soon }), true);
    await until("it is unloaded", () => states.at(-1) === "unloaded");
    await until("it is gone", () => host.occupant === undefined);
    void session.wake();
    void session.wake();
    assert.equal(await loadedPath(session), fileA);
    assert.equal(host.loads.length, 2);
    await until("it is unloaded again", () => states.at(-1) === "unloaded");
    host.die(session);
    assert.equal(await loadedPath(session), fileA);
    assert.deepEqual(host.faults, []);
    await session.dispose();
  });

  test("a time that no timer can count is no rest at all", async () => {
    const { session, states } = sessionOf(new ScriptedHost());
    await session.use(settingsOf(fileA, { idleUnloadMinutes: 1_000_000 }), true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(states.at(-1), "ready");
    await session.dispose();
  });
});

test("after the end nothing is loaded, whoever asks, and nobody waits", async () => {
  const { host, session, states } = sessionOf(new ScriptedHost(() => 3));
  void session.use(settingsOf(fileA), true);
  const waiting = assert.rejects(session.ready(), UserError);
  await session.dispose();
  const { length } = states;
  await waiting;
  await session.use(settingsOf(fileB), true);
  await session.reload();
  session.hostDied("SIGKILL");
  void session.wake();
  await assert.rejects(session.ready(), UserError);
  assert.deepEqual([host.occupant, states.length], [undefined, length]);
});

test("a host that cannot end the model is a failure that can be tried again", async () => {
  const { host, session } = sessionOf(new ScriptedHost());
  await session.use(settingsOf(fileA), true);
  const dispose = host.dispose.bind(host);
  host.dispose = () => Promise.reject(new EngineError("notEnded", "process 123"));
  await session.reload();
  await assert.rejects(session.ready(), { action: "retry", message: /process 123/ });
  assert.equal(host.loads.length, 1, "no second model is loaded beside it");
  host.dispose = dispose;
  await session.reload();
  assert.equal(await loadedPath(session), fileA);
});

/** What happens to a session: a choice of the user's, something else, or some time. */
type Step =
  | { readonly use: string; readonly isWanted: boolean; readonly idle: number; readonly keep: boolean }
  | "reload"
  | "die"
  | "ask"
  | "wait"
  | "wake"
  | "turn"
  | "turns"
  | "rest";

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      use: fc.constantFrom(fileA, fileB),
      isWanted: fc.boolean(),
      idle: fc.constantFrom(0, 1 / 6000),
      keep: fc.boolean(),
    }),
  },
  fc.constantFrom<Step>("reload", "die", "ask", "wait", "wake", "turn", "turns", "rest"),
);

/** A session to which things happen, and what is to be true of it then. */
class Trial {
  readonly #on: ReturnType<typeof sessionOf>;
  readonly #waits: Promise<unknown>[] = [];
  /** Deaths of the model since it was loaded at will, by its file. */
  readonly deaths = new Map<string, number>();
  chosen: string | undefined;

  constructor(on: ReturnType<typeof sessionOf>) {
    this.#on = on;
  }

  async apply(each: Step): Promise<void> {
    const { host, session } = this.#on;
    if (typeof each === "object") {
      this.chosen = each.use;
      const promptCache = { folder: path.join(folder, "contexts"), keep: each.keep };
      this.#waits.push(session.use(settingsOf(each.use, { idleUnloadMinutes: each.idle, promptCache }), each.isWanted));
      return;
    }
    switch (each) {
      case "reload":
        this.deaths.clear();
        this.#waits.push(session.reload());
        return;
      case "die": {
        const path = session.model?.info.path;
        if (path !== undefined) this.deaths.set(path, (this.deaths.get(path) ?? 0) + 1);
        host.die(session);
        return;
      }
      case "ask":
        this.#waits.push(session.ready().then(generate, () => undefined));
        return;
      case "wait":
        await session.ready().catch(() => undefined);
        return;
      case "wake":
        void session.wake();
        return;
      case "turn":
        return nextTurn();
      case "turns":
        for (let turn = 0; turn < 20; turn++) await nextTurn();
        return;
      case "rest":
        await new Promise((resolve) => setTimeout(resolve, 12));
    }
  }

  /** Fails when a promise that the session gave never settles, or is rejected. */
  async settled(): Promise<void> {
    await Promise.all(this.#waits);
  }
}

test("whatever happens in whatever order: one model at a time, the last choice wins, nobody waits for ever", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 30 }),
    fc.infiniteStream(fc.nat(6)),
    async (steps, turns) => {
      const on = sessionOf(new ScriptedHost(() => turns.next().value as number));
      const { host, session, states } = on;
      const trial = new Trial(on);
      for (const each of steps) await trial.apply(each);
      const end = await session.ready().then(
        () => undefined,
        (error: unknown) => error,
      );
      const { chosen } = trial;
      if (chosen !== undefined) {
        const setAside = end instanceof UserError && end.action === "restartServer";
        assert.equal(setAside, (trial.deaths.get(chosen) ?? 0) >= 4, "only what died four times is set aside");
        await trial.apply("reload");
        assert.equal(await loadedPath(session), chosen);
      }
      await trial.settled();
      assert.equal(session.queue, 0);
      const late = session.ready().catch(() => undefined);
      await Promise.all([session.dispose(), late]);
      const { length } = states;
      for (const each of steps) await trial.apply(each);
      await trial.settled();
      assert.equal(states.length, length, "no status after the end");
      assert.equal(host.occupant, undefined);
      assert.deepEqual(host.faults, []);
    },
  );
  await fc.assert(property, { numRuns: rounds(60, 2000) });
});
