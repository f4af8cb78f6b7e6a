// Converts a folder of original weights, or of an adapter to them, as Hugging Face has them, into a GGUF file that llama.cpp
// loads.

import fs from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { Worker } from "node:worker_threads";
import * as l10n from "@vscode/l10n";

import { UserError } from "../../userError.ts";
import { inspectAdapter } from "../files/inspectAdapter.ts";
import { inspectModel } from "../files/inspectModel.ts";
import { hasDrafts, writeNewFile } from "../files/newFile.ts";
import type { Conversion, PlannedTensor } from "./planConversion.ts";
import type { FileType } from "./tensorTypes.ts";
import type { WorkerMessage, WorkerTask } from "./worker.ts";

export interface ConvertOptions {
  /** Path of `worker.ts`, or of its bundle. */
  readonly workerPath: string;
  /**
   * Whether each file of weights is deleted as soon as all of it is converted, so that the disk need not hold both. Those that
   * are deleted by then are gone when the conversion fails or is aborted.
   */
  readonly deletesWeights?: boolean;
  readonly onProgress?: (fraction: number) => void;
  readonly signal?: AbortSignal;
}

type PlanTask = Extract<WorkerTask, { readonly kind: "plan" | "planAdapter" }>;

/** More threads than this wait for the disk, and each takes some memory. */
const mostThreads = 16;
/** Of the new file, what is worth a thread of its own, in bytes. */
const threadBytes = 2 ** 22;

/**
 * Writes `outFile`, which is there only when all of it is written and has passed the check of every model file.
 * @throws UserError that names the folder, the cause and the mend, or the file that has the name already; the signal's
 * reason where it is aborted
 */
export function convertFolder(
  folder: string,
  outFile: string,
  fileType: FileType,
  options: ConvertOptions,
): Promise<void> {
  return writeConverted({ kind: "plan", folder, fileType }, outFile, (draft) => void inspectModel(draft), options);
}

/** Whether original weights came into a folder after a file was made there, which is then of others. */
export function hasNewerWeights(folder: string, file: string): boolean {
  const changed = (name: string) => fs.statSync(name).mtimeMs;
  const weights = fs.readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
  return weights.some((name) => changed(path.join(folder, name)) > changed(file));
}

/**
 * The same of a LoRA adapter that PEFT wrote.
 * @param base the folder of the weights that it was trained on
 * @param modelFile what was converted of them, which the adapter is to change
 */
export function convertAdapter(
  { folder, base, modelFile }: { readonly folder: string; readonly base: string; readonly modelFile: string },
  outFile: string,
  options: ConvertOptions,
): Promise<void> {
  const task = { kind: "planAdapter", folder, base } as const;
  return writeConverted(task, outFile, (draft) => inspectAdapter(draft, modelFile), options);
}

async function writeConverted(
  task: PlanTask,
  outFile: string,
  check: (draft: string) => void,
  options: ConvertOptions,
): Promise<void> {
  try {
    const write = async (draft: string) => {
      // From now on others see that the folder is being converted.
      fs.writeFileSync(draft, "");
      const conversion = await plan(task, options);
      checkSpace(outFile, options.deletesWeights ? spaceWithoutBoth(conversion) : conversion.size);
      fs.writeFileSync(draft, conversion.header);
      // It grows as it is written: Windows takes the space of a longer file at once.
      await convert(conversion.tensors, draft, options);
      fs.truncateSync(draft, conversion.size);
      check(draft);
    };
    await writeNewFile(outFile, write, options.signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw toUserError(task.folder, error);
  }
}

/** Bytes of the new file that there is at most beyond those of the weights that are deleted before they are written. */
export function spaceWithoutBoth({ size, tensors }: Conversion): number {
  let [most, freed] = [0, 0];
  for (const [i, { original, position, bytes }] of tensors.entries()) {
    most = Math.max(most, position + bytes - freed);
    if (tensors[i + 1]?.original.file !== original.file) freed += fs.statSync(original.file).size;
  }
  return Math.max(most, size - freed);
}

function checkSpace(outFile: string, size: number): void {
  const { bavail, bsize } = fs.statfsSync(path.dirname(outFile));
  const free = bavail * bsize;
  if (free >= size) return;
  throw new UserError(
    l10n.t(
      "There is too little space for {0}: it takes {1} bytes, and {2} are free. Free some, or choose another folder.",
      outFile,
      size,
      free,
    ),
  );
}

/** What a thread says of the weights. */
class Failure extends Error {
  override readonly name = "Failure";
}

function toUserError(folder: string, error: unknown): unknown {
  if (error instanceof Failure) {
    return new UserError(l10n.t("The weights in {0} cannot be converted: {1}.", folder, error.message));
  }
  if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return toUserError(folder, new Failure(l10n.t("they take more memory than any Falcon's: download them again")));
  }
  // What the system refuses: a folder that is not there or may not be read or written, a disk that is full or gone.
  if (error instanceof Error && "code" in error && "syscall" in error) {
    return new UserError(
      l10n.t("The conversion of {0} cannot go on: {1}. Mend that, or choose another folder.", folder, error.message),
    );
  }
  return error;
}

