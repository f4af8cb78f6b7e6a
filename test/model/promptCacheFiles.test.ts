// The prompt cache of one context, in the same process: what is in its folder meanwhile, and what is deleted meanwhile.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, beforeEach, mock, test } from "node:test";
import { getLlama, type Llama, type LlamaContextSequence, LlamaLogLevel } from "node-llama-cpp";

import { type Measured, Measurements } from "../../server/engine/llama/load/measurements.ts";
import { PromptCache } from "../../server/engine/llama/promptCache/promptCache.ts";
import { Rates } from "../../server/engine/llama/promptCache/rates.ts";
import { readTokens } from "../../server/engine/llama/promptCache/stateFile.ts";
import { deleteExpiredFiles } from "../../server/engine/promptCacheFolder.ts";
import { modelFile } from "../support/models.ts";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-prompt-cache-"));
after(() => fs.rmSync(root, { recursive: true }));

const logged: string[] = [];
let folder: string;
beforeEach(() => {
  folder = path.join(root, randomUUID());
  logged.length = 0;
});

function savedFiles(): string[] {
  return filesIn().filter((file) => file.endsWith(".state"));
}

function filesIn(): string[] {
  return fs.readdirSync(folder).map((file) => path.join(folder, file));
}

const options = {
  identity: "a".repeat(64),
  rates: new Rates(undefined, 1),
  log: (line: string) => logged.push(line),
};
let llama: Llama;
let sequences: LlamaContextSequence[];
before(async () => {
  llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
  const model = await llama.loadModel({ modelPath: modelFile("falcon7b") });
  const context = await model.createContext({ sequences: 4, contextSize: 512, threads: 1 });
  sequences = ["boat", "pier", "mast", "sail"].map(() => context.getSequence());
  for (const [i, sequence] of sequences.entries()) {
    await sequence.evaluateWithoutGeneratingNewTokens(model.tokenize(`${i} ${"let boat = find(37);\n".repeat(20)}`));
  }
});
after(() => llama.dispose());

test("all files together take no more than they may, and the oldest go first", async () => {
  const saveAll = async (maxSize: number) => {
    const cache = new PromptCache({ ...options, folder, sequences, maxSize });
    for (const sequence of sequences) await (await cache.save(sequence))?.();
    const saved = await Promise.all(savedFiles().map(readTokens));
    return saved.map((tokens) => sequences.findIndex(({ contextTokens }) => contextTokens[0] === tokens[0])).sort();
  };
  const size = (sequences[0]?.context.stateSize ?? 0) / sequences.length;
  fs.mkdirSync(folder);
  fs.utimesSync(folder, 1000, 1000);
  assert.deepEqual(await saveAll(size / 2), []);
  assert.equal(fs.statSync(folder).mtimeMs, 1_000_000, "nothing was written that would be too large");
  assert.deepEqual(await saveAll(size * 2.5), [2, 3]);
  assert.deepEqual(await saveAll(size * 3.5), [1, 2, 3]);
  assert.deepEqual(logged, []);
});

test("what was saved among four sequences is read where there is room for one, and the other way round", async () => {
  const [, , sequence] = sequences;
  assert.ok(sequence);
  const tokens = sequence.contextTokens;
  const cache = new PromptCache({ ...options, folder, sequences });
  await (
    await cache.save(sequence)
  )?.();
  const files = filesIn();
  const context = await sequence.model.createContext({ sequences: 1, contextSize: 512, threads: 1 });
  const alone = context.getSequence();
  const small = new PromptCache({ ...options, folder, sequences: [alone] });
  assert.equal(await small.restore(alone, tokens), true);
  assert.deepEqual(alone.contextTokens, tokens);
  assert.deepEqual(filesIn(), files);

  fs.rmSync(folder, { recursive: true });
  await alone.evaluateWithoutGeneratingNewTokens([...tokens.slice(0, 100)]);
  const more = alone.contextTokens;
  await (
    await new PromptCache({ ...options, folder, sequences: [alone] }).save(alone)
  )?.();
  await sequence.clearHistory();
  assert.equal(await new PromptCache({ ...options, folder, sequences }).restore(sequence, more), true);
  assert.deepEqual(sequence.contextTokens, more);
  assert.deepEqual(logged, []);
  await sequence.eraseContextTokenRanges([{ start: tokens.length, end: more.length }]);
  await context.dispose();
});

