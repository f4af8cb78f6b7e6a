// Model files that cannot be used, one for each way that was met.

import fs from "node:fs";
import path from "node:path";

import { type GgufTensor, type GgufValue, writeGguf } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import { modelFile } from "./models.ts";

const { metadata, tensors } = buildModel({ ...models.falcon7b, embedding: 64 });
/** What the bad ones are made of. */
const good = fs.readFileSync(modelFile("falcon7b"));

const u32 = (value: number): GgufValue => ({ type: "u32", value });
const string = (value: string): GgufValue => ({ type: "string", value });

/** Writes files into a folder, each under a name of its own. */
export class ModelFiles {
  readonly folder: string;
  #written = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  bytesFile(bytes: string | Buffer): string {
    const file = this.#newPath();
    fs.writeFileSync(file, bytes);
    return file;
  }

  /** A good file with some bytes written over. */
  patchedFile(offset: number, ...bytes: number[]): string {
    const patched = Buffer.from(good);
    patched.set(bytes, offset);
    return this.bytesFile(patched);
  }

  /** A good model with some keys changed, and its tensors as a function makes them. */
  modelWith(
    changes: Record<string, GgufValue | undefined>,
    change: (all: readonly GgufTensor[]) => readonly GgufTensor[] = (all) => all,
  ): string {
    const file = this.#newPath();
    const changed = Object.entries({ ...metadata, ...changes }).filter(([, value]) => value !== undefined);
    writeGguf(file, Object.fromEntries(changed) as Record<string, GgufValue>, change(tensors));
    return file;
  }

  #newPath(): string {
    return path.join(this.folder, `${this.#written++}.gguf`);
  }
}

const epsilon = "falcon.attention.layer_norm_epsilon";

/** Each with what is said of it. */
export const badFiles: readonly [name: string, makeFile: (files: ModelFiles) => string, cause: RegExp][] = [
  ["no such file", (files) => path.join(files.folder, "nowhere.gguf"), /does not exist/],
  ["a folder", (files) => files.folder, /is not a file/],
  ["a relative path", () => "model.gguf", /is not absolute/],
  ["an empty file", (files) => files.bytesFile(""), /ends at byte 0, inside magic/],
  ["text", (files) => files.bytesFile("Once upon a time"), /does not begin with “GGUF”/],
  ["an old version", (files) => files.patchedFile(4, 1), /GGUF version 1/],
  ["a truncated header", (files) => files.bytesFile(good.subarray(0, 2000)), /ends at byte 2000/],
  [
    "truncated tensors",
    (files) => files.bytesFile(good.subarray(0, 1_000_000)),
    /ends at byte 1000000, but the tensor \S+ reaches/,
  ],
  ["another magic number", (files) => files.patchedFile(0, 103), /does not begin with “GGUF”/],
  ["an absurd number of tensors", (files) => files.patchedFile(8, 255, 255, 255, 255), /tensor count is/],
  ["an absurd number of keys", (files) => files.patchedFile(16, 255, 255, 255, 255, 255), /key count is/],
  ["an absurd string", (files) => files.patchedFile(24, 255, 255, 255, 255), /the length of key is/],
  [
    "another architecture",
    (files) => files.modelWith({ "general.architecture": string("gemma") }),
    /architecture “gemma”/,
  ],
  ["no architecture", (files) => files.modelWith({ "general.architecture": undefined }), /architecture “undefined”/],
  ["no layers", (files) => files.modelWith({ "falcon.block_count": u32(0) }), /block_count is 0/],
  ["too many layers", (files) => files.modelWith({ "falcon.block_count": u32(100_000) }), /block_count is 100000/],
  [
    "more layers than there are",
    (files) => files.modelWith({ "falcon.block_count": u32(3) }),
    /blk\.2\.attn_norm\.weight is missing/,
  ],
  ["no width", (files) => files.modelWith({ "falcon.embedding_length": u32(0) }), /embedding_length is 0/],
  [
    "another width",
    (files) => files.modelWith({ "falcon.embedding_length": u32(128) }),
    /token_embd\.weight has the shape 64×2048/,
  ],
  ["no heads", (files) => files.modelWith({ "falcon.attention.head_count": undefined }), /head_count is missing/],
  ["experts", (files) => files.modelWith({ "falcon.expert_count": u32(4_000_000_000) }), /expert_count is 4000000000/],
  [
    "an unknown scaling",
    (files) => files.modelWith({ "falcon.rope.scaling.type": string("evil") }),
    /scaling\.type is evil/,
  ],
  ["a negative epsilon", (files) => files.modelWith({ [epsilon]: { type: "f32", value: -1 } }), /epsilon is -1/],
  [
    "an epsilon that is no number",
    (files) => files.modelWith({ [epsilon]: { type: "f32", value: NaN } }),
    /epsilon is NaN/,
  ],
  ["heads of no width", (files) => files.modelWith({ "falcon.attention.value_length": u32(0) }), /value_length is 0/],
  ["an odd alignment", (files) => files.modelWith({ "general.alignment": u32(33) }), /alignment is 33/],
  ["no vocabulary", (files) => files.modelWith({ "tokenizer.ggml.tokens": undefined }), /tokens is missing/],
  [
    "a token twice",
    (files) => files.modelWith({ "tokenizer.ggml.tokens": { type: "string[]", value: ["a", "a"] } }),
    /token twice/,
  ],
  [
    "a token out of range",
    (files) => files.modelWith({ "tokenizer.ggml.eos_token_id": u32(2048) }),
    /eos_token_id is 2048/,
  ],
  [
    "too few token types",
    (files) => files.modelWith({ "tokenizer.ggml.token_type": { type: "i32[]", value: [1] } }),
    /has 1 entries/,
  ],
  [
    "a tensor twice",
    (files) => files.modelWith({}, (all) => [...all, ...all.slice(0, 1)]),
    /token_embd\.weight .*comes twice/,
  ],
  [
    "a missing tensor",
    (files) => files.modelWith({}, (all) => all.filter(({ name }) => !name.includes("1.ffn_up"))),
    /blk\.1\.ffn_up/,
  ],
  ["a key twice", (files) => files.patchedFile(good.indexOf("bos_token_id"), 101), /eos_token_id comes twice/],
  [
    "an absurd array",
    (files) => files.patchedFile(after("tokenizer.ggml.merges") + 12, 255),
    /the length of \S+merges is/,
  ],
  ["a tensor of an unknown type", (files) => files.patchedFile(after("output_norm.bias") + 12, 99), /unknown type 99/],
  ["a tensor of no size", (files) => files.patchedFile(after("output_norm.bias") + 4, 0), /has the shape 0/],
  ["a tensor of five dimensions", (files) => files.patchedFile(after("output_norm.bias"), 5), /has 5 dimensions/],
  ["a tensor that begins inside another", (files) => files.patchedFile(after("output_norm.bias") + 17, 0), /not \d+/],
];

/** Where what follows a key or the name of a tensor is in the good file. */
function after(name: string): number {
  return good.lastIndexOf(name) + name.length;
}
