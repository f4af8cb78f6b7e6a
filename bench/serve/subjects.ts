// The servers under measurement, each as its users start it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

import { runLlamaServer } from "../subject.ts";

export interface HttpSubject {
  readonly source: "engine" | "llama-server";
  readonly address: string;
  readonly token: string;
  /** Of the process that serves HTTP. */
  readonly pid: number;
  dispose(this: void): Promise<void>;
}

interface ServeOptions {
  readonly model: string;
  readonly threads: number;
  /** Of each sequence. */
  readonly contextSize: number;
  readonly clients: number;
}

const token = "a token for measurements";

/** `falcon serve`. */
export async function startFalcon({ model, threads, contextSize }: ServeOptions): Promise<HttpSubject> {
  const program = path.join(import.meta.dirname, "../../dist/cli.cjs");
  const args = ["serve", "--port", "0", "--model", model, "--gpu", "off"];
  const child = spawn(
    process.execPath,
    [program, ...args, "--threads", String(threads), "--context-size", String(contextSize)],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, FALCON_API_TOKEN: token } },
  );
  const address = (await addressOf(child)).replace(/\/v1$/, "");
  return {
    ...{ source: "engine", address, token, pid: child.pid ?? 0 },
    dispose: async () => {
      // One that has ended already does not say so again.
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill();
      await gone;
    },
  };
}

/** The first line that it prints. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout) {
    for await (const line of createInterface({ input: stdout })) return line.replace(/^address: +/, "");
  }
  throw new Error("falcon serve ended before it served.");
}

/** llama.cpp's server, with a sequence for each client. */
export async function startLlama(
  program: string,
  { model, threads, contextSize, clients }: ServeOptions,
): Promise<HttpSubject> {
  const server = await runLlamaServer(program, [
    ...["--model", model, "--threads", String(threads)],
    ...["--ctx-size", String(contextSize * clients), "--parallel", String(clients)],
  ]);
  return { source: "llama-server", token, ...server };
}
