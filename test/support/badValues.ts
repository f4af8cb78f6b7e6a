// Model files whose values look right and are not: keys, vocabularies and tensors that llama.cpp trusts, most of them until
// it ends the process.

import { f32, string, u32 } from "../fixtures/architectures/weights.ts";
import type { AnyTensor, GgufTensor, GgufValue } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import type { BadFile } from "./badModels.ts";
import type { Changes, ModelFiles } from "./modelFiles.ts";

const list = (...value: readonly number[]): GgufValue => ({ type: "u32[]", value });

const { metadata } = buildModel({ ...models.falcon7b, embedding: 64 });
const vocabulary = metadata["tokenizer.ggml.tokens"]?.value as readonly string[];

/** The vocabulary with other entries at its end. */
function withTokens(...last: readonly (string | Uint8Array)[]): Changes {
  const value = [...vocabulary.slice(0, vocabulary.length - last.length), ...last];
  return { "tokenizer.ggml.tokens": { type: "string[]", value } };
}

function changed(name: string, change: (tensor: GgufTensor) => AnyTensor) {
  return (all: readonly GgufTensor[]) => all.map((tensor) => (tensor.name === name ? change(tensor) : tensor));
}

/** A tensor of another of ggml's types, with as many bytes for an element. */
function typed(name: string, type: number, bytes: number) {
  return changed(name, ({ dims, values }) => ({ name, dims, type, bytes: new Uint8Array(values.length * bytes) }));
}

const falcon =
  (changes: Changes): BadFile[1] =>
  (files) =>
    files.modelWith(changes);
const falcon3 =
  (changes: Changes): BadFile[1] =>
  (files) =>
    files.modelOf("falcon3", changes);
const falconH1 =
  (changes: Changes): BadFile[1] =>
  (files) =>
    files.modelOf("falconH1", changes);
const mamba =
  (changes: Changes): BadFile[1] =>
  (files) =>
    files.modelOf("falconMamba", changes);

