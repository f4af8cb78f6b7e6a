// Adapters that PEFT wrote, converted as llama.cpp's own converter does it: training/adapter_reference.py wrote the reference.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, suite, test } from "node:test";
import { fileURLToPath } from "node:url";

import { convertAdapter, convertFolder } from "../../../../server/models/convert/convertFolder.ts";
import { tensorTypeName } from "../../../../server/models/files/tensorTypes.ts";
import { type OriginalName, writeOriginal } from "../../../fixtures/originals/originals.ts";
import { readGguf } from "../../../support/readGguf.ts";

const fixtures = fileURLToPath(new URL("../../../fixtures/adapters/", import.meta.url));
const names = fs.readdirSync(fixtures) as OriginalName[];
const workerPath = fileURLToPath(new URL("../../../../server/models/convert/worker.ts", import.meta.url));
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-adapter-"));
after(() => fs.rmSync(temporary, { recursive: true }));

/** The original weights of a model, and what was converted of them. */
async function modelOf(name: OriginalName) {
  const base = writeOriginal(temporary, name);
  const modelFile = path.join(temporary, `${name}.gguf`);
  if (!fs.existsSync(modelFile)) await convertFolder(base, modelFile, "F32", { workerPath });
  return { base, modelFile };
}

suite("an adapter", () => {
  for (const name of names) {
    test(`${name}: the same tensors, and the same scale`, async () => {
      const folder = path.join(fixtures, name);
      const file = path.join(temporary, `${name}-adapter.gguf`);
      await convertAdapter({ folder, ...(await modelOf(name)) }, file, { workerPath });
      const { keys, tensors } = readGguf(file);
      const described = Array.from(tensors, ([tensor, { type, dims, bytes }]) => [
        tensor,
        `${tensorTypeName(type)} ${dims.join("×")} ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`,
      ]);
      const reference = JSON.parse(fs.readFileSync(path.join(folder, "reference.json"), "utf8")) as {
        readonly tensors: Readonly<Record<string, string>>;
      };
      assert.deepEqual(Object.fromEntries(described), reference.tensors);
      assert.equal(keys.get("adapter.lora.alpha")?.value, 6);
    });
  }

  /** Converts a copy of an adapter whose files were changed. */
  async function convertChanged(change: (folder: string) => void, base: OriginalName = "tiny-falcon-7b") {
    const folder = fs.mkdtempSync(path.join(temporary, "changed-"));
    for (const file of fs.readdirSync(path.join(fixtures, "tiny-falcon-7b"))) {
      fs.copyFileSync(path.join(fixtures, "tiny-falcon-7b", file), path.join(folder, file));
    }
    change(folder);
    const file = path.join(folder, "adapter.gguf");
    await convertAdapter({ folder, ...(await modelOf(base)) }, file, { workerPath });
    return readGguf(file);
  }

  function set(folder: string, settings: Readonly<Record<string, unknown>>) {
    const file = path.join(folder, "adapter_config.json");
    const given = JSON.parse(fs.readFileSync(file, "utf8")) as object;
    fs.writeFileSync(file, JSON.stringify({ ...given, ...settings }));
  }

  test("whose scale goes by the root of its rank", async () => {
    const { keys } = await convertChanged((folder) => set(folder, { use_rslora: true }));
    const alpha = Number(keys.get("adapter.lora.alpha")?.value);
    // llama.cpp divides by the rank, 2.
    assert.ok(Math.abs(alpha / 2 - 6 / Math.SQRT2) < 1e-6);
  });

  const faults: readonly (readonly [string, RegExp, (folder: string) => void])[] = [
    ["without its config", /adapter_config\.json is missing/, (folder) => fs.rmSync(`${folder}/adapter_config.json`)],
    [
      "without weights",
      /adapter_model\.safetensors is missing/,
      (folder) => fs.rmSync(`${folder}/adapter_model.safetensors`),
    ],
    ["that is cut", /ends too early/, (folder) => fs.truncateSync(`${folder}/adapter_model.safetensors`, 3000)],
    ["of another kind", /peft_type is "IA3"/, (folder) => set(folder, { peft_type: "IA3" })],
    ["with DoRA", /use_dora is true/, (folder) => set(folder, { use_dora: true })],
    ["without a scale", /lora_alpha is null/, (folder) => set(folder, { lora_alpha: null })],
    ["with a scale for each matrix", /alpha_pattern is /, (folder) => set(folder, { alpha_pattern: { dense: 3 } })],
  ];
  for (const [name, message, change] of faults) {
    test(name, async () => {
      await assert.rejects(convertChanged(change), { name: "UserError", message });
    });
  }

  test("for another model", async () => {
    const nothing = () => undefined;
    await assert.rejects(convertChanged(nothing, "tiny-Falcon-H1"), { message: /changes nothing of the model/ });
    await assert.rejects(convertChanged(nothing, "tiny-falcon-40b"), { message: /has the shape .* makes it/ });
  });
});
