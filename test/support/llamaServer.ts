// A real llama-server with a model, on the loopback.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { findLlamaServer } from "../../scripts/llamaServer.ts";

const demonstrationModel = fileURLToPath(new URL("../../media/models/falcon-tiny-demo.gguf", import.meta.url));

export interface RunningServer {
  readonly address: string;
  /** Whether it works on a request, as its own slots say. */
  readonly isProcessing: () => Promise<boolean>;
  /** How many steps it has evaluated. */
  readonly decoded: () => Promise<number>;
  readonly dispose: () => Promise<void>;
}

/** Milliseconds to wait for it. The machine may be busy: only what never comes takes so long. */
const patience = 180_000;

/** @param key that it wants with each request */
export async function startLlamaServer(key?: string): Promise<RunningServer> {
  const { command, args, env } = await findLlamaServer();
  const port = await freePort();
  const own = ["--model", demonstrationModel, "--host", "127.0.0.1", "--port", String(port), "--threads", "1"];
  const more = ["--parallel", "2", "--ctx-size", "4096", "--slots", "--metrics", ...(key ? ["--api-key", key] : [])];
  const child = spawn(command, [...args, ...own, ...more], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2000);
  });
  const address = `http://127.0.0.1:${port}`;
  const dispose = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  const isUp = async () => {
    try {
      return (await fetch(`${address}/health`)).ok;
    } catch {
      return false; // It does not listen yet.
    }
  };
  const end = Date.now() + patience;
  while (!(await isUp())) {
    if (child.exitCode !== null || Date.now() > end) {
      await dispose();
      throw new Error(`llama-server did not start: ${errors}`);
    }
    await sleep(50);
  }
  const ask = async (path: string) =>
    (await fetch(address + path, { headers: key ? { authorization: `Bearer ${key}` } : {} })).text();
  const isProcessing = async () => {
    const slots = JSON.parse(await ask("/slots")) as readonly { readonly is_processing: boolean }[];
    return slots.some((slot) => slot.is_processing);
  };
  const decoded = async () => Number(/^llamacpp:n_decode_total (\d+)/m.exec(await ask("/metrics"))?.[1]);
  return { address, isProcessing, decoded, dispose };
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
