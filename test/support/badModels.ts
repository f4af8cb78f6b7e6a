// Model files that cannot be used, one for each way that was met: faults of the format here, others in files of their own.

import path from "node:path";

import { string, u32 } from "../fixtures/architectures/weights.ts";
import { badValues } from "./badValues.ts";
import { foreignFiles } from "./foreignFiles.ts";
import { good, type ModelFiles } from "./modelFiles.ts";

/** A file with what is said of it. */
export type BadFile = readonly [name: string, makeFile: (files: ModelFiles) => string, cause: RegExp];

const badFormats: readonly BadFile[] = [
  ["no such file", (files) => path.join(files.folder, "nowhere.gguf"), /does not exist/],
  ["a folder", (files) => files.folder, /is not a file/],
  ["a relative path", () => "model.gguf", /is not absolute/],
  ["an old version", (files) => files.patchedFile(4, 1), /GGUF version 1/],
  ["a truncated header", (files) => files.bytesFile(good.subarray(0, 2000)), /ends at byte 2000/],
  ["an absurd number of tensors", (files) => files.patchedFile(8, 255, 255, 255, 255), /tensor count is/],
  ["an absurd number of keys", (files) => files.patchedFile(16, 255, 255, 255, 255, 255), /key count is/],
  ["an absurd string", (files) => files.patchedFile(24, 255, 255, 255, 255), /the length of key is/],
  ["a key twice", (files) => files.patchedFile(good.indexOf("bos_token_id"), 101), /eos_token_id comes twice/],
  [
    "a key with a zero byte, behind which llama.cpp reads no further",
    (files) => keyWithZero(files),
    /key is ".*\\u0000"/,
  ],
  [
    "an absurd array",
    (files) => files.patchedFile(after("tokenizer.ggml.merges") + 12, 255),
    /the length of \S+merges is/,
  ],
  ["a tensor of five dimensions", (files) => files.patchedFile(after("output_norm.bias"), 5), /has 5 dimensions/],
  ["a tensor of no size", (files) => files.patchedFile(after("output_norm.bias") + 4, 0), /has the shape 0/],
  ["a tensor that begins inside another", (files) => files.patchedFile(after("output_norm.bias") + 17, 0), /not \d+/],
  [
    "a tensor twice",
    (files) => files.modelWith({}, (all) => [...all, ...all.slice(0, 1)]),
    /token_embd\.weight comes twice/,
  ],
  ["an odd alignment", (files) => files.modelWith({ "general.alignment": u32(33) }), /alignment is 33/],
  [
    "an alignment of another type",
    (files) => files.modelWith({ "general.alignment": { type: "u64", value: 32 } }),
    /alignment is 32/,
  ],
  [
    "the first part of a split model without the others",
    (files) => files.modelWith({ "split.count": { type: "u16", value: 2 } }),
    /it is part 1 of 2 of a split model: choose the first part.*-00001-of-00002\.gguf/,
  ],
  [
    "a later part of a split model",
    (files) => files.modelWith({ "split.count": { type: "u16", value: 3 }, "split.no": { type: "u16", value: 2 } }),
    /it is part 3 of 3 of a split model: choose the first part/,
  ],
  [
    "an absurd number of parts",
    (files) => files.modelWith({ "split.count": { type: "u16", value: 65_535 } }),
    /split\.count is 65535/,
  ],
  ["a number of parts of another type", (files) => files.modelWith({ "split.count": u32(1) }), /split\.count is 1/],
  [
    "numbers of parts",
    (files) => files.modelWith({ "split.count": { type: "u32[]", value: [1, 1] } }),
    /split\.count is a list of 2 values/,
  ],
  ["no architecture", (files) => files.modelWith({ "general.architecture": undefined }), /architecture is missing/],
  [
    "a key of an unknown type",
    (files) => files.patchedFile(after("general.architecture"), 77),
    /the value of general\.architecture has the unknown type 77/,
  ],
  [
    "a string of its file in the message",
    (files) => files.modelWith({ "general.architecture": string(`\u202e${"x".repeat(5000)}`) }),
    /architecture “x{99}…”, which is not/,
  ],
];

export const badFiles: readonly BadFile[] = [...badFormats, ...foreignFiles, ...badValues];

/** Where what follows a key or the name of a tensor is in the good file. */
function after(name: string): number {
  return good.lastIndexOf(name) + name.length;
}

function keyWithZero(files: ModelFiles): string {
  return files.modelWith({ "falcon.block_count\0": u32(100_000) });
}
