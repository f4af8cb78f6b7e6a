// Who shares a model of the service, and who gives way, with processes that load what a test says.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, beforeEach, test } from "node:test";

import {
  EngineError,
  type Generation,
  type GenerateRequest,
  type LoadPlan,
  type LoadRequest,
  type Model,
} from "../../../server/engine/engine.ts";
import { type Client, SharedModels } from "../../../server/engine/shared/sharedModels.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-shared-"));
after(() => fs.rmSync(folder, { recursive: true }));
for (const name of ["a", "b"]) fs.writeFileSync(path.join(folder, name), name);

/** Tokens of context for which there is memory, for all models together. */
let memory: number;
let loads: LoadPlan[];
let generated: GenerateRequest[];
let unloaded: string[];
let waits: string[];
/** What ends a generation; they end at once unless there is one. */
let end: Promise<void> | undefined;
let models: SharedModels;
const clients = new Set<Client>();
beforeEach(() => {
  [memory, loads, generated, unloaded, waits, end] = [Infinity, [], [], [], [], undefined];
  clients.clear();
  models = new SharedModels(() => createProcess());
});

const usage = { prompt: 0, reused: 0, generated: 0, accepted: 0, duration: 0 };
const model: Model = {
  info: { gpuLayers: 0 } as Model["info"],
  generate: async (request, _onText, signal): Promise<Generation> => {
    generated.push(request);
    if (!signal.aborted) await end;
    return { text: "", alternatives: [], stopReason: signal.aborted ? "aborted" : "end", usage };
  },
  countTokens: () => Promise.resolve(0),
};

function createProcess() {
  let taken = 0;
  return {
    memory: undefined,
    load: ({ plan }: LoadRequest) => {
      loads.push(plan);
      if (plan.contextSize > memory) return Promise.reject(new EngineError("outOfMemory", "no", { fits: memory }));
      taken = plan.contextSize;
      memory -= taken;
      return Promise.resolve(model);
    },
    dispose: async () => {
      await new Promise(setImmediate);
      memory += taken;
      taken = 0;
    },
  };
}

function load(name: string, plan: Partial<LoadPlan> = {}): Promise<Model> {
  const client: Client = {
    id: name,
    ended: new AbortController().signal,
    onDied: () => undefined,
    onUnloaded: () => unloaded.push(name),
    onWaits: () => waits.push(name),
    onLog: () => undefined,
  };
  clients.add(client);
  const whole = { path: path.join(folder, "a"), contextSize: 100, gpu: "off", threads: 1, shared: true, ...plan };
  return models.load({ plan: whole, markers: [] } as unknown as LoadRequest, client, () => undefined);
}

function generate(loaded: Model, signal = new AbortController().signal): Promise<Generation> {
  const request = { priority: "chat", prompt: ["x"], maxTokens: 1, temperature: 0, stop: [] } as const;
  return loaded.generate(request, () => undefined, signal);
}

async function isPrivate(loaded: Model): Promise<boolean> {
  await generate(loaded);
  return generated.at(-1)?.private ?? false;
}

test("editors that remember in folders of their own share a model, and text is saved only where its client says", async () => {
  const code = { promptCache: path.join(folder, "code"), measurements: path.join(folder, "code.json") };
  const saves = [await load("code", code), await load("another window", code)];
  const others = [await load("neovim", { promptCache: path.join(folder, "neovim") }), await load("none")];
  assert.equal(loads.length, 1);
  for (const each of saves) assert.equal(await isPrivate(each), false);
  for (const each of others) assert.equal(await isPrivate(each), true);
});

test("a window that asks for what did not fit is told so at once, and shares what the first one has instead", async () => {
  memory = 60;
  await assert.rejects(load("first"), { failure: "outOfMemory", fits: 60 });
  await load("first", { contextSize: 60 });
  await assert.rejects(load("second"), { failure: "outOfMemory", fits: 60 });
  await load("second", { contextSize: 60 });
  assert.deepEqual([loads.length, unloaded], [2, []]);
});