/** Rates of the disk that were measured in another process, as far as they are given. */
function measuredRates(values: Measured, promptRate = 1): Rates {
  return new Rates({ values, remember: () => undefined }, promptRate);
}

test("a saved context is read where that takes less time than to evaluate what it holds, and only there", async () => {
  const [, sequence, other] = sequences;
  assert.ok(sequence && other);
  const tokens = sequence.contextTokens;
  await (
    await new PromptCache({ ...options, folder, sequences }).save(sequence)
  )?.();
  const [file] = savedFiles();
  assert.ok(file);
  const readRate = fs.statSync(file).size / 10;
  const before = other.contextTokens;
  const restore = async (rates: Measured, promptRate: number) => {
    await other.clearHistory();
    const cache = new PromptCache({ ...options, folder, sequences, rates: measuredRates(rates, promptRate) });
    return cache.restore(other, tokens);
  };
  assert.equal(await restore({ readRate }, tokens.length / 9), false);
  assert.deepEqual(other.contextTokens, []);
  assert.equal(await restore({ readRate }, tokens.length / 11), true);
  assert.deepEqual(other.contextTokens, tokens);
  assert.equal(await restore({}, 1e9), true, "until it is measured");
  await other.clearHistory();
  await other.evaluateWithoutGeneratingNewTokens(before);
  assert.deepEqual(logged, []);
});

test("what takes long to write is not written while the model rests", async () => {
  const [sequence] = sequences;
  assert.ok(sequence);
  const size = sequence.context.stateSize / sequences.length;
  const save = async (rates: Measured, longest?: number) => {
    const cache = new PromptCache({ ...options, folder, sequences, rates: measuredRates(rates) });
    await (
      await cache.save(sequence, longest)
    )?.();
    return fs.existsSync(folder) ? savedFiles().length : 0;
  };
  assert.equal(await save({ writeRate: size / 60 }, 50), 0);
  assert.equal(await save({ writeRate: size / 40 }, 50), 1);
  fs.rmSync(folder, { recursive: true });
  assert.equal(await save({ writeRate: size / 60 }), 1);
});

test("how fast contexts are written and read is measured, and known to the next process", async () => {
  const [sequence] = sequences;
  assert.ok(sequence);
  const file = path.join(root, randomUUID(), "measurements.json");
  const measurements = await Measurements.open(file, "a model", (line) => logged.push(line));
  const rates = new Rates(measurements, 1e-9);
  const cache = new PromptCache({ ...options, folder, sequences, rates });
  await (
    await cache.save(sequence)
  )?.();
  const tokens = sequence.contextTokens;
  await sequence.clearHistory();
  assert.equal(await cache.restore(sequence, tokens), true);
  await measurements.written;
  const { values } = await Measurements.open(file, "a model", (line) => logged.push(line));
  assert.deepEqual(values, measurements.values);
  const isLarge = sequence.context.stateSize / sequences.length > 100_000;
  assert.deepEqual(Object.keys(values).sort(), isLarge ? ["readRate", "writeRate"] : []);
  assert.deepEqual((await Measurements.open(file, "another", (line) => logged.push(line))).values, {});
  assert.deepEqual(logged, []);
});