const ofKeys: readonly BadFile[] = [
  ["no layers", falcon({ "falcon.block_count": u32(0) }), /block_count is 0/],
  ["too many layers", falcon({ "falcon.block_count": u32(100_000) }), /block_count is 100000/],
  ["more layers than there are", falcon({ "falcon.block_count": u32(3) }), /blk\.2\.attn_norm\.weight is missing/],
  ["no width", falcon({ "falcon.embedding_length": u32(0) }), /embedding_length is 0/],
  ["another width", falcon({ "falcon.embedding_length": u32(128) }), /token_embd\.weight has the shape 64×2048/],
  [
    "a width of another type",
    falcon({ "falcon.embedding_length": { type: "u64", value: 64 } }),
    /not of the type uint32/,
  ],
  ["no context", falcon({ "falcon.context_length": u32(0) }), /context_length is 0/],
  ["no heads", falcon({ "falcon.attention.head_count": undefined }), /head_count is missing/],
  ["heads that do not share the width", falcon({ "falcon.attention.head_count": u32(3) }), /key_length is 21/],
  [
    "heads for each layer, but not the same",
    falcon({ "falcon.attention.head_count": list(2, 4) }),
    /head_count differs from layer to layer/,
  ],
  [
    "heads for one layer of two",
    falcon({ "falcon.attention.head_count": list(2) }),
    /head_count is a list of 1 values, for 2 layers/,
  ],
  [
    "keys for one layer alone",
    falcon({ "falcon.attention.head_count_kv": list(1, 0) }),
    /head_count_kv differs from layer to layer/,
  ],
  ["heads that share no key", falcon3({ "llama.attention.head_count": u32(3) }), /head_count_kv is 2/],
  ["no feed-forward width", falcon({ "falcon.feed_forward_length": u32(0) }), /feed_forward_length is 0/],
  [
    "a feed-forward width that is not named",
    falcon({ "falcon.feed_forward_length": undefined }),
    /feed_forward_length is missing/,
  ],
  [
    "a feed-forward width of no layer",
    falcon({ "falcon.feed_forward_length": list(0, 256) }),
    /feed_forward_length differs/,
  ],
  [
    "layers as a list",
    falcon({ "falcon.block_count": list(2, 2) }),
    /block_count is a list of 2 values, where llama\.cpp takes a single one/,
  ],
  ["experts", falcon({ "falcon.expert_count": u32(4_000_000_000) }), /expert_count is 4000000000/],
  ["used experts", falcon({ "falcon.expert_used_count": u32(1) }), /expert_used_count is 1/],
  [
    "used experts for each layer",
    falcon({ "falcon.expert_used_count": list(1, 1) }),
    /expert_used_count is a list of 2 values/,
  ],
  ["groups of experts", falcon({ "falcon.expert_group_count": u32(2) }), /expert_group_count is 2/],
  ["layers that predict more", falcon({ "falcon.nextn_predict_layers": u32(7) }), /nextn_predict_layers is 7/],
  ["an unknown scaling", falcon({ "falcon.rope.scaling.type": string("evil") }), /scaling\.type is evil/],
  ["a negative epsilon", falcon({ "falcon.attention.layer_norm_epsilon": f32(-1) }), /epsilon is -1/],
  ["an epsilon that is no number", falcon({ "falcon.attention.layer_norm_epsilon": f32(NaN) }), /epsilon is NaN/],
  ["a base that is no number", falcon({ "falcon.rope.freq_base": f32(NaN) }), /freq_base is NaN/],
  ["heads of no width", falcon({ "falcon.attention.value_length": u32(0) }), /value_length is 0/],
  [
    "keys of another width than values",
    falcon({ "falcon.attention.key_length": u32(64) }),
    /value_length is missing|key_length is 64/,
  ],
  ["half of a head rotated", falcon({ "falcon.rope.dimension_count": u32(16) }), /rope\.dimension_count is 16/],
  ["more than a head rotated", falconH1({ "falcon-h1.rope.dimension_count": u32(64) }), /rope\.dimension_count is 64/],
  ["an odd number rotated", falconH1({ "falcon-h1.rope.dimension_count": u32(7) }), /rope\.dimension_count is 7/],
  ["no state heads", falconH1({ "falcon-h1.ssm.time_step_rank": u32(0) }), /time_step_rank is 0/],
  [
    "state heads that do not share the width",
    falconH1({ "falcon-h1.ssm.time_step_rank": u32(3) }),
    /time_step_rank is 3/,
  ],
  ["no groups", falconH1({ "falcon-h1.ssm.group_count": u32(0) }), /group_count is 0/],
  ["a convolution of one", falconH1({ "falcon-h1.ssm.conv_kernel": u32(1) }), /conv_kernel is 1/],
  ["no state", mamba({ "mamba.ssm.state_size": u32(0) }), /state_size is 0/],
  ["a state of another width", mamba({ "mamba.ssm.inner_size": u32(64) }), /inner_size is 64/],
  ["heads where there are none", mamba({ "mamba.attention.head_count": u32(4) }), /mamba\.attention\.head_count is 4/],
];

const tokenizers = ["none", "no_vocab", "llama", "rwkv", "bert", "t5", "plamo2", "whitespace", "hybriddna", "gemma4"];

const ofVocabularies: readonly BadFile[] = [
  ...tokenizers.map((name): BadFile => [
    `the tokenizer ${name}`,
    falcon({ "tokenizer.ggml.model": string(name) }),
    new RegExp(`its tokenizer is of the kind “${name}” .*“gpt2”`),
  ]),
  ["no tokenizer", falcon({ "tokenizer.ggml.model": undefined }), /tokenizer is of the kind/],
  ...["whitespace", "gemma4", "sarvam-moe"].map((name): BadFile => [
    `the rules of ${name}`,
    falcon({ "tokenizer.ggml.pre": string(name) }),
    new RegExp(`tokenizer\\.ggml\\.pre is “${name}”, which is of no Falcon model`),
  ]),
  ["no merges", falcon({ "tokenizer.ggml.merges": undefined }), /merges is missing/],
  ["no vocabulary", falcon({ "tokenizer.ggml.tokens": undefined }), /tokens is missing/],
  [
    "eight tokens",
    (files) =>
      files.modelOf(
        "falcon3",
        {
          "tokenizer.ggml.tokens": { type: "string[]", value: ["a", "b", "c", "d", "e", "f", "g", "h"] },
          "tokenizer.ggml.token_type": undefined,
          "tokenizer.ggml.bos_token_id": undefined,
          "tokenizer.ggml.eos_token_id": undefined,
        },
        (all) =>
          all.map((tensor) =>
            (tensor.dims[1] ?? 0) >= vocabulary.length
              ? { ...tensor, dims: [64, 8], values: tensor.values.subarray(0, 64 * 8) }
              : tensor,
          ),
      ),
    /tokens has no token for “!”/,
  ],
  ["a token twice", falcon(withTokens("twice", "twice")), /token twice/],
  ["two tokens that differ behind a zero byte", falcon(withTokens("a\0b", "a\0c")), /token twice/],
  ["a token of a megabyte", falcon(withTokens("字".repeat(400_000))), /the length of tokenizer\.ggml\.tokens is/],
  [
    "tokens longer than any text",
    falcon(withTokens(...Array.from({ length: 9 }, (_, i) => `${i}${"字".repeat(2000)}`))),
    /longer than any text/,
  ],
  ["a token out of range", falcon({ "tokenizer.ggml.eos_token_id": u32(2048) }), /eos_token_id is 2048/],
  ["too few token types", falcon({ "tokenizer.ggml.token_type": { type: "i32[]", value: [1] } }), /has 1 entries/],
];

