// What a saved state depends on, tried: it goes on with the same text in contexts that have its identity, and in no other.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  getLlama,
  GgmlType,
  type Llama,
  type LlamaContextOptions,
  type LlamaContextSequence,
  LlamaLogLevel,
  type LlamaModel,
  type Token,
} from "node-llama-cpp";

import { stateIdentity } from "../../server/engine/llama/promptCache/stateIdentity.ts";
import { copyForSequences } from "../../server/engine/llama/promptCache/stateStreams.ts";
import { modelFile } from "../support/models.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-state-identity-"));
let count = 0;
const newFile = () => path.join(folder, `${count++}`);
const options = { gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error } as const;
const llama: Llama = await getLlama({ ...options, logger: () => undefined });
after(async () => {
  await llama.dispose();
  fs.rmSync(folder, { recursive: true });
});

const text = "const berth0 = boats[0];\nconst berth1 = boats[37];\nclass";

/** A context as the engine makes them, of the size that a machine with so much memory has. */
function createContext(model: LlamaModel, changes: LlamaContextOptions = {}) {
  const usual = { sequences: 4, contextSize: 512, threads: 1, flashAttention: false } as const;
  return model.createContext({ ...usual, ...changes });
}

async function write(sequence: LlamaContextSequence, prompt: readonly Token[]): Promise<readonly Token[]> {
  const written: Token[] = [];
  for await (const token of sequence.evaluate([...prompt], { temperature: 0 })) {
    written.push(token);
    if (written.length === 12) break;
  }
  return written;
}

for (const name of ["falcon7b", "falcon40b", "falcon3", "falconH1", "falconMamba"] as const) {
  test(`${name}: a state is of any number of sequences and size of the context`, async () => {
    const modelPath = modelFile(name);
    const model = await llama.loadModel({ modelPath });
    const tokens = model.tokenize(text);
    const large = await createContext(model);
    const sequences = [large.getSequence(), large.getSequence(), large.getSequence()];
    const saved = newFile();
    await sequences[2]?.evaluateWithoutGeneratingNewTokens(tokens.slice(0, -1));
    await sequences[2]?.saveStateToFile(saved);
    const right = await write(sequences[2] ?? assert.fail(), tokens.slice(-1));

    const identity = await stateIdentity(large, { path: modelPath }, "");
    let file = saved;
    for (const sequences of [1, 2, 4]) {
      const context = await createContext(model, { sequences, contextSize: 64 * sequences });
      assert.equal(await stateIdentity(context, { path: modelPath }, ""), identity);
      for (let i = 0; i < sequences; i++) {
        const sequence = context.getSequence();
        const copy = newFile();
        const isCopied = await copyForSequences(file, sequence, copy);
        assert.equal(isCopied, i === 0 && !model.fileInsights.isRecurrent);
        if (isCopied) file = copy;
        await sequence.loadStateFromFile(file, { acceptRisk: true });
        assert.deepEqual(sequence.contextTokens, tokens.slice(0, -1));
        assert.deepEqual(await write(sequence, tokens.slice(-1)), right);
      }
      await context.dispose();
    }
    // There and back it is what it was, but for which stream it was in.
    if (!model.fileInsights.isRecurrent) assert.equal(fs.statSync(file).size, fs.statSync(saved).size);
    await model.dispose();
  });
}

test("a state with values in the order of flash attention, or of other types, is another one", async () => {
  const modelPath = modelFile("falcon7b");
  const model = await llama.loadModel({ modelPath });
  const tokens = model.tokenize(text);
  const saved = newFile();
  const context = await createContext(model);
  const sequence = context.getSequence();
  await sequence.evaluateWithoutGeneratingNewTokens(tokens);
  await sequence.saveStateToFile(saved);
  const identities = new Set([await stateIdentity(context, { path: modelPath }, "")]);
  const quantized = { experimentalKvCacheKeyType: GgmlType.Q8_0, experimentalKvCacheValueType: GgmlType.Q8_0 };
  for (const changes of [{ flashAttention: true }, { flashAttention: true, ...quantized }]) {
    const other = await createContext(model, changes);
    identities.add(await stateIdentity(other, { path: modelPath }, ""));
    const loaded = other.getSequence().loadStateFromFile(saved, { acceptRisk: true });
    await assert.rejects(loaded, /Failed to load state/);
    await other.dispose();
  }
  assert.equal(identities.size, 3);
  await model.dispose();
});

test("a state with an adapter, with another scale of it, of other weights or another library is another one", async () => {
  const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/parity/${name}`, import.meta.url));
  const model = await llama.loadModel({ modelPath: fixture("falcon7b.gguf") });
  const context = await createContext(model);
  const adapter = (scale: number) => ({ path: fixture("falcon7b-adapter.gguf"), scale });
  const plan = { path: fixture("falcon7b.gguf") };
  const plans = [
    plan,
    { ...plan, adapters: [adapter(1)] },
    { ...plan, adapters: [adapter(0.5)] },
    { path: fixture("falcon3.gguf") },
  ];
  const identities = await Promise.all(plans.map((each) => stateIdentity(context, each, "1")));
  identities.push(await stateIdentity(context, plan, "2"));
  assert.equal(new Set(identities).size, 5);
  await model.dispose();
});

test("what is no state is not copied", async () => {
  await using model = await llama.loadModel({ modelPath: modelFile("falcon7b") });
  const sequence = (await createContext(model)).getSequence();
  const file = newFile();
  fs.writeFileSync(file, Buffer.alloc(100));
  await assert.rejects(copyForSequences(file, sequence, newFile()), /no stream/);
  fs.writeFileSync(file, Buffer.alloc(10));
  await assert.rejects(copyForSequences(file, sequence, newFile()), /ends too early/);
});