async function plan(task: PlanTask, options: ConvertOptions): Promise<Conversion> {
  let conversion: Conversion | undefined;
  await runThreads([task], options, (message) => {
    if (message.kind === "planned") ({ conversion } = message);
  });
  if (!conversion) throw new Error("The thread that plans a conversion ends without a plan");
  return conversion;
}

async function convert(tensors: readonly PlannedTensor[], target: string, options: ConvertOptions): Promise<void> {
  const next = new Int32Array(new SharedArrayBuffer(4));
  const total = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  const threads = Math.min(availableParallelism(), mostThreads, Math.ceil(total / threadBytes));
  let done = 0;
  const left = bytesOfFiles(tensors);
  const deletions: Promise<void>[] = [];
  try {
    await runThreads(
      Array.from({ length: threads }, () => ({ kind: "convert", tensors, target, next })),
      options,
      (message) => {
        if (message.kind !== "converted") return;
        done += message.bytes;
        const file = tensors[message.tensor]?.original.file ?? "";
        left.set(file, (left.get(file) ?? 0) - message.bytes);
        if (options.deletesWeights && left.get(file) === 0) deletions.push(deleteUnlessRead(file, target));
        options.onProgress?.(done / total);
      },
    );
  } finally {
    await Promise.all(deletions);
  }
}

/** Bytes of the new file that come of each file of weights. */
function bytesOfFiles(tensors: readonly PlannedTensor[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { original, bytes } of tensors) sums.set(original.file, (sums.get(original.file) ?? 0) + bytes);
  return sums;
}

/** Another conversion, to another type, may read the same weights. */
async function deleteUnlessRead(file: string, draft: string): Promise<void> {
  if (!(await hasDrafts(path.dirname(file), draft))) await fs.promises.rm(file, { force: true });
}

/** Runs a thread for each task until all have ended; where one fails, or the signal is aborted, none is left. */
async function runThreads(
  tasks: readonly WorkerTask[],
  { workerPath, signal }: ConvertOptions,
  onMessage: (message: WorkerMessage) => void,
): Promise<void> {
  signal?.throwIfAborted();
  const threads = tasks.map((task) => new Worker(workerPath, { workerData: task }));
  const stop = Promise.withResolvers<never>();
  const abort = () => stop.reject(new Error("aborted"));
  signal?.addEventListener("abort", abort);
  try {
    const ended = threads.map(
      (thread) =>
        new Promise<void>((resolve, reject) => {
          thread.on("message", (message: WorkerMessage) => {
            if (message.kind === "failed") reject(new Failure(message.message));
            else onMessage(message);
          });
          thread.on("error", reject);
          thread.on("exit", () => resolve());
        }),
    );
    await Promise.race([Promise.all(ended), stop.promise]);
  } finally {
    signal?.removeEventListener("abort", abort);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  // It may have been aborted while nobody listened.
  signal?.throwIfAborted();
}
