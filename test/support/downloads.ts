// Downloads for tests: from a hub on the loopback into a folder, without time that passes while they wait.

import assert from "node:assert/strict";
import path from "node:path";
import process from "node:process";

import { downloadFile, type FileProgress } from "../../server/models/download/downloadFile.ts";
import { DownloadError } from "../../server/models/download/failures.ts";
import { fileAddress, openHub } from "../../server/models/download/hub.ts";
import { type Network, openNetwork } from "../../server/network.ts";
import type { Wait } from "../../server/models/download/waiting.ts";
import type { DownloadedFile } from "../../src/shared/downloads.ts";

export const repository = "tiiuae/Falcon-Test-GGUF";
export const file = "falcon-test-Q4_0.gguf";

/** The way to the loopback, whichever proxies the machine has. */
export async function openLoopback(): Promise<Network> {
  process.env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^https?_proxy$/i.test(name)));
  return openNetwork();
}

export interface TestDownload {
  readonly endpoint: string;
  readonly network: Network;
  readonly folder: string;
  readonly token?: string;
  readonly hash?: { readonly algorithm: "sha256" | "sha512"; readonly hex: string };
  readonly signal?: AbortSignal;
  /** How it waits, where time is to pass. */
  readonly wait?: Wait;
  readonly onProgress?: (progress: FileProgress) => unknown;
}

export interface Downloaded {
  readonly result: DownloadedFile;
  /** Milliseconds of each wait. */
  readonly waits: readonly number[];
  readonly progress: readonly FileProgress[];
}

/** Waits without time that passes. */
export const letOthersRun = () => new Promise<void>((resolve) => setImmediate(resolve));

export async function download(options: TestDownload): Promise<Downloaded> {
  const {
    endpoint,
    network,
    folder,
    token,
    hash,
    signal = new AbortController().signal,
    wait = letOthersRun,
  } = options;
  const waits: number[] = [];
  const progress: FileProgress[] = [];
  const hub = openHub({ hub: endpoint }, () => Promise.resolve(token));
  const result = await downloadFile(
    { url: fileAddress(hub, repository, file), target: path.join(folder, file), ...(hash && { hash }) },
    {
      access: { network, hub },
      wait(milliseconds, signal) {
        waits.push(milliseconds);
        return wait(milliseconds, signal);
      },
      onProgress(each) {
        progress.push(each);
        options.onProgress?.(each);
      },
    },
    signal,
  );
  return { result, waits, progress };
}

export async function failureOf(run: Promise<unknown>): Promise<DownloadError> {
  const error = await run.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof DownloadError) return error;
  throw error;
}
