// Tells whether two load requests are for one model.

import type { LoadRequest } from "../engine.ts";
import { fileVersion } from "../splitFiles.ts";

/** What two requests have in common that are for the same model, whatever of it they want to be remembered, and where. */
export function keyOf({ plan, markers, saveAfter }: LoadRequest): string {
  const { path, contextSize, gpu, gpuLayers, vramShare, threads, kvCache = "auto", adapters = [] } = plan;
  const files = [path, ...adapters.map((adapter) => adapter.path)].map(fileVersion);
  return JSON.stringify([
    path,
    contextSize,
    gpu,
    gpuLayers,
    vramShare,
    threads,
    kvCache,
    adapters,
    markers,
    saveAfter,
    files,
  ]);
}
