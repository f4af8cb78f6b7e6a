// The model process: node-llama-cpp alone, spoken to over IPC, so that a fault of native code ends nothing else.

import "../../nodeVersion.ts";

import path from "node:path";
import process, { exit } from "node:process";
import { Worker } from "node:worker_threads";
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";

import { answerModel } from "../process/answerModel.ts";
import { LlamaHost } from "./llamaHost.ts";

async function main(): Promise<void> {
  const watch = path.join(__dirname, "parentWatch.cjs");
  new Worker(watch).unref();
  const library = await import("node-llama-cpp");
  // The parent takes what is written to stderr into its log.
  const host = new LlamaHost(library, (message) => console.error(message));
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));

  answerModel(connection, {
    ping: () => ({ memory: host.memory, progress: host.progress }),
    load: (request, onProgress) => host.load(request, onProgress),
    prepared: () => host.prepared,
    unload: (within) => host.unload(within),
    log: (fault) => console.error(fault),
  });
  connection.listen();
}

// However the parent ended, this process ends with it: at once, or within a second where it is busy. An exit would wait for
// native code that hangs.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

void main().catch((error: unknown) => {
  console.error(error);
  exit(1);
});
