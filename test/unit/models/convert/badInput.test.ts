// What a folder of weights may have wrong with it: each gets its own message, and leaves no file behind.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, suite, test } from "node:test";
import { fileURLToPath } from "node:url";

import { convertFolder } from "../../../../server/models/convert/convertFolder.ts";
import type { FileType } from "../../../../server/models/convert/tensorTypes.ts";
import { UserError } from "../../../../server/userError.ts";
import { type OriginalName, writeOriginal } from "../../../fixtures/originals/originals.ts";
import { encodeHeader } from "../../../fixtures/originals/safetensors.ts";

const workerPath = fileURLToPath(new URL("../../../../server/models/convert/worker.ts", import.meta.url));
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-convert-"));
after(() => fs.rmSync(temporary, { recursive: true }));

let count = 0;

function original(name: OriginalName = "tiny-refined-web"): string {
  return writeOriginal(path.join(temporary, String(count++)), name);
}

interface Options {
  readonly type?: FileType;
  readonly signal?: AbortSignal;
  readonly onProgress?: () => void;
}

/** Files of the folder that a conversion writes into. */
async function convert(folder: string, { type = "Q4_0", ...options }: Options = {}): Promise<readonly string[]> {
  const target = path.join(temporary, String(count++));
  fs.mkdirSync(target);
  try {
    await convertFolder(folder, path.join(target, "model.gguf"), type, { workerPath, ...options });
  } catch (error) {
    assert.deepEqual(fs.readdirSync(target), [], "nothing is left behind");
    throw error;
  }
  return fs.readdirSync(target);
}

