// What a load costs on a GPU: the programs that its driver compiles once, and the memory that is planned before it is taken.

import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

import { EngineError } from "../server/engine/engine.ts";
import { type NewPrompt, promptTokens, run, type Values } from "./figures.ts";
import { contextLength } from "./model.ts";
import { type Engine, startEngine, type SubjectOptions } from "./subject.ts";

/** Gets values as they come. */
type Recorder = (values: Values) => void;

/** The first loads and prompts of all on this GPU, and those after a restart. */
export async function measureLoads(options: SubjectOptions, newPrompt: NewPrompt, record: Recorder): Promise<void> {
  const prompt = (engine: Engine) => timePrompt(engine, newPrompt);
  await withoutPrograms(() =>
    using(options, async (engine) => record({ "first prompt, unprepared": await prompt(engine) })),
  );
  await withoutPrograms(async () => {
    await using(options, async (engine) => {
      const loaded = performance.now();
      await engine.prepared;
      record({ "first load": engine.loadTime, preparing: performance.now() - loaded });
      record({ "first prompt, prepared": await prompt(engine) });
      const warm: number[] = [];
      for (let i = 0; i < 5; i++) warm.push(await prompt(engine));
      record({ "prompt, warm": warm.toSorted((a, b) => a - b)[2] ?? NaN });
    });
    await using(options, async (engine) => {
      record({ load: engine.loadTime, "first prompt, restarted": await prompt(engine) });
      record(memoryOf(engine, ""));
    });
  });
}

/** A context that is too large is refused with the size of one that fits; that one is loaded, and works. */
export async function measureLargest(options: SubjectOptions, newPrompt: NewPrompt, record: Recorder): Promise<void> {
  const begin = performance.now();
  const contextSize = await using({ ...options, contextSize: contextLength }, () =>
    Promise.resolve(contextLength),
  ).catch((error: unknown) => {
    if (!(error instanceof EngineError) || error.failure !== "outOfMemory" || error.fits === undefined) throw error;
    console.error(error.message);
    return error.fits;
  });
  record({ "context refused": performance.now() - begin, "largest context": contextSize });
  await using({ ...options, contextSize }, async (engine) => {
    record(memoryOf(engine, ", largest context"));
    record({ "layers on the CPU, largest context": engine.layersOnCpu });
    record({ "prompt, largest context": await timePrompt(engine, newPrompt) });
  });
}

async function timePrompt(engine: Engine, newPrompt: NewPrompt): Promise<number> {
  const work = { priority: "completion", prompt: newPrompt(promptTokens), maxTokens: 1 } as const;
  return (await run(engine, work)).firstPiece;
}

function memoryOf({ gpuMemory: { allocated, planned } }: Engine, where: string): Values {
  return { [`memory on the GPU${where}`]: allocated / 1e6, [`memory planned${where}`]: planned / 1e6 };
}

async function using<T>(options: SubjectOptions, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await startEngine(options);
  try {
    return await work(engine);
  } finally {
    await engine.dispose();
  }
}

/** Where NVIDIA's driver keeps what it has compiled, and where Mesa's do. */
const programFolders = ["__GL_SHADER_DISK_CACHE_PATH", "MESA_SHADER_CACHE_DIR"] as const;

/** Works as after the driver's installation: with none of the programs that it has compiled for others. */
async function withoutPrograms<T>(work: () => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "falcon-programs-"));
  const own = { ...process.env };
  for (const name of programFolders) process.env[name] = folder;
  try {
    return await work();
  } finally {
    process.env = own;
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