test("a sequence is free before its file has a checksum, and until then nobody reads the file", async () => {
  const [sequence] = sequences;
  assert.ok(sequence);
  const cache = new PromptCache({ ...options, folder, sequences });
  const rest = await cache.save(sequence);
  assert.deepEqual([filesIn().length, savedFiles().length], [1, 0]);
  const tokens = sequence.contextTokens;
  const other = new PromptCache({ ...options, folder, sequences });
  await sequence.clearHistory();
  assert.equal(await other.restore(sequence, tokens), false);
  await rest?.();
  assert.deepEqual([filesIn().length, savedFiles().length], [1, 1]);
  assert.equal(await other.restore(sequence, tokens), true);
  assert.deepEqual(sequence.contextTokens, tokens);
  assert.deepEqual(logged, []);
});

test("what is deleted while it is written is not saved, and the next one is", async () => {
  const [first, second, third] = sequences;
  assert.ok(first && second && third);
  const cache = new PromptCache({ ...options, folder, sequences });
  const write = first.saveStateToFile.bind(first);
  const deleting = mock.method(first, "saveStateToFile", (file: string) => {
    fs.rmSync(folder, { recursive: true });
    return write(file);
  }).mock;
  await (
    await cache.save(first)
  )?.();
  deleting.restore();
  assert.ok(!fs.existsSync(folder));
  const rest = await cache.save(second);
  fs.rmSync(folder, { recursive: true });
  await rest?.();
  assert.ok(!fs.existsSync(folder));
  await (
    await cache.save(third)
  )?.();
  assert.equal(savedFiles().length, 1);
  // The user deleted these.
  for (const sequence of [first, second]) await (await cache.save(sequence))?.();
  assert.equal(savedFiles().length, 1);
  assert.deepEqual(logged, []);
});

test("a disk that is full is told once, and nothing of the try is left", async () => {
  const [first, second] = sequences;
  assert.ok(first && second);
  const cache = new PromptCache({ ...options, folder, sequences });
  const write = first.saveStateToFile.bind(first);
  const full = mock.method(first, "saveStateToFile", (file: string) => {
    fs.rmSync(file);
    fs.symlinkSync("/dev/full", file);
    return write(file);
  }).mock;
  await (
    await cache.save(first)
  )?.();
  full.restore();
  assert.deepEqual(filesIn(), []);
  assert.equal(logged.length, 1, logged.join("\n"));
  await (
    await cache.save(second)
  )?.();
  assert.deepEqual([filesIn().length, logged.length], [0, 1]);
});

test("what is deleted while it is read is used still", async () => {
  const [sequence] = sequences;
  assert.ok(sequence);
  const tokens = sequence.contextTokens;
  await (
    await new PromptCache({ ...options, folder, sequences }).save(sequence)
  )?.();
  const cache = new PromptCache({ ...options, folder, sequences });
  await sequence.clearHistory();
  const load = sequence.loadStateFromFile.bind(sequence);
  const deleting = mock.method(sequence, "loadStateFromFile", async (...args: Parameters<typeof load>) => {
    await load(...args);
    fs.rmSync(folder, { recursive: true });
  }).mock;
  assert.equal(await cache.restore(sequence, tokens), true);
  deleting.restore();
  assert.deepEqual(sequence.contextTokens, tokens);
  assert.ok(!fs.existsSync(folder));
  assert.deepEqual(logged, []);
});

test("an old file that is read is not taken for one that a dead process left", async () => {
  const [sequence] = sequences;
  assert.ok(sequence);
  const tokens = sequence.contextTokens;
  const cache = new PromptCache({ ...options, folder, sequences });
  await (
    await cache.save(sequence)
  )?.();
  for (const file of savedFiles()) fs.utimesSync(file, Date.now() / 1000 - 86_400, Date.now() / 1000 - 86_400);
  await sequence.clearHistory();
  const load = sequence.loadStateFromFile.bind(sequence);
  const pruning = mock.method(sequence, "loadStateFromFile", async (...args: Parameters<typeof load>) => {
    await deleteExpiredFiles(folder);
    await load(...args);
  }).mock;
  assert.equal(await cache.restore(sequence, tokens), true);
  pruning.restore();
  assert.equal(savedFiles().length, 1);
});
