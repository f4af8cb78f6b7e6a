// The downloads that the user has asked for: one runs, the others wait for their turn or are paused.

import type { Download, DownloadedFile, DownloadParams, DownloadState } from "../../../src/shared/downloads.ts";
import type { FileProgress } from "./downloadFile.ts";
import { Speed } from "./speed.ts";

/** Downloads the files of one entry of the queue. */
export type RunDownload = (
  params: DownloadParams,
  onProgress: (progress: FileProgress) => void,
  signal: AbortSignal,
) => Promise<DownloadedFile[]>;

export interface QueueOptions {
  readonly run: RunDownload;
  readonly onChanged: (downloads: readonly Download[]) => void;
  /** Milliseconds of a clock. */
  readonly now: () => number;
}

/** Milliseconds between two reports of a download that only goes on. */
const reportInterval = 250;

interface Entry {
  readonly params: DownloadParams;
  readonly speed: Speed;
  readonly done: PromiseWithResolvers<DownloadedFile[]>;
  state: DownloadState;
  progress: FileProgress;
  /** Of the run that goes on. */
  controller?: AbortController;
}

export class DownloadQueue {
  readonly #options: QueueOptions;
  readonly #entries = new Map<string, Entry>();
  #running: Promise<void> | undefined;
  #reported = -Infinity;
  /** The report of what came too soon after the last one. */
  #pending: NodeJS.Timeout | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get downloads(): readonly Download[] {
    return [...this.#entries].map(([id, entry]) => describe(id, entry));
  }

  /**
   * Resolves when the files are there. One that is in the queue already is gone on with. Aborted, it leaves the queue, and
   * what was received stays on the disk.
   */
  async add(params: DownloadParams, signal: AbortSignal): Promise<DownloadedFile[]> {
    const id = idOf(params);
    const entry = this.#entries.get(id) ?? this.#create(id, params);
    if (entry.state === "paused") this.resume(id);
    const cancel = () => this.cancel(id, signal.reason);
    signal.addEventListener("abort", cancel);
    if (signal.aborted) cancel();
    try {
      return await entry.done.promise;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  pause(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.state = "paused";
    entry.speed.rest();
    entry.controller?.abort();
    this.#report();
  }

  resume(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.state !== "paused") return;
    entry.state = "waiting";
    this.#report();
    this.#next();
  }

  cancel(id: string, reason: unknown = new DOMException("The download was cancelled.", "AbortError")): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    entry.controller?.abort(reason);
    entry.done.reject(reason);
    this.#report();
  }

  /** Ends all, and resolves when nothing is written any more. */
  async dispose(): Promise<void> {
    for (const id of [...this.#entries.keys()]) this.cancel(id);
    await this.#running;
  }

  #create(id: string, params: DownloadParams): Entry {
    const entry: Entry = {
      params,
      speed: new Speed(),
      done: Promise.withResolvers(),
      state: "waiting",
      progress: { state: "waiting", received: 0 },
    };
    // Who has asked may be gone.
    entry.done.promise.catch(() => undefined);
    this.#entries.set(id, entry);
    this.#report();
    this.#next();
    return entry;
  }

  #next(): void {
    if (this.#running) return;
    const next = [...this.#entries].find(([, { state }]) => state === "waiting");
    if (!next) return;
    const [id, entry] = next;
    this.#running = this.#run(id, entry).finally(() => {
      this.#running = undefined;
      this.#next();
    });
  }

  async #run(id: string, entry: Entry): Promise<void> {
    const controller = new AbortController();
    entry.controller = controller;
    const onProgress = (progress: FileProgress) => {
      if (controller.signal.aborted) return;
      const now = this.#options.now();
      const isNews = progress.state !== entry.state || progress.note !== entry.progress.note;
      entry.progress = progress;
      entry.state = progress.state;
      if (progress.state === "downloading") entry.speed.add(progress.received, now);
      else entry.speed.rest();
      if (isNews || now - this.#reported >= reportInterval) this.#report();
      // Nothing may come after it, as where the connection stands still.
      else this.#pending ??= setTimeout(() => this.#report(), reportInterval);
    };
    try {
      const files = await this.#options.run(entry.params, onProgress, controller.signal);
      this.#end(id, entry);
      entry.done.resolve(files);
    } catch (error) {
      // Paused or cancelled, whoever did so has said what follows.
      if (controller.signal.aborted) return;
      this.#end(id, entry);
      entry.done.reject(error);
    } finally {
      delete entry.controller;
    }
  }

  #end(id: string, entry: Entry): void {
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
    this.#report();
  }

  #report(): void {
    clearTimeout(this.#pending);
    this.#pending = undefined;
    this.#reported = this.#options.now();
    this.#options.onChanged(this.downloads);
  }
}

function idOf({ repository, files }: DownloadParams): string {
  return JSON.stringify([repository, ...files]);
}

function describe(id: string, { params, speed, state, progress }: Entry): Download {
  const { received, size, note } = progress;
  const { bytesPerSecond } = speed;
  const isTimed = state === "downloading" && bytesPerSecond !== undefined;
  return {
    id,
    repository: params.repository,
    files: params.files,
    state,
    received,
    ...(size !== undefined && { size }),
    ...(isTimed && { speed: bytesPerSecond }),
    ...(isTimed && size !== undefined && bytesPerSecond > 0 && { secondsLeft: (size - received) / bytesPerSecond }),
    ...(note !== undefined && state === "waiting" && { note }),
  };
}
