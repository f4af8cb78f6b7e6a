// Contexts are saved over restarts of the model process: they save work, change no text, and cannot do harm.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type { Generation, GenerateRequest } from "../../server/engine/engine.ts";
import { modelFile } from "../support/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";
import { until } from "../support/processes.ts";

type ModelName = Parameters<typeof modelFile>[0];

const root = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-saved-states-"));
let started: ModelUnderTest[] = [];
let deaths: string[] = [];
/** What the log says of saved contexts. */
let logged: string[] = [];
afterEach(async () => {
  await Promise.all(started.map((engine) => engine.dispose()));
  const died = deaths;
  [started, deaths, logged] = [[], [], []];
  assert.deepEqual(died, []);
});
after(() => fs.rmSync(root, { recursive: true }));

const never = new AbortController().signal;

/** A folder that is not there yet. */
const newFolder = () => path.join(root, randomUUID());

interface StartOptions {
  readonly name?: ModelName;
  readonly path?: string;
  readonly contextSize?: number;
  readonly kvCache?: "f16" | "q8_0";
  readonly adapters?: readonly { readonly path: string; readonly scale: number }[];
  readonly saveAfter?: number;
  readonly measurements?: string;
}

async function start(
  folder: string | undefined,
  {
    name = "falcon7b",
    path = modelFile(name),
    contextSize = 1024,
    kvCache,
    adapters,
    measurements,
    ...options
  }: StartOptions = {},
): Promise<ModelUnderTest> {
  const engine = new ModelUnderTest({
    log: (line) => {
      if (line.includes("saved")) logged.push(line);
    },
    onDied: (reason) => deaths.push(reason),
  });
  started.push(engine);
  const promptCache = folder !== undefined && { promptCache: folder };
  const plan = {
    path,
    contextSize,
    gpu: "off",
    threads: 1,
    ...(kvCache && { kvCache }),
    ...(adapters && { adapters }),
    ...promptCache,
    ...(measurements !== undefined && { measurements }),
  } as const;
  await engine.load({ plan, ...options });
  return engine;
}

function generate(engine: ModelUnderTest, prompt: GenerateRequest["prompt"], maxTokens = 20): Promise<Generation> {
  return engine.generate(
    { priority: "completion", prompt, maxTokens, temperature: 0, stop: [] },
    () => undefined,
    never,
  );
}

/** Lines of a dozen tokens. */
function lines(subject: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `let ${subject}${i} = find(${(i * 37) % 101});\n`);
}

/** A prompt of some hundred tokens, of which the start of the last line is the stable place. */
function prompt(subject: string, line = `let ${subject} = `): GenerateRequest["prompt"] {
  return [...lines(subject, 30), { stable: true }, line];
}

function assertWarm({ usage }: Generation): void {
  assert.ok(usage.prompt > 200 && usage.prompt - usage.reused < 30, JSON.stringify(usage));
}

function assertCold({ usage }: Generation): void {
  assert.ok(usage.prompt > 200 && usage.reused < 10, JSON.stringify(usage));
}

function filesIn(folder: string): string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder).map((file) => path.join(folder, file)) : [];
}

function savedIn(folder: string): string[] {
  return filesIn(folder).filter((file) => file.endsWith(".state"));
}

/** Runs one process that writes after the prompts, and saves. */
async function save(folder: string, ...prompts: readonly GenerateRequest["prompt"][]): Promise<string[]> {
  const engine = await start(folder);
  for (const each of prompts) await generate(engine, each);
  await engine.dispose();
  return filesIn(folder);
}

