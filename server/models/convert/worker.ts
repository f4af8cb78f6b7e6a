// A thread of a conversion: one plans it and writes the header, and then as many as there are processors convert rows.

import fs from "node:fs";
import { getEnvironmentData, parentPort, workerData } from "node:worker_threads";
import * as l10n from "@vscode/l10n";

import { ConversionError } from "./conversionError.ts";
import { convertRows, jobsOf } from "./convertRows.ts";
import { planAdapter } from "./planAdapter.ts";
import { type Conversion, planConversion, type PlannedTensor } from "./planConversion.ts";
import type { FileType } from "./tensorTypes.ts";

export type WorkerTask =
  | { readonly kind: "plan"; readonly folder: string; readonly fileType: FileType }
  /** The base is the folder of the model whose weights the adapter changes. */
  | { readonly kind: "planAdapter"; readonly folder: string; readonly base: string }
  | {
      readonly kind: "convert";
      readonly tensors: readonly PlannedTensor[];
      readonly target: string;
      /** The number of the next job, which each thread takes and counts on. */
      readonly next: Int32Array<SharedArrayBuffer>;
    };

export type WorkerMessage =
  | { readonly kind: "planned"; readonly conversion: Conversion }
  /** Rows of a tensor are written. */
  | { readonly kind: "converted"; readonly tensor: number; readonly bytes: number }
  | { readonly kind: "failed"; readonly message: string };

/** Under this name the server's composition root leaves the translated texts for its threads. */
const messages = getEnvironmentData("falcon.messages") as Record<string, string> | undefined;
if (messages) l10n.config({ contents: messages });

const send = (message: WorkerMessage) => parentPort?.postMessage(message);

try {
  run(workerData as WorkerTask);
} catch (error) {
  if (!(error instanceof ConversionError)) throw error;
  send({ kind: "failed", message: error.message });
}

function run(task: WorkerTask): void {
  if (task.kind === "plan") {
    send({ kind: "planned", conversion: planConversion(task.folder, task.fileType) });
    return;
  }
  if (task.kind === "planAdapter") {
    send({ kind: "planned", conversion: planAdapter(task.folder, task.base) });
    return;
  }
  const target = fs.openSync(task.target, "r+");
  try {
    let number = 0;
    let mine = Atomics.add(task.next, 0, 1);
    for (const job of jobsOf(task.tensors)) {
      if (number++ !== mine) continue;
      convertRows(job, target);
      const bytes = (job.tensor.bytes * job.count) / job.tensor.dims.slice(1).reduce((a, b) => a * b, 1);
      send({ kind: "converted", tensor: task.tensors.indexOf(job.tensor), bytes });
      mine = Atomics.add(task.next, 0, 1);
    }
  } finally {
    fs.closeSync(target);
  }
}
