// What a file says of the model as a whole. By llama.cpp's gguf-py/gguf/metadata.py.

import path from "node:path";

import { fileTypes, type FileType } from "../tensorTypes.ts";
import { f32, type GgufKey, i32, string, u32 } from "../ggufWriter.ts";
import { type ModelName, readModelName } from "./modelName.ts";
import { type JsonObject, readOptionalJson } from "./readJson.ts";

/** Of ggml's blocks. */
const quantizationVersion = 2;

export function generalKeys(folder: string, config: JsonObject, parameters: number): GgufKey[] {
  const { name, organization, version, finetune, basename, sizeLabel } = nameOf(folder, config, parameters);
  const key = (kind: string, value: string | undefined): GgufKey[] =>
    value === undefined ? [] : [[`general.${kind}`, string(value)]];
  return [
    ["general.type", string("model")],
    ...samplingKeys(folder),
    ...key("name", name),
    ...key("version", version),
    ...key("organization", organization),
    ...key("finetune", finetune),
    ...key("basename", basename),
    ...key("size_label", sizeLabel ?? labelOf(parameters)),
  ];
}

/** Of the repository, where the config names it, and of the folder. */
function nameOf(folder: string, config: JsonObject, parameters: number): ModelName {
  const ofFolder = readModelName(path.basename(path.resolve(folder)), parameters);
  const repository = config["_name_or_path"];
  if (typeof repository !== "string" || repository === "" || repository.split("/").length > 2) return ofFolder;
  const ofRepository = readModelName(repository, parameters);
  const told = Object.fromEntries(Object.entries(ofRepository).filter(([, value]) => value !== undefined));
  return { ...ofFolder, ...told };
}

export function fileTypeKeys(fileType: FileType): GgufKey[] {
  return [
    ["general.file_type", u32(fileTypes[fileType].number)],
    ["general.quantization_version", u32(quantizationVersion)],
  ];
}

/** How the model's authors have it write. */
function samplingKeys(folder: string): GgufKey[] {
  const settings = readOptionalJson(folder, "generation_config.json") ?? {};
  const key = (name: string, value: unknown, write: typeof u32): GgufKey[] =>
    typeof value === "number" ? [[`general.sampling.${name}`, write(value)]] : [];
  return [
    ...key("top_k", settings["top_k"], i32),
    ...key("top_p", settings["top_p"], f32),
    ...key("min_p", settings["min_p"], f32),
    ...key("temp", settings["temperature"], f32),
    ...key("penalty_repeat", settings["repetition_penalty"], f32),
  ];
}

/** Two digits of how many parameters there are. */
function labelOf(parameters: number): string {
  const [suffix, unit] = (
    [
      ["T", 1e12],
      ["B", 1e9],
      ["M", 1e6],
    ] as const
  ).find(([, each]) => parameters > each) ?? ["K", 1e3];
  const count = parameters / unit;
  const digits = Math.round(count) === 0 ? 0 : String(Math.round(count)).length;
  return `${count.toFixed(Math.max(2 - digits, 0))}${suffix}`;
}
