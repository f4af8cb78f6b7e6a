// Holds a model's header against what its architecture needs. What llama.cpp would answer by ending the process, a hang or
// wrong numbers is rejected here. By src/llama-model.cpp, load_hparams(), and src/models/{falcon,falcon-h1,llama,mamba}.cpp.

import * as l10n from "@vscode/l10n";

import type { Architecture, ModelShape } from "../../engine/plan/shape.ts";
import { GgufError } from "./byteReader.ts";
import { checkTensors } from "./checkTensors.ts";
import { checkVocabulary } from "./checkVocabulary.ts";
import type { GgufHeader } from "./gguf.ts";
import { ModelKeys } from "./modelKeys.ts";

/** The sizes that a header tells. @throws GgufError */
export function shapeOf(header: GgufHeader, architecture: Architecture): ModelShape {
  return readShape(new ModelKeys(header, architecture), header.tokens.length);
}

/** @throws GgufError that names the place */
export function checkModel(header: GgufHeader, architecture: Architecture): void {
  const keys = new ModelKeys(header, architecture);
  checkCommonKeys(keys);
  const shape = shapeOf(header, architecture);
  checkVocabulary(header);
  checkTensors(header.tensors, architecture, shape);
}

/** What `rope.scaling.type` may be; load_hparams() ends the process at any other. */
const ropeScalings = ["none", "linear", "yarn", "longrope"];

/** load_hparams() asserts what these are where there are experts, and no Falcon model has any; nextn's layers likewise. */
const absent = ["expert_count", "expert_used_count", "expert_group_count", "nextn_predict_layers"];

/** Numbers that would only make nonsense, not end the process. */
const floats: Readonly<Record<string, readonly [least: number, most: number]>> = {
  // Falcon-H1's is 1e11.
  "rope.freq_base": [1, 1e15],
  "rope.scaling.factor": [0, 1e6],
  "rope.scale_linear": [0, 1e6],
  "rope.scaling.attn_factor": [0, 1e6],
  "attention.scale": [0, 1e6],
};

function checkCommonKeys(keys: ModelKeys): void {
  if (keys.architecture === "falcon-h1") checkOrigin(keys);
  keys.integer("context_length", 1, 2 ** 22);
  for (const key of absent) if (keys.has(key)) keys.integer(key, 0, 0);
  for (const [key, [least, most]] of Object.entries(floats)) if (keys.has(key)) keys.float(key, least, most);
  // ggml_norm() and ggml_rms_norm() assert that it is not negative.
  keys.float(
    keys.architecture === "falcon" ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon",
    0,
    1,
  );
  const scaling = keys.text("rope.scaling.type") ?? "none";
  if (!ropeScalings.includes(scaling)) throw keys.fault("rope.scaling.type");
}

/** TII's first fork of llama.cpp kept factors in the file that llama.cpp's own converter multiplies into the weights. */
function checkOrigin(keys: ModelKeys): void {
  if (keys.names.some((name) => name.includes("multiplier"))) {
    throw new GgufError(
      l10n.t(
        "it was made for TII's first fork of llama.cpp (its keys name multipliers), and what it writes here would be wrong: download the model's newer GGUF file, such as those under tiiuae on Hugging Face",
      ),
    );
  }
  if (!keys.has("rope.freq_base")) throw keys.fault("rope.freq_base");
}

function readShape(keys: ModelKeys, vocabulary: number): ModelShape {
  const layers = keys.integer("block_count", 1, 512);
  const embedding = keys.integer("embedding_length", 1, 65_536);
  const none = { convolution: 0, inner: 0, state: 0, rank: 0, groups: 0 };
  const size = { layers, embedding, vocabulary };
  switch (keys.architecture) {
    case "falcon":
    case "llama":
      return { ...size, ...readAttention(keys, size), ssm: none };
    case "falcon-h1":
      return { ...size, ...readAttention(keys, size), ssm: readSsm(keys) };
    case "mamba": {
      // With heads there is a rotation and a KV cache, and no tensors for them.
      if (keys.has("attention.head_count")) keys.perLayer("attention.head_count", layers, 0, 0);
      if (keys.has("attention.head_count_kv")) keys.perLayer("attention.head_count_kv", layers, 0, 0);
      const ssm = { ...readSsm(keys), groups: 0 };
      // load_arch_tensors() refuses another factor.
      if (ssm.inner !== 2 * embedding) throw keys.fault("ssm.inner_size");
      return { ...size, feedForward: 0, heads: 0, kvHeads: 0, headSize: 0, ropeSize: 0, ssm };
    }
  }
}

function readAttention(
  keys: ModelKeys,
  { layers, embedding }: Pick<ModelShape, "layers" | "embedding">,
): Pick<ModelShape, "feedForward" | "heads" | "kvHeads" | "headSize" | "ropeSize"> {
  const feedForward = keys.perLayer("feed_forward_length", layers, 1, 2 ** 20);
  const heads = keys.perLayer("attention.head_count", layers, 1, 1024);
  const kvHeads = keys.perLayer("attention.head_count_kv", layers, 1, heads, heads);
  // Each key-value head serves as many heads: ggml_mul_mat() asserts it.
  if (heads % kvHeads !== 0) throw keys.fault("attention.head_count_kv", kvHeads);
  const share = Math.floor(embedding / heads);
  const headSize = keys.integer("attention.key_length", 1, 65_536, share);
  // The graphs assert that both are the same, and Falcon's that they are the heads' shares.
  if (keys.integer("attention.value_length", 1, 65_536, share) !== headSize) throw keys.fault("attention.value_length");
  if (keys.architecture === "falcon" && headSize * heads !== embedding)
    throw keys.fault("attention.key_length", headSize);
  const ropeSize = keys.integer("rope.dimension_count", 1, headSize, headSize);
  // Pairs of numbers are rotated, all of them but in Falcon-H1.
  const isWhole = ropeSize === headSize || keys.architecture === "falcon-h1";
  if (!isWhole || ropeSize % 2 !== 0) throw keys.fault("rope.dimension_count", ropeSize);
  return { feedForward, heads, kvHeads, headSize, ropeSize };
}

function readSsm(keys: ModelKeys): ModelShape["ssm"] {
  const convolution = keys.integer("ssm.conv_kernel", 2, 256);
  const inner = keys.integer("ssm.inner_size", 1, 2 ** 20);
  const state = keys.integer("ssm.state_size", 1, 2 ** 20);
  const rank = keys.integer("ssm.time_step_rank", 1, 2 ** 20);
  if (keys.architecture === "mamba") return { convolution, inner, state, rank, groups: 0 };
  const groups = keys.integer("ssm.group_count", 1, 2 ** 20);
  // build_mamba2_layer() and ggml_ssm_scan() assert that each is a whole part of the other.
  if (inner % rank !== 0) throw keys.fault("ssm.time_step_rank");
  if (inner % groups !== 0 || rank % groups !== 0) throw keys.fault("ssm.group_count");
  return { convolution, inner, state, rank, groups };
}
