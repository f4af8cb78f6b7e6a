// `npm run bench:convert [-- --layers N] [--llama-cpp FOLDER] [--python PATH]`: how long a random model of Falcon-7B's
// shape takes from safetensors to Q4_0, and with how much memory, beside llama.cpp's own converter and quantizer.
// FOLDER has llama.cpp's sources, and llama-quantize in build/bin; PATH is a Python that has what its converter needs.

import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

import { planModel } from "../server/models/convert/architectures/modelPlan.ts";
import { convertFolder } from "../server/models/convert/convertFolder.ts";
import { Config } from "../server/models/convert/original/config.ts";
import { encodeHeader } from "../test/fixtures/originals/safetensors.ts";
import { tokenizerFiles } from "../test/fixtures/originals/tokenizer.ts";

const { values: options } = parseArgs({
  options: {
    // All 32 have 14 gigabytes, and the converter's copy as many.
    layers: { type: "string", default: "4" },
    "llama-cpp": { type: "string" },
    python: { type: "string", default: "python3" },
    // What the benchmark asks of itself.
    run: { type: "string" },
    to: { type: "string" },
  },
});

const config = {
  architectures: ["FalconForCausalLM"],
  model_type: "falcon",
  vocab_size: 65_024,
  hidden_size: 4544,
  num_hidden_layers: Number(options.layers),
  num_attention_heads: 71,
  num_kv_heads: 1,
  multi_query: true,
  new_decoder_architecture: false,
  parallel_attn: true,
  alibi: false,
  bias: false,
  layer_norm_epsilon: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: 11,
  eos_token_id: 11,
};

/** Numbers of a piece of weights, in bfloat16. */
const pieceNumbers = 2 ** 22;

function writeModel(folder: string): void {
  const files = { "config.json": config, ...tokenizerFiles({ splits: "falcon" }) };
  for (const [name, value] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), JSON.stringify(value));
  // The exponents of numbers from 2 to the -8th to 1, of either sign.
  const piece = Uint16Array.from({ length: pieceNumbers }, () => {
    const bits = Math.floor(Math.random() * 2 ** 16);
    return (bits & 0x807f) | ((119 + ((bits >>> 7) & 7)) << 7);
  });
  const header: Record<string, unknown> = {};
  let size = 0;
  for (const { source, shape, isOptional } of planModel(new Config(config)).tensors) {
    if (isOptional) continue;
    const bytes = 2 * shape.reduce((product, dim) => product * dim, 1);
    header[source] = { dtype: "BF16", shape, data_offsets: [size, size + bytes] };
    size += bytes;
  }
  const file = fs.openSync(path.join(folder, "model.safetensors"), "w");
  fs.writeSync(file, encodeHeader(header));
  const bytes = new Uint8Array(piece.buffer);
  for (let left = size; left > 0; left -= bytes.length) fs.writeSync(file, bytes, 0, Math.min(left, bytes.length));
  fs.closeSync(file);
}

interface Figures {
  readonly seconds: number;
  /** Of the process at its largest. */
  readonly megabytes: number;
}

/** It knows the tokenizers of published models by a hash, which a cut one has not. */
const theirs = `
import resource, runpy, sys
root, folder, file, quantized = sys.argv[1:]
sys.path[:0] = [root, root + "/gguf-py"]
from conversion import base
base.TextModel.get_vocab_base_pre = lambda self, tokenizer: "falcon"
sys.argv = ["convert", folder, "--outfile", file, "--outtype", "bf16"]
runpy.run_path(root + "/convert_hf_to_gguf.py", run_name="__main__")
import subprocess
subprocess.run([root + "/build/bin/llama-quantize", file, quantized, "Q4_0"], check=True, stdout=subprocess.DEVNULL)
most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(most / 1024)
`;

function measure(folder: string, command: string, args: readonly string[]): Figures {
  // What one run has read from the disk the other has not to read again.
  execFileSync("cat", [path.join(folder, "model.safetensors")], { stdio: ["ignore", "ignore", "inherit"] });
  const start = performance.now();
  const { stdout, status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return { seconds: (performance.now() - start) / 1000, megabytes: Number(stdout.trim().split("\n").at(-1)) };
}

function tell(name: string, { seconds, megabytes }: Figures): void {
  console.log(`${name}: ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB of memory`);
}

/** In a process of its own, whose memory is told. */
async function runOurs(folder: string, file: string): Promise<void> {
  const workerPath = path.join(import.meta.dirname, "../server/models/convert/worker.ts");
  await convertFolder(folder, file, "Q4_0", { workerPath });
  console.log(process.resourceUsage().maxRSS / 1024);
}

function compare(): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-bench-convert-"));
  const file = (name: string) => path.join(folder, name);
  try {
    writeModel(folder);
    console.log(`${(fs.statSync(file("model.safetensors")).size / 1e9).toFixed(1)} GB of weights`);
    const own = measure(folder, process.execPath, [import.meta.filename, "--run", folder, "--to", file("ours.gguf")]);
    tell("convertFolder", own);
    const root = options["llama-cpp"];
    if (root === undefined) return;
    const args = ["-c", theirs, root, folder, file("bf16.gguf"), file("theirs.gguf")];
    const other = measure(folder, options.python, args);
    tell("convert_hf_to_gguf.py and llama-quantize", other);
    console.log(`${(own.seconds / other.seconds).toFixed(2)} of its time`);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

if (options.run !== undefined && options.to !== undefined) await runOurs(options.run, options.to);
else compare();