for (const name of ["falcon7b", "falcon40b", "falcon3", "falconH1", "falconMamba"] as const) {
  test(`${name} goes on after a restart where it was, with the same text`, async () => {
    const folder = newFolder();
    const [boat, next] = [prompt("boat"), prompt("boat", "if (")];
    const first = await start(folder, { name });
    const written = await generate(first, boat);
    assertCold(written);
    const { text: nextText } = await generate(first, next);
    await first.dispose();

    const second = await start(folder, { name });
    const again = await generate(second, boat);
    assertWarm(again);
    assert.equal(again.text, written.text);
    // The next key, and then something else.
    const other = await generate(second, next);
    assertWarm(other);
    assert.equal(other.text, nextText);
    const pier = await generate(second, prompt("pier"));
    assertCold(pier);
    await second.dispose();

    // Where all sequences hold something else.
    const third = await start(folder, { name });
    for (let i = 0; i <= (third.model?.info.sequences ?? 0); i++) {
      const subject = `crane${i}and`;
      await generate(third, [...lines(subject, 10), { stable: true }, ...lines(subject, 20)]);
    }
    for (const [asked, text] of [
      [next, nextText],
      [prompt("pier"), pier.text],
    ] as const) {
      const late = await generate(third, asked);
      assertWarm(late);
      assert.equal(late.text, text);
    }
  });
}

test("a context of another size goes on from what was saved, where that fits into it", async () => {
  const folder = newFolder();
  const files = await save(folder, prompt("boat"));
  assertWarm(await generate(await start(folder, { contextSize: 1500 }), prompt("boat")));
  const small = await start(folder, { contextSize: 200 });
  const { usage } = await generate(small, lines("boat", 12), 8);
  assert.ok(usage.reused < 10, JSON.stringify(usage));
  assert.deepEqual(savedIn(folder), files);
  assert.deepEqual(logged, []);
});

test("contexts are saved when nothing ran for a while, so that a kill does not lose them", async () => {
  const folder = newFolder();
  const engine = await start(folder, { saveAfter: 100 });
  const subjects = ["pier", "boat"];
  for (const [before, subject] of subjects.entries()) {
    await generate(engine, prompt(subject));
    while (savedIn(folder).length === before) await sleep(20);
  }
  process.kill(engine.pid, "SIGKILL");
  const next = await start(folder);
  for (const subject of subjects) assertWarm(await generate(next, prompt(subject)));
  assert.deepEqual(deaths.splice(0), ["SIGKILL"]);
});

describe("where the rates of reading and evaluating were measured", () => {
  let folder: string;
  let measurements: string;
  /** Changes what was measured. */
  const measured = (rates: Readonly<Record<string, number>>) => {
    const all = JSON.parse(fs.readFileSync(measurements, "utf8")) as Record<string, Record<string, number>>;
    const changed = Object.entries(all).map(([subject, values]) => [subject, { ...values, ...rates }] as const);
    assert.equal(changed.length, 1);
    fs.writeFileSync(measurements, JSON.stringify(Object.fromEntries(changed)));
  };
  before(async () => {
    folder = newFolder();
    measurements = path.join(root, `${randomUUID()}.json`);
    const engine = await start(folder, { measurements });
    await generate(engine, prompt("boat"));
    await engine.dispose();
    assert.equal(savedIn(folder).length, 1);
  });

  test("a context that is evaluated faster is not read", async () => {
    measured({ readRate: 1e-9, promptRate: 1e9 });
    assertCold(await generate(await start(folder, { measurements }), prompt("boat")));
  });

  test("a context that is read faster is read", async () => {
    measured({ readRate: 1e12, promptRate: 1e-9 });
    assertWarm(await generate(await start(folder, { measurements }), prompt("boat")));
  });

  test("one that takes long to write is not written while the model rests, when a key would wait for it", async () => {
    measured({ readRate: 1e12, writeRate: 1e-9 });
    const engine = await start(folder, { measurements, saveAfter: 2000 });
    await generate(engine, prompt("pier"));
    await until("it was about to be written", () => logged.length > 0);
    process.kill(engine.pid, "SIGKILL");
    await until("it is gone", () => deaths.length > 0);
    assert.match(logged.splice(0).join("\n"), /not saved: it would take more than 50 ms/);
    assert.deepEqual(deaths.splice(0), ["SIGKILL"]);
    assert.equal(savedIn(folder).length, 1);
  });

  test("it is written after a long rest", async () => {
    measured({ readRate: 1e12, writeRate: 1e-9 });
    const engine = await start(folder, { measurements, saveAfter: 20 });
    await generate(engine, prompt("pier"));
    await until("it is written", () => savedIn(folder).length === 2);
    assert.match(logged.splice(0).join("\n"), /not saved: it would take more than 50 ms/);
  });
});