const ofTensors: readonly BadFile[] = [
  [
    "a missing tensor",
    (files) => files.modelWith({}, without("blk.1.ffn_up.weight")),
    /blk\.1\.ffn_up\.weight is missing/,
  ],
  ["a missing norm", (files) => files.modelWith({}, without("output_norm.bias")), /output_norm\.bias is missing/],
  [
    "a missing bias, which llama.cpp loads without and then reads",
    (files) => files.modelOf("falconH1", {}, without("blk.1.ssm_conv1d.bias")),
    /blk\.1\.ssm_conv1d\.bias is missing/,
  ],
  [
    "a tensor of the wrong shape",
    (files) =>
      files.modelWith(
        {},
        changed("blk.1.ffn_down.weight", (tensor) => ({ ...tensor, dims: [64, 256] })),
      ),
    /blk\.1\.ffn_down\.weight has the shape 64×256, not 256×64/,
  ],
  [
    "weights of whole numbers",
    (files) => files.modelWith({}, typed("blk.0.ffn_up.weight", 26, 4)),
    /ffn_up\.weight is of the type I32/,
  ],
  [
    "an embedding of doubles",
    (files) => files.modelWith({}, typed("token_embd.weight", 28, 8)),
    /token_embd\.weight is of the type F64/,
  ],
  [
    "a norm of whole numbers",
    (files) => files.modelWith({}, typed("blk.0.attn_norm.weight", 26, 4)),
    /attn_norm\.weight is of the type I32/,
  ],
  [
    "a norm of 16 bits",
    (files) => files.modelWith({}, typed("blk.0.attn_norm.weight", 1, 2)),
    /attn_norm\.weight is of the type F16/,
  ],
  [
    "a convolution of 16 bits",
    (files) => files.modelOf("falconH1", {}, typed("blk.0.ssm_conv1d.weight", 1, 2)),
    /ssm_conv1d\.weight is of the type F16/,
  ],
  [
    "a decay of 16 bits",
    (files) => files.modelOf("falconMamba", {}, typed("blk.0.ssm_a", 1, 2)),
    /ssm_a is of the type F16/,
  ],
];

function without(name: string) {
  return (all: readonly GgufTensor[]) => all.filter((tensor) => tensor.name !== name);
}

export const badValues: readonly BadFile[] = [...ofKeys, ...ofVocabularies, ...ofTensors];

/** Files that look odd and can be used. */
export const oddFiles: readonly (readonly [name: string, makeFile: (files: ModelFiles) => string])[] = [
  ["heads for each layer, all the same", falcon({ "falcon.attention.head_count": list(2, 2) })],
  ["keys for each layer, all the same", falcon3({ "llama.attention.head_count_kv": list(2, 2) })],
  ["a feed-forward width for each layer", falcon3({ "llama.feed_forward_length": list(128, 128) })],
  [
    "two tokens that differ in bytes that are no UTF-8",
    falcon(withTokens(Buffer.from([0xc3, 0x28, 0x80]), Buffer.from([0xc3, 0x28, 0x81]))),
  ],
  ["two empty tokens", falcon(withTokens("", ""))],
  ["no rules of a tokenizer, as in old files", falcon({ "tokenizer.ggml.pre": undefined })],
  ["a chat template of a megabyte", falcon({ "tokenizer.chat_template": string("x".repeat(2 ** 20)) })],
  ["no output of its own", (files) => files.modelWith({}, without("output.weight"))],
  ["a name of a megabyte", falcon({ "general.name": string("x".repeat(2 ** 20)) })],
];
