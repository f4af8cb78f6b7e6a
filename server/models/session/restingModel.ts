// What is known of a model before it is loaded for the first time: what its file's header says, and what the settings ask for.

import type { LoadedModel } from "../../engine/engine.ts";
import { roomyKvCache } from "../../engine/plan/buffers.ts";
import { fileVersion } from "../../engine/splitFiles.ts";
import { inspectAdapter } from "../files/inspectAdapter.ts";
import { describeModel, readChecked } from "../files/inspectModel.ts";
import type { SessionSettings } from "./backend.ts";
import { noModelError } from "./modelErrors.ts";

export interface RestingModel {
  readonly info: LoadedModel;
  /** What tells the file from itself before it was changed. */
  readonly version: string;
}

/**
 * Says what is wrong with the files that the settings name, as far as that shows before they are loaded.
 * @throws UserError
 */
export function checkFiles({ path, adapters }: SessionSettings): void {
  if (path === "") throw noModelError();
  for (const adapter of adapters?.[path] ?? []) inspectAdapter(adapter.path, path);
}

/**
 * @param markers special tokens whose presence decides the prompt format
 * @throws UserError that names the file, the cause and the mend
 */
export function restingModel(settings: SessionSettings, markers: readonly string[]): RestingModel {
  checkFiles(settings);
  const { path, contextSize, kvCache } = settings;
  const { header, architecture } = readChecked(path);
  const { name, infill, contextLength } = describeModel(path, header, architecture);
  const tokens = new Set(header.tokens);
  return {
    version: fileVersion(path),
    info: {
      name,
      path,
      demonstration: header.tags.includes("demonstration"),
      architecture,
      contextSize: Math.min(contextSize, contextLength),
      kvCache: roomyKvCache(kvCache),
      flashAttention: false,
      sequences: 2,
      promptRate: 0,
      infill,
      device: "",
      gpuLayers: 0,
      layers: 0,
      devices: [],
      passedOver: [],
      markers: markers.filter((marker) => tokens.has(marker)),
    },
  };
}