test("only the user can read the files", async () => {
  const folder = newFolder();
  const files = await save(folder, prompt("boat"));
  assert.equal(files.length, 1);
  for (const file of files) assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.equal(fs.statSync(folder).mode & 0o777, 0o700);
});

test("what is saved already is not written again, and what goes on from it takes its place", async () => {
  const folder = newFolder();
  const files = await save(folder, prompt("boat"));
  assert.deepEqual(await save(folder, prompt("boat", "if (")), files);
  const later = await save(folder, [...prompt("boat"), ...prompt("pier")]);
  assert.equal(later.length, 1);
  assert.notDeepEqual(later, files);
});

describe("a file that is not what was saved", () => {
  const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    "cut in the middle": (bytes) => bytes.subarray(0, bytes.length / 2),
    "without its last byte": (bytes) => bytes.subarray(0, -1),
    "without its checksum": (bytes) => bytes.subarray(0, -32),
    "with more cells than there are": (bytes) => {
      const cells = 12 + 4 * bytes.readUInt32LE(8) + 4;
      bytes.writeUInt32LE(2 ** 30, cells);
      return bytes;
    },
    "with a changed bit": (bytes) => {
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 64, bytes.length >> 1);
      return bytes;
    },
  };
  let whole: string;
  before(async () => {
    whole = (await save(newFolder(), prompt("boat")))[0] ?? assert.fail("it was saved");
  });
  for (const [name, damage] of Object.entries(damages)) {
    test(`${name} is not loaded, and deleted`, async () => {
      const folder = newFolder();
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, path.basename(whole)), damage(fs.readFileSync(whole)));
      const engine = await start(folder);
      assertCold(await generate(engine, prompt("boat")));
      assert.deepEqual(filesIn(folder), []);
      assert.equal(logged.length, 1);
    });
  }

  test("another kind of context's is not loaded", async () => {
    const folder = newFolder();
    const [file] = await save(folder, prompt("boat"));
    assert.ok(file);
    const quantized = await start(folder, { kvCache: "q8_0" });
    assertCold(await generate(quantized, prompt("boat")));
    await quantized.dispose();
    const other = filesIn(folder).find((each) => each !== file);
    assert.ok(other, "each has a file of its own");
    assert.deepEqual(logged, []);
    // Even under the other's name.
    fs.renameSync(other, file);
    assertCold(await generate(await start(folder), prompt("boat")));
    assert.equal(logged.length, 1);
  });

  test("a changed model does not get the states of the one before it", async () => {
    const folder = newFolder();
    const file = path.join(root, "copy.gguf");
    const run = async () => {
      const engine = await start(folder, { path: file });
      const written = await generate(engine, prompt("boat"));
      await engine.dispose();
      return written;
    };
    fs.copyFileSync(modelFile("falcon7b"), file);
    fs.utimesSync(file, 1000, 1000);
    assertCold(await run());
    assertWarm(await run());
    // Of the same size and time.
    const bytes = fs.readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 5) ^ 1, bytes.length - 5);
    fs.writeFileSync(file, bytes);
    fs.utimesSync(file, 1000, 1000);
    assertCold(await run());
  });

  test("a model does not get what was saved with an adapter, nor with another scale of it", async () => {
    const folder = newFolder();
    const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/parity/${name}`, import.meta.url));
    const run = async (scale?: number) => {
      const adapters = scale !== undefined && { adapters: [{ path: fixture("falcon7b-adapter.gguf"), scale }] };
      const engine = await start(folder, { path: fixture("falcon7b.gguf"), ...adapters });
      const written = await generate(engine, prompt("boat"));
      await engine.dispose();
      return written;
    };
    for (const scale of [undefined, 1, 0.5]) assertCold(await run(scale));
    assertWarm(await run(1));
  });
});

test("where nothing can be saved, completions go on and the log says so once", async () => {
  const file = newFolder();
  fs.writeFileSync(file, "");
  const engine = await start(path.join(file, "states"), { saveAfter: 50 });
  const boat = await generate(engine, prompt("boat"));
  await until("the log says so", () => logged.length > 0);
  await generate(engine, prompt("pier"));
  await sleep(200);
  assert.equal((await generate(engine, prompt("boat"))).text, boat.text);
  await engine.dispose();
  assert.equal(logged.length, 1, logged.join("\n"));
});

test("what was deleted is not saved again, but what is written after that", async () => {
  const folder = newFolder();
  const engine = await start(folder, { saveAfter: 50 });
  await generate(engine, prompt("boat"));
  while (savedIn(folder).length === 0) await sleep(20);
  fs.rmSync(folder, { recursive: true });
  await generate(engine, prompt("pier"));
  await engine.dispose();
  const next = await start(folder);
  assertCold(await generate(next, prompt("boat")));
  assertWarm(await generate(next, prompt("pier")));
  assert.deepEqual(logged, []);
});

test("nothing of a private request is saved, but what another prompt has in its place", async () => {
  const folder = newFolder();
  const engine = await start(folder);
  const request = { priority: "chat", maxTokens: 5, temperature: 0, stop: [] } as const;
  const ask = (subject: string, more: Partial<GenerateRequest>) =>
    engine.generate({ ...request, prompt: prompt(subject), ...more }, () => undefined, never);
  await ask("secret", { private: true, candidates: 2 });
  const aborted = new AbortController();
  const ended = engine.generate(
    { ...request, prompt: prompt("hidden"), private: true, maxTokens: 500 },
    () => aborted.abort(),
    aborted.signal,
  );
  assert.equal((await ended).stopReason, "aborted");
  await ask("boat", {});
  await engine.dispose();
  assert.equal(savedIn(folder).length, 1);
  const next = await start(folder);
  assertCold(await generate(next, prompt("secret")));
  assertCold(await generate(next, prompt("hidden")));
  assertWarm(await generate(next, prompt("boat")));
});

test("two processes share a folder", async () => {
  const folder = newFolder();
  const subjects = ["boat", "pier"];
  let texts: string[] | undefined;
  for (let round = 0; round < 3; round++) {
    const engines = [await start(folder, { saveAfter: 1 }), await start(folder, { saveAfter: 1 })];
    // In every second round, each process is asked for what the other has saved.
    const asked = round === 1 ? engines.toReversed() : engines;
    const written = await Promise.all(
      subjects.map((subject, i) => generate(asked[i] ?? assert.fail(), prompt(subject))),
    );
    written.forEach(round === 0 ? assertCold : assertWarm);
    texts ??= written.map(({ text }) => text);
    assert.deepEqual(
      written.map(({ text }) => text),
      texts,
    );
    await Promise.all(engines.map((engine) => engine.dispose()));
  }
  assert.deepEqual(logged, []);
  assert.equal(filesIn(folder).length, 2);
});

test("what is too old is deleted, and what a process left that died while it saved is not read", async () => {
  const folder = newFolder();
  const [old] = await save(folder, prompt("boat"));
  const left = (await save(folder, prompt("pier"))).find((file) => file !== old);
  assert.ok(old && left);
  const unfinished = path.join(folder, "in-use-1-0.tmp");
  const aged = (file: string, hours: number) => {
    const time = Date.now() / 1000 - hours * 3600;
    fs.utimesSync(file, time, time);
  };
  fs.renameSync(left, unfinished);
  aged(old, 6 * 24);
  const engine = await start(folder);
  assertCold(await generate(engine, prompt("pier")));
  assert.deepEqual(filesIn(folder).sort(), [old, unfinished].sort());
  aged(old, 8 * 24);
  aged(unfinished, 1);
  await start(folder);
  assert.deepEqual(filesIn(folder), []);
});

test("a request that runs ends when the model is unloaded, and the next process starts after that", async () => {
  const engine = await start(newFolder());
  const { pid } = engine;
  assert.ok(pid);
  const ended = assert.rejects(generate(engine, prompt("boat"), 600), { failure: "died" });
  const disposed = engine.dispose();
  const plan = { path: modelFile("falcon7b"), contextSize: 1024, gpu: "off", threads: 1 } as const;
  const loaded = engine.load({ plan });
  while (engine.host.pid === undefined) await sleep(1);
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  await Promise.all([ended, disposed, loaded]);
});
