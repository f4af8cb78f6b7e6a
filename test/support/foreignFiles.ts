// Files that people choose in place of a model's file, and models that are not for this: what each message names.

import fs from "node:fs";
import { fileURLToPath } from "node:url";

import { string } from "../fixtures/architectures/weights.ts";
import type { BadFile } from "./badModels.ts";
import { good, type ModelFiles } from "./modelFiles.ts";

const adapter = fileURLToPath(new URL("../fixtures/parity/falcon7b-adapter.gguf", import.meta.url));

const pointer =
  "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 4975385792\n";

function safetensors(): Buffer {
  const header = Buffer.from(JSON.stringify({ weight: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(4)]);
}

function bigEndian(): Buffer {
  const bytes = Buffer.from(good);
  bytes.set([0, 0, 0, 3], 4);
  return bytes;
}

/** As a program leaves it that makes room for the whole file first. */
function zerosAtEnd(): Buffer {
  const bytes = Buffer.from(good);
  return bytes.fill(0, bytes.length - 2 ** 20);
}

function tensorType(files: ModelFiles, type: number): string {
  return files.modelWith({}, (all) =>
    all.map((tensor) =>
      tensor.name === "blk.0.ffn_up.weight" ? { ...tensor, type, bytes: new Uint8Array(64 * 64) } : tensor,
    ),
  );
}

export const foreignFiles: readonly BadFile[] = [
  ["an empty file", (files) => files.bytesFile(""), /it is empty: download it again/],
  ["a Git LFS pointer", (files) => files.bytesFile(pointer), /it is a Git LFS pointer.*git lfs pull/],
  [
    "a saved web page",
    (files) => files.bytesFile("<!DOCTYPE html>\n<html><head><title>tiiuae/falcon-7b</title></head></html>"),
    /it is a web page.*link that downloads/,
  ],
  ["a web page without a type", (files) => files.bytesFile("\n <html lang=en>"), /it is a web page/],
  [
    "what a server says",
    (files) => files.bytesFile("Entry not found"),
    /it is a text that begins with “Entry not found”/,
  ],
  ["safetensors", (files) => files.bytesFile(safetensors()), /the format safetensors.*convert_hf_to_gguf\.py/],
  [
    "PyTorch's weights",
    (files) => files.bytesFile(Buffer.from("PK\x03\x04\x00\x00archive/data.pkl")),
    /it is a ZIP archive.*PyTorch/,
  ],
  ["a pickle", (files) => files.bytesFile(Buffer.from([0x80, 2, 0x8a, 10])), /the format pickle/],
  [
    "a compressed file",
    (files) => files.bytesFile(Buffer.from([0x1f, 0x8b, 8, 0])),
    /it is a compressed archive: unpack it/,
  ],
  ["GGML of 2023", (files) => files.bytesFile("tjgg\x03\0\0\0"), /the format GGML, older than GGUF/],
  ["a big-endian file", (files) => files.bytesFile(bigEndian()), /it is a big-endian file.*little-endian/],
  ["zeros at the beginning", (files) => files.bytesFile(Buffer.alloc(5000)), /begins with zeros.*download it again/],
  ["zeros at the end", (files) => files.bytesFile(zerosAtEnd()), /it ends in zeros.*download it again/],
  [
    "a download that was not finished",
    (files) => files.bytesFile(good.subarray(0, 1_000_000)),
    /only 1000000 of its \d+ bytes are there.*download it again/,
  ],
  ["anything else", (files) => files.bytesFile(Buffer.from("\x7fELF\x02\x01")), /does not begin with “GGUF”/],
  [
    "a LoRA adapter",
    (files) => files.bytesFile(fs.readFileSync(adapter)),
    /it is a LoRA adapter.*falcon\.model\.adapter/,
  ],
  [
    "the part of a model that sees",
    (files) => files.modelWith({ "general.architecture": string("clip") }),
    /it is the part of a model that sees images/,
  ],
  [
    "an importance matrix",
    (files) => files.modelWith({ "general.type": string("imatrix") }),
    /it is of the kind “imatrix”/,
  ],
  ["a vocabulary alone", (files) => files.modelWith({}, () => []), /it holds no weights/],
  [
    "another architecture",
    (files) => files.modelWith({ "general.architecture": string("gemma") }),
    /architecture “gemma”, which is not of a Falcon model.*falcon-h1/,
  ],
  ["1.58-bit weights", (files) => tensorType(files, 36), /i2_s of the 1\.58-bit models.*Q4_K_M/],
  ["a type of 2023", (files) => tensorType(files, 4), /type 4, which llama\.cpp no longer reads/],
  ["a type to come", (files) => tensorType(files, 99), /type 99, which this version does not know.*Q4_K_M/],
  [
    "a file of TII's first fork",
    (files) =>
      files.modelOf("falconH1", {
        "falcon-h1.mlp_gate_multiplier": { type: "f32", value: 0.9 },
        "falcon-h1.rope.freq_base": undefined,
      }),
    /TII's first fork of llama\.cpp.*newer GGUF file/,
  ],
  [
    "Falcon-H1 without its base of rotation, for which llama.cpp takes another",
    (files) => files.modelOf("falconH1", { "falcon-h1.rope.freq_base": undefined }),
    /falcon-h1\.rope\.freq_base is missing/,
  ],
];