test("a model that does not fit even alone puts another one away once, and not at each load", async () => {
  memory = 60;
  await load("small", { contextSize: 20 });
  await assert.rejects(load("large", { path: path.join(folder, "b") }), { failure: "outOfMemory" });
  assert.deepEqual(unloaded, ["small"]);
  await load("small", { contextSize: 20 });
  await assert.rejects(load("large", { path: path.join(folder, "b") }), { failure: "outOfMemory", fits: 40 });
  assert.deepEqual(unloaded, ["small"]);
  memory = 100;
  await load("large", { path: path.join(folder, "b") });
  assert.deepEqual(unloaded, ["small"]);
});

test("who waits for a place is told so, and the one that has been there the longest is asked nothing more until it is given", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  end = promise;
  const [first, second] = [await load("first", { threads: 1 }), await load("second", { threads: 2 })];
  const running = [generate(first), generate(second)];
  const third = load("third", { threads: 3 });
  const joining = load("joining", { threads: 3 });
  await new Promise(setImmediate);
  assert.deepEqual(waits, ["third", "joining"]);
  const [held, other] = [generate(first).catch((error: unknown) => error), generate(second)];
  await new Promise(setImmediate);
  assert.equal(generated.length, 3, "only the other model is asked");
  assert.equal(
    (await generate(first, AbortSignal.abort())).stopReason,
    "aborted",
    "who does not want it any more does not wait",
  );
  resolve();
  await Promise.all([...running, other, third, joining]);
  assert.deepEqual(unloaded, ["first"]);
  assert.ok(((await held) as EngineError).failure === "unloaded");
  assert.equal((await generate(await third)).stopReason, "end");
  assert.equal((await generate(second)).stopReason, "end");
});

test("what was held back goes on where the place is not needed any more", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  end = promise;
  const [first, second] = [await load("first", { threads: 1 }), await load("second", { threads: 2 })];
  const running = [generate(first), generate(second)];
  const third = load("third", { threads: 3 }).catch((error: unknown) => error);
  await new Promise(setImmediate);
  const held = generate(first);
  const [client] = [...clients].filter(({ id }) => id === "third");
  assert.ok(client);
  await models.release(client);
  assert.ok((await third) instanceof EngineError);
  resolve();
  await Promise.all([...running, held]);
  assert.equal(generated.length, 3);
});

test("what was held back goes on where another model gave way", async () => {
  const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const [first, second] = [await load("first", { threads: 1 }), await load("second", { threads: 2 })];
  end = one.promise;
  const running = generate(first);
  end = two.promise;
  const short = generate(second);
  const third = load("third", { threads: 3 });
  await new Promise(setImmediate);
  end = undefined;
  const held = generate(first);
  two.resolve();
  await Promise.all([short, third, held]);
  assert.deepEqual(unloaded, ["second"]);
  one.resolve();
  await running;
});

test("of three windows that all ask without a pause none is put off: each load is followed by an answer", async () => {
  const answers = [0, 0, 0];
  const isOver = () => answers.every((count) => count >= 5) || loads.length > 200;
  /** Waits as long as a message between processes takes at the least. */
  const message = async () => {
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  };
  const askOn = async (window: number) => {
    while (!isOver()) {
      const loaded = await load(`window ${window}`, { threads: window + 1 });
      for (let isThere = true; isThere && !isOver();) {
        await message();
        end = message();
        isThere = await generate(loaded).then(
          () => true,
          () => false,
        );
        if (isThere) answers[window] = (answers[window] ?? 0) + 1;
      }
    }
    await Promise.all([...clients].filter(({ id }) => id === `window ${window}`).map((each) => models.release(each)));
  };
  await Promise.all([0, 1, 2].map(askOn));
  assert.ok(
    answers.every((count) => count >= 5),
    `${answers.join(", ")} answers`,
  );
  const sum = answers.reduce((a, b) => a + b);
  // The last load of each may come when all is over, or after a rest of the machine.
  assert.ok(loads.length < 2 * sum, `${loads.length} loads for ${sum} answers`);
});
