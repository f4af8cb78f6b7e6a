// `npm run bench:finetune -- --base FOLDER [--package NAME] [--python PATH] [--steps N] [--rate N] [--model FILE]`: what an adapter
// is worth on held-out files of one held-out package, trained on its others: kept characters before and after. FOLDER has the
// original weights of the bundled model, or of FILE; PATH is a Python that has training/finetune/requirements.txt.
//
// To train on another machine: `--write-data FOLDER` writes what is learned from and ends; `--adapter FOLDER` measures what
// training/finetune/finetune.py made of it there, and may be given for several.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { WorkspaceFiles } from "../server/completion/context/workspaceFiles.ts";
import { measureKept } from "../server/finetune/measureKept.ts";
import { type DataPart, writeData, type WrittenData } from "../server/finetune/writeData.ts";
import { convertAdapter } from "../server/models/convert/convertFolder.ts";
import type { KeptText } from "../src/shared/finetuning.ts";
import { ModelUnderTest } from "../test/support/modelUnderTest.ts";
import { readHeldOutFiles } from "./heldOut.ts";

const { values: options } = parseArgs({
  options: {
    base: { type: "string", default: "" },
    package: { type: "string", default: "pypi:rq" },
    python: { type: "string", default: "python3" },
    steps: { type: "string", default: "40" },
    rate: { type: "string", default: "2e-3" },
    model: { type: "string", default: "media/models/falcon-tiny-demo.gguf" },
    "write-data": { type: "string" },
    adapter: { type: "string", multiple: true },
  },
});

const rootOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const never = new AbortController().signal;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-finetune-"));
const engine = new ModelUnderTest({ log: (line) => process.stderr.write(`${line}\n`) });
const modelFile = path.resolve(options.model);

function writeRepository(): WorkspaceFiles {
  const repository = path.join(folder, "repository");
  for (const file of readHeldOutFiles()) {
    if (file.package !== options.package) continue;
    fs.mkdirSync(path.dirname(path.join(repository, file.path)), { recursive: true });
    fs.writeFileSync(path.join(repository, file.path), file.text);
  }
  return new WorkspaceFiles({
    folders: () => [pathToFileURL(repository).href],
    isAllowed: () => true,
    isVisited: () => false,
    openText: () => undefined,
  });
}

async function measure(files: DataPart["files"], adapter?: string): Promise<KeptText> {
  const adapters = adapter === undefined ? {} : { adapters: [{ path: adapter, scale: 1 }] };
  await engine.load({ plan: { path: modelFile, contextSize: 2048, gpu: "off", threads: 0, ...adapters } });
  if (!engine.model) throw new Error("the model is not loaded");
  return measureKept(files, engine.model, never);
}

/** @returns the folder of the adapter with the least loss */
function train({ training, heldOut }: WrittenData): string {
  const script = rootOf("training/finetune/finetune.py");
  const out = path.join(folder, "out");
  const files = ["--data", training.path, "--held-out", heldOut.path, "--out", out];
  const settings = ["--steps", options.steps, "--rate", options.rate];
  const started = performance.now();
  const said = execFileSync(options.python, [script, "--base", options.base, ...files, ...settings], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const measured = said.split("\n").filter((line) => line.includes("heldOut"));
  process.stdout.write(`${measured.join("\n")}\n`);
  process.stdout.write(`${options.steps} steps in ${Math.round((performance.now() - started) / 1000)} s\n`);
  return path.join(out, "best");
}

async function compare(data: WrittenData): Promise<void> {
  print("before", await measure(data.heldOut.files));
  for (const [i, trained] of (options.adapter ?? [train(data)]).entries()) {
    const adapter = path.join(folder, `adapter-${i}.gguf`);
    const weights = { folder: trained, base: options.base, modelFile };
    await convertAdapter(weights, adapter, { workerPath: rootOf("dist/convert.cjs") });
    print(`after ${path.basename(trained)}`, await measure(data.heldOut.files, adapter));
  }
}

function print(name: string, { places, characters, lines }: KeptText): void {
  process.stdout.write(
    `${name.padEnd(9)} kept ${characters.toFixed(3)}  exact ${lines.toFixed(3)}  (${places} places)\n`,
  );
}

try {
  await engine.load({ plan: { path: modelFile, contextSize: 2048, gpu: "off", threads: 0 } });
  if (!engine.model) throw new Error("the model is not loaded");
  const dataFolder = options["write-data"] ?? path.join(folder, "data");
  const data = await writeData(writeRepository(), engine.model, dataFolder, never);
  for (const name of ["training", "heldOut"] as const) {
    const { files, tokens, examples } = data[name];
    process.stdout.write(`${name}: ${files.length} files, ${tokens} tokens, ${examples} examples\n`);
  }
  if (options["write-data"] === undefined) await compare(data);
} finally {
  await engine.dispose();
  fs.rmSync(folder, { recursive: true });
}
