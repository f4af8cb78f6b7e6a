// What is measured: our engine, and llama-server, with the same requests.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import type { Priority } from "../server/engine/engine.ts";
import { ModelProcess } from "../server/engine/process/modelProcess.ts";
import { neededOf, planMemory } from "../server/engine/plan/memoryPlan.ts";
import { planFile } from "../server/models/plan/plannedFile.ts";
import { deviceOptions, sameBuild } from "./sameBuild.ts";

export interface Work {
  readonly priority: Priority;
  readonly prompt: string;
  readonly maxTokens: number;
}

/** In tokens: of the prompt what was evaluated, and what was written. */
export interface Done {
  readonly evaluated: number;
  readonly generated: number;
}

export interface Subject {
  readonly pid: number;
  /** Requests that it can work on at once. */
  readonly sequences: number;
  /** Whether an aborted request resolves when its evaluation has ended, and not before. */
  readonly tellsOfAborts: boolean;
  /** Works greedily. `onPiece` is called at each piece of the text. An aborted one resolves too. */
  generate(work: Work, onPiece: () => void, signal: AbortSignal): Promise<Done>;
  dispose(): Promise<void>;
}

export interface SubjectOptions {
  readonly model: string;
  readonly threads: number;
  readonly contextSize: number;
  /** Whether GPUs run as many layers as fit, or none. */
  readonly gpu: boolean;
}

/** Bytes on GPUs: what llama.cpp says it allocated, and what was planned. */
interface GpuMemory {
  readonly allocated: number;
  readonly planned: number;
}

export interface Engine extends Subject {
  /** Milliseconds. */
  readonly loadTime: number;
  /** Resolves when a GPU is prepared. */
  readonly prepared: Promise<void>;
  readonly gpuMemory: GpuMemory;
  /** The device that it works on. */
  readonly device: string;
  /** Of all layers those that GPUs do not run. */
  readonly layersOnCpu: number;
}

/** Requests that are measured at once at the most. */
export const mostAtOnce = 4;

/**
 * Our engine, in its process, as the language server has it.
 * @throws EngineError
 */
export async function startEngine({ model, threads, contextSize, gpu }: SubjectOptions): Promise<Engine> {
  const log: string[] = [];
  const engine = new ModelProcess({
    modulePath: path.join(import.meta.dirname, "../dist/engine.cjs"),
    log: (line) => log.push(line),
    onDied: (reason) => console.error(`The model process ended: ${reason}`),
  });
  const { planned } = planFile(model);
  const plan = { path: model, contextSize, gpu: gpu ? "auto" : "off", threads } as const;
  const begin = performance.now();
  const loaded = await engine
    .load({ plan, planned, markers: [] }, () => undefined)
    .catch(async (error: unknown) => {
      await engine.dispose();
      throw error;
    });
  const { info } = loaded;
  const loadTime = performance.now() - begin;
  const onGpus = planMemory(planned, info, info.devices).devices.filter(({ kind }) => kind === "gpu");
  return {
    pid: engine.pid ?? 0,
    sequences: info.sequences,
    loadTime,
    prepared: loaded.prepared ?? Promise.resolve(),
    gpuMemory: { allocated: allocatedOnGpus(log), planned: onGpus.reduce((sum, each) => sum + neededOf(each), 0) },
    device: info.devices[0]?.name ?? info.device,
    layersOnCpu: info.layers - info.gpuLayers,
    tellsOfAborts: true,
    generate: async ({ priority, prompt, maxTokens }, onPiece, signal) => {
      const request = { priority, prompt: [prompt], maxTokens, temperature: 0, stop: [] };
      const { usage } = await loaded.generate(request, onPiece, signal);
      return { evaluated: usage.prompt - usage.reused, generated: usage.generated };
    },
    dispose: () => engine.dispose(),
  };
}

/** Bytes, from llama.cpp's log. */
function allocatedOnGpus(log: readonly string[]): number {
  const megabytes = log.map((line) => {
    const [, device = "", size] = /(\S+) +(?:model|KV|RS|compute) buffer size = +([\d.]+) MiB/.exec(line) ?? [];
    return /^CPU|_Host$/.test(device) ? 0 : Number(size ?? 0);
  });
  return megabytes.reduce((sum, each) => sum + each, 0) * 2 ** 20;
}

/** llama.cpp's server, with as many sequences of the same size. */
export async function startLlamaServer(
  program: string,
  { model, threads, contextSize, gpu }: SubjectOptions,
): Promise<Subject> {
  const size = ["--ctx-size", String(contextSize * mostAtOnce), "--parallel", String(mostAtOnce)];
  const { pid, address, dispose } = await runLlamaServer(
    program,
    ["--model", model, "--threads", String(threads), ...size],
    gpu,
  );
  return {
    pid,
    sequences: mostAtOnce,
    tellsOfAborts: false,
    generate: (work, onPiece, signal) => complete(address, work, onPiece, signal),
    dispose,
  };
}

export interface LlamaServer {
  readonly pid: number;
  /** Of its HTTP server. */
  readonly address: string;
  dispose(this: void): Promise<void>;
}

/** Starts it on a free port, and waits until its model is loaded. */
export async function runLlamaServer(program: string, options: readonly string[], gpu = false): Promise<LlamaServer> {
  const port = await freePort();
  const child = spawn(
    await sameBuild(program, gpu),
    [...options, "--host", "127.0.0.1", "--port", String(port), "--no-ui", ...deviceOptions(gpu)],
    { stdio: "ignore" },
  );
  const address = `http://127.0.0.1:${port}`;
  await whenHealthy(child, address);
  return {
    pid: child.pid ?? 0,
    address,
    dispose: async () => {
      // One that has ended already does not say so again.
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port is free.");
  return address.port;
}

async function whenHealthy(child: ChildProcess, address: string): Promise<void> {
  let failure: string | undefined;
  child.on("error", (error) => (failure = error.message));
  child.on("exit", (code) => (failure = `exit code ${code ?? "unknown"}`));
  for (;;) {
    if (failure !== undefined) throw new Error(`llama-server: ${failure}`);
    const health = await fetch(`${address}/health`).catch(() => undefined); // Nobody listens yet.
    if (health?.ok) return;
    await sleep(100);
  }
}

/** One event of the server's stream; the last one has the timings. */
interface ServerEvent {
  readonly content: string;
  readonly timings?: { readonly prompt_n: number; readonly predicted_n: number };
}

async function complete(
  address: string,
  { prompt, maxTokens }: Work,
  onPiece: () => void,
  signal: AbortSignal,
): Promise<Done> {
  let done: Done = { evaluated: 0, generated: 0 };
  try {
    const body = JSON.stringify({ prompt, n_predict: maxTokens, temperature: 0, stream: true, cache_prompt: true });
    const response = await fetch(`${address}/completion`, { method: "POST", body, signal });
    if (!response.ok || !response.body) throw new Error(`llama-server: ${await response.text()}`);
    for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) {
      if (!line.startsWith("data: ")) continue;
      const { content, timings } = JSON.parse(line.slice("data: ".length)) as ServerEvent;
      if (content !== "") onPiece();
      if (timings) done = { evaluated: timings.prompt_n, generated: timings.predicted_n };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return done;
}