async function assertRefused(folder: string, message: RegExp, options: Options = {}): Promise<void> {
  await assert.rejects(convert(folder, options), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

type Json = Record<string, unknown>;

function editJson(file: string, edit: (json: Json) => void): void {
  const json = JSON.parse(fs.readFileSync(file, "utf8")) as Json;
  edit(json);
  fs.writeFileSync(file, JSON.stringify(json));
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Writes the header of a folder's weights anew; their data stays. */
function editHeader(folder: string, edit: (header: Record<string, Entry>) => void): void {
  const file = path.join(folder, "model.safetensors");
  const bytes = fs.readFileSync(file);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Record<string, Entry>;
  // Says nothing of the tensors.
  Reflect.deleteProperty(header, "__metadata__");
  edit(header);
  fs.writeFileSync(file, Buffer.concat([encodeHeader(header), bytes.subarray(8 + length)]));
}

function entry(header: Record<string, Entry>, name: string): Entry {
  const found = header[name];
  assert.ok(found);
  return found;
}

const query = "transformer.h.0.self_attention.query_key_value.weight";

suite("a folder that is not whole", () => {
  test("is converted when it is", async () => {
    assert.deepEqual(await convert(original()), ["model.gguf"]);
  });

  for (const name of ["config.json", "tokenizer.json"]) {
    test(`lacks ${name}`, async () => {
      const folder = original();
      fs.rmSync(path.join(folder, name));
      await assertRefused(folder, new RegExp(`${folder}.*${name} is missing`));
    });

    test(`has a ${name} that is cut`, async () => {
      const folder = original();
      fs.truncateSync(path.join(folder, name), 100);
      await assertRefused(folder, new RegExp(`${name} is not valid JSON`));
    });
  }

  test("is not there", async () => {
    await assertRefused(path.join(temporary, "nowhere"), /config\.json is missing/);
  });

  test("holds no weights", async () => {
    const folder = original();
    fs.rmSync(path.join(folder, "model.safetensors"));
    await assertRefused(folder, /holds no weights/);
  });

  test("lacks a shard", async () => {
    const folder = original("tiny-Falcon3-1B-Instruct");
    fs.rmSync(path.join(folder, "model-00002-of-00003.safetensors"));
    await assertRefused(folder, /model-00002-of-00003\.safetensors is missing/);
  });

  test("lacks the index of its shards", async () => {
    const folder = original("tiny-Falcon3-1B-Instruct");
    fs.rmSync(path.join(folder, "model.safetensors.index.json"));
    await assertRefused(folder, /model\.safetensors\.index\.json is missing/);
  });

  test("has a shard without a tensor that the index names", async () => {
    const folder = original("tiny-Falcon3-1B-Instruct");
    editJson(path.join(folder, "model.safetensors.index.json"), (json) => {
      (json["weight_map"] as Json)["model.extra"] = "model-00001-of-00003.safetensors";
    });
    await assertRefused(folder, /model-00001-of-00003\.safetensors does not hold the tensor model\.extra/);
  });

  test("has an index that leads out of it", async () => {
    const folder = original("tiny-Falcon3-1B-Instruct");
    editJson(path.join(folder, "model.safetensors.index.json"), (json) => {
      (json["weight_map"] as Json)["model.extra"] = "../../secret.safetensors";
    });
    await assertRefused(folder, /names the file "\.\.\/\.\.\/secret/);
  });
});

suite("weights", () => {
  test("lack a tensor", async () => {
    const folder = original();
    editHeader(folder, (header) => {
      header["transformer.h.0.self_attention.rotary_emb.inv_freq"] = entry(header, query);
      Reflect.deleteProperty(header, query);
    });
    await assertRefused(folder, new RegExp(`the tensor ${query} is missing`));
  });

  test("have a tensor too many", async () => {
    const folder = original();
    editHeader(folder, (header) => {
      const end = Math.max(...Object.values(header).map((each) => each.data_offsets.at(1) ?? 0));
      header["transformer.extra"] = { dtype: "F32", shape: [0], data_offsets: [end, end] };
    });
    await assertRefused(folder, /the tensor transformer\.extra, which is no part/);
  });

  test("have a tensor of another shape", async () => {
    const folder = original();
    editHeader(folder, (header) => entry(header, query).shape.reverse());
    await assertRefused(folder, new RegExp(`${query} has the shape 64×96, where config\\.json makes it 96×64`));
  });

  test("have a tensor of another type", async () => {
    const folder = original();
    editHeader(folder, (header) => (entry(header, query).dtype = "F8_E4M3"));
    await assertRefused(folder, new RegExp(`${query} is of the type F8_E4M3`));
  });

  test("are cut at any byte", async () => {
    const folder = original();
    const file = path.join(folder, "model.safetensors");
    const { size } = fs.statSync(file);
    for (const length of [size - 1, Math.floor(size / 2), 300, 8, 7, 0]) {
      fs.truncateSync(file, length);
      await assertRefused(folder, /model\.safetensors ends too early/);
    }
  });

  test("have a header of a hostile length", async () => {
    const folder = original();
    const file = fs.openSync(path.join(folder, "model.safetensors"), "r+");
    fs.writeSync(file, Buffer.from("ffffffffffffff7f", "hex"), 0, 8, 0);
    fs.closeSync(file);
    await assertRefused(folder, /model\.safetensors is not a safetensors file/);
  });

  test("have a header that is no object", async () => {
    const folder = original();
    fs.writeFileSync(path.join(folder, "model.safetensors"), encodeHeader([1, 2]));
    await assertRefused(folder, /model\.safetensors is not a safetensors file/);
  });

  const places: Record<string, (place: [number, number]) => [number, number]> = {
    "that overlap": ([start, end]) => [start - 4, end - 4],
    "beyond the file": ([start, end]) => [start + 2 ** 40, end + 2 ** 40],
  };
  for (const [what, move] of Object.entries(places)) {
    test(`have places ${what}`, async () => {
      const folder = original();
      editHeader(folder, (header) => {
        const tensor = entry(header, query);
        tensor.data_offsets = move(tensor.data_offsets);
      });
      await assertRefused(folder, /has the tensor .* at byte \d+, not \d+/);
    });
  }

  const descriptions: Record<string, Partial<Record<keyof Entry, unknown>>> = {
    "a negative place": { data_offsets: [-4, 4] },
    "an end before its beginning": { data_offsets: [12_288, 0] },
    "a shape that is larger than its place": { shape: [2 ** 30, 2 ** 30] },
    "a shape that is no number": { shape: ["64"] },
    "no type": { dtype: null },
  };
  for (const [what, changes] of Object.entries(descriptions)) {
    test(`have a tensor with ${what}`, async () => {
      const folder = original();
      editHeader(folder, (header) => Object.assign(entry(header, query), changes));
      await assertRefused(folder, /describes the tensor .* wrongly/);
    });
  }

  /** Of bfloat16, the upper half of a float. */
  const notNumbers = { "not a number": 0x7fc0, infinite: 0x7f80, "infinite below zero": 0xff80 };
  for (const [what, pattern] of Object.entries(notNumbers)) {
    test(`hold a number that is ${what}`, async () => {
      const folder = original();
      overwrite(folder, pattern);
      await assertRefused(folder, /holds what is no number or infinite/);
      await assertRefused(folder, /holds what is no number or infinite/, { type: "BF16" });
    });
  }

  test("hold a number that is too large for 16 bits", async () => {
    const folder = original();
    // 2 to the 17th.
    overwrite(folder, 0x4800);
    await assertRefused(folder, /too large for the type F16: choose BF16/, { type: "F16" });
    assert.deepEqual(await convert(folder, { type: "BF16" }), ["model.gguf"]);
  });

  /** Writes a number into the middle of the embedding, which is the first tensor. */
  function overwrite(folder: string, pattern: number): void {
    const file = path.join(folder, "model.safetensors");
    const bytes = fs.readFileSync(file);
    bytes.writeUInt16LE(pattern, 8 + Number(bytes.readBigUInt64LE()) + 2 * 5000);
    fs.writeFileSync(file, bytes);
  }
});

suite("a config", () => {
  const configs: Record<string, readonly [changes: Json, message: RegExp]> = {
    "of another architecture": [{ architectures: ["BertModel"] }, /the architecture “BertModel”, which is not/],
    "without an architecture": [{ architectures: [], model_type: undefined }, /the architecture “”/],
    "of Falcon-RW": [{ alibi: true }, /is a Falcon-RW model/],
    "of quantized weights": [{ quantization_config: { bits: 4 } }, /weights are quantized already/],
    "without a size": [{ hidden_size: undefined }, /config\.json has no hidden_size/],
    "with a size that is none": [{ hidden_size: -64 }, /config\.json says that hidden_size is -64/],
    "with more layers than any model": [{ n_layer: 1e12 }, /config\.json says that n_layer is 1000000000000/],
    "with heads that do not fit": [{ n_head: 5 }, /n_head is 5/],
  };
  for (const [what, [changes, message]] of Object.entries(configs)) {
    test(what, async () => {
      const folder = original();
      editJson(path.join(folder, "config.json"), (json) => Object.assign(json, changes));
      await assertRefused(folder, message);
    });
  }
});

suite("a config of a later family", () => {
  for (const [heads, size] of [
    [2 ** 20, 2 ** 20],
    [2 ** 14, 2 ** 12],
  ]) {
    test(`with ${heads} heads of ${size}`, async () => {
      const folder = original("tiny-Falcon3-1B-Instruct");
      editJson(path.join(folder, "config.json"), (json) =>
        Object.assign(json, { num_attention_heads: heads, num_key_value_heads: heads, head_dim: size }),
      );
      await assertRefused(folder, new RegExp(`config\\.json says that head_dim is ${size}`));
    });
  }
});

suite("a tokenizer", () => {
  const tokenizers: Record<string, readonly [edit: (json: Json) => void, message: RegExp]> = {
    "of another kind": [(json) => ((json["model"] as Json)["type"] = "Unigram"), /not of the kind that Falcon/],
    "with more tokens than the weights": [
      (json) => (((json["model"] as Json)["vocab"] as Json)["zebra"] = 400),
      /does not belong to the weights: it has a token 400, and config\.json room for 400/,
    ],
    "with unknown rules": [
      (json) => (json["pre_tokenizer"] = { type: "Whitespace" }),
      /splits text by rules that are not of a known Falcon tokenizer/,
    ],
    "with two tokens alike": [
      (json) => (((json["model"] as Json)["vocab"] as Json)["[PAD399]"] = 398),
      /two tokens that are spelled alike/,
    ],
  };
  for (const [what, [edit, message]] of Object.entries(tokenizers)) {
    test(what, async () => {
      const folder = original();
      editJson(path.join(folder, "tokenizer.json"), edit);
      await assertRefused(folder, message);
    });
  }
});

suite("a conversion", () => {
  test("in a thread that has too little memory", { timeout: 120_000 }, () => {
    const greedy = path.join(temporary, "greedy.mjs");
    fs.writeFileSync(greedy, "const kept = []; for (;;) kept.push([kept.length]);");
    const program = fileURLToPath(new URL("../../../support/convertChild.ts", import.meta.url));
    const target = path.join(temporary, "memory.gguf");
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--max-old-space-size=48", program, original(), target, greedy],
      { encoding: "utf8" },
    );
    assert.match(stdout, /^UserError: The weights in .* cannot be converted: .* more memory/, stderr);
  });

  test("into a folder that is not there", async () => {
    const target = path.join(temporary, "nowhere", "model.gguf");
    await assert.rejects(
      convertFolder(original(), target, "Q4_0", { workerPath }),
      (error) => error instanceof UserError && /cannot go on: .*ENOENT/.test(error.message),
    );
  });

  test("to a file that is there already leaves that as it is", async () => {
    const target = path.join(temporary, "there.gguf");
    fs.writeFileSync(target, "mine");
    await assert.rejects(
      convertFolder(original(), target, "Q4_0", { workerPath }),
      (error) => error instanceof UserError && /there\.gguf exists already\. Delete it first/.test(error.message),
    );
    assert.equal(fs.readFileSync(target, "utf8"), "mine");
  });

  test("that is cancelled at once, or under way", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const cancel = () => controller.abort(reason);
    const options = { signal: controller.signal, type: "Q4_K_M", onProgress: cancel } as const;
    await assert.rejects(convert(original("tiny-Falcon3-1B-Instruct"), options), reason);
    await assert.rejects(convert(original(), { signal: controller.signal }), reason);
  });

  test("that is cancelled when its threads have ended", async () => {
    for (const end of [1, 2]) {
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error("enough");
      let ended = 0;
      // Those that plan end, then those that convert: nobody listens any more.
      signal.removeEventListener = (...args: Parameters<AbortSignal["removeEventListener"]>) => {
        AbortSignal.prototype.removeEventListener.apply(signal, args);
        if (++ended === end) controller.abort(reason);
      };
      await assert.rejects(convert(original(), { signal }), reason);
      assert.equal(ended, end);
    }
  });

  test("tells how much of it is done", async () => {
    const told: number[] = [];
    await convertFolder(original(), path.join(temporary, "progress.gguf"), "F16", {
      workerPath,
      onProgress: (fraction) => told.push(fraction),
    });
    assert.equal(told.at(-1), 1);
    assert.deepEqual(
      told,
      [...told].sort((a, b) => a - b),
    );
  });
});
