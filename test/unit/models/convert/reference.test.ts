// The keys and the bytes of llama.cpp's own converter and quantizer, for a small model of every Falcon family:
// training/convert_reference.py wrote test/fixtures/conversions.json.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, suite, test } from "node:test";
import { fileURLToPath } from "node:url";

import { convertFolder } from "../../../../server/models/convert/convertFolder.ts";
import { type FileType, fileTypes } from "../../../../server/models/convert/tensorTypes.ts";
import { tensorTypeName } from "../../../../server/models/files/tensorTypes.ts";
import { type OriginalName, originals, writeOriginal } from "../../../fixtures/originals/originals.ts";
import { readGguf } from "../../../support/readGguf.ts";

interface Reference {
  readonly keys: Readonly<Record<string, ReferenceKey>>;
  readonly tensors: Readonly<Record<FileType, Readonly<Record<string, string>>>>;
}

type ReferenceKey =
  | { readonly type: readonly string[]; readonly value: unknown }
  | { readonly type: readonly string[]; readonly length: number; readonly hash: string };

const references = JSON.parse(
  fs.readFileSync(new URL("../../../fixtures/conversions.json", import.meta.url), "utf8"),
) as Readonly<Record<OriginalName, Reference>>;

const workerPath = fileURLToPath(new URL("../../../../server/models/convert/worker.ts", import.meta.url));
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-convert-"));
after(() => fs.rmSync(temporary, { recursive: true }));

async function convert(name: OriginalName, type: FileType) {
  const file = path.join(temporary, `${name}-${type}.gguf`);
  await convertFolder(path.join(temporary, name), file, type, { workerPath });
  const converted = readGguf(file);
  fs.rmSync(file);
  return converted;
}

function digest(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex").slice(0, 16);
}

function asReference({ type, value }: { readonly type: readonly string[]; readonly value: unknown }): ReferenceKey {
  if (!Array.isArray(value)) return { type, value };
  return { type, length: value.length, hash: digest(value.join("\n")) };
}

/** llama.cpp's converter gives the output of such a model the embedding's multiplier. */
const differing: OriginalName = "tiny-Falcon-H1-tied";
const names = (Object.keys(originals) as OriginalName[]).filter((name) => name !== differing);

for (const name of names) {
  suite(name, () => {
    writeOriginal(temporary, name);
    const reference = references[name];

    test("has the same keys", async () => {
      const { keys } = await convert(name, "Q4_K_M");
      assert.deepEqual(Object.fromEntries(Array.from(keys, ([key, each]) => [key, asReference(each)])), reference.keys);
    });

    for (const type of Object.keys(fileTypes) as FileType[]) {
      test(`has the same tensors in ${type}`, async () => {
        const { tensors } = await convert(name, type);
        const described = Array.from(tensors, ([tensor, each]) => [
          tensor,
          `${tensorTypeName(each.type)} ${each.dims.join("×")} ${digest(each.bytes)}`,
        ]);
        assert.deepEqual(Object.fromEntries(described), reference.tensors[type]);
      });
    }
  });
}
