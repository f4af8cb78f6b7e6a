// Converted models through the engine, beside what Transformers says of the original weights:
// training/convert_reference.py wrote it.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { convertFolder } from "../../server/models/convert/convertFolder.ts";
import { type OriginalName, writeOriginal } from "../fixtures/originals/originals.ts";
import { tokenizeDirectly } from "../support/askDirectly.ts";
import { differenceOf } from "../support/closeness.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";

interface Reference {
  readonly text?: string;
  readonly tokens?: readonly number[];
  readonly logLikelihoods?: readonly number[];
}

const references = JSON.parse(
  fs.readFileSync(new URL("../fixtures/conversions.json", import.meta.url), "utf8"),
) as Readonly<Record<OriginalName, Reference>>;

/** Nats per token, in the mean. llama.cpp keeps keys and values in 16 bits and has tables for GELU. */
const tolerance = 1e-3;

const workerPath = fileURLToPath(new URL("../../dist/convert.cjs", import.meta.url));
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-convert-"));
const engine = new ModelUnderTest({ onDied: (reason) => assert.fail(`the model process died: ${reason}`) });
after(async () => {
  await engine.dispose();
  fs.rmSync(temporary, { recursive: true });
});

for (const [name, { text, tokens, logLikelihoods }] of Object.entries(references)) {
  if (text === undefined || !tokens || !logLikelihoods) continue;
  test(`${name}: each token has the likelihood that Transformers gives it`, async () => {
    const folder = writeOriginal(temporary, name as OriginalName);
    const file = path.join(temporary, `${name}.gguf`);
    await convertFolder(folder, file, "F32", { workerPath });
    assert.deepEqual(await tokenizeDirectly(file, [text]), [tokens]);
    await engine.load({ plan: { path: file, contextSize: 512, gpu: "off", threads: 1 } });
    const request = { priority: "background", prompt: [], continuations: [text] } as const;
    const [score] = (await engine.score(request, new AbortController().signal)) ?? [];
    const actual = score?.logProbabilities ?? [];
    const { mean } = differenceOf(actual, logLikelihoods.slice(-actual.length));
    assert.ok(mean <= tolerance, `${mean} nat in the mean`);
  });
}
