// What crosses a process about CUDA, which is downloaded for the cards that it serves: types, and the names of the methods.

import { RequestType0 } from "vscode-languageserver-protocol";

import type { DownloadParams } from "./downloads.ts";
import type { Problem } from "./status.ts";

/** What CUDA is on this machine. */
export interface CudaOffer {
  /** The NVIDIA cards, by name; none where there is none, or no driver for it. */
  readonly cards: readonly string[];
  /** Why it cannot run here, in the user's language; absent where it can. */
  readonly obstacle?: string;
  readonly download: DownloadParams;
  /** Bytes of the download, and of what becomes of it on the disk. */
  readonly size: number;
  readonly unpacked: number;
  /** Whether all of this version is there. */
  readonly installed: boolean;
  /** Bytes on the disk of what was downloaded, be it a part, or of an earlier version; 0 where nothing was. */
  readonly taken: number;
}

/** Tokens in a second. */
export interface BackendSpeed {
  readonly reading: number;
  readonly writing: number;
}

export interface CudaComparison {
  readonly cuda: BackendSpeed;
  readonly other: BackendSpeed;
  /** What the other ran on: Vulkan, or the CPU where that does not run. */
  readonly device: string;
  /** Whether a prompt with its answer takes less time with CUDA. */
  readonly isFaster: boolean;
}

/** What CUDA is on this machine; null where it is published for no machine like it. */
export const cudaRequest = new RequestType0<CudaOffer | null, Problem>("falcon/cuda");

/**
 * Lets the model of ghost text answer with Vulkan and with CUDA, one after the other. Fails with a `Problem` where CUDA does not
 * run. What the settings say holds again afterwards.
 */
export const compareCudaRequest = new RequestType0<CudaComparison, Problem>("falcon/compareCuda");

/** Deletes what was downloaded of CUDA, and answers how many bytes that has freed. */
export const removeCudaRequest = new RequestType0<{ readonly freed: number }, Problem>("falcon/removeCuda");
