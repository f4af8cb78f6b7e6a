// Says what a model file is, or why it cannot be used, before anything native touches it.

import fs from "node:fs";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import type { ModelFileInfo } from "../../../src/shared/models.ts";
import { type Architecture, architectures } from "../../engine/plan/shape.ts";
import { UserError } from "../../userError.ts";
import { GgufError } from "./byteReader.ts";
import { checkModel } from "./checkModel.ts";
import type { GgufHeader } from "./gguf.ts";
import { readModelFile } from "./readModelFile.ts";
import { tensorTypeName } from "./tensorTypes.ts";

/** @throws UserError that names the file, the cause and the mend */
export function inspectModel(file: string): ModelFileInfo {
  const { header, architecture } = readChecked(file);
  return describeModel(file, header, architecture);
}

/**
 * The header of a file that can be used.
 * @throws UserError that names the file, the cause and the mend
 */
export function readChecked(file: string): { readonly header: GgufHeader; readonly architecture: Architecture } {
  if (!path.isAbsolute(file))
    throw unusable(l10n.t("The model path {0} is not absolute. Choose the file again.", file));
  try {
    if (!fs.statSync(file).isFile()) throw unusable(l10n.t("{0} is not a file. Choose a GGUF model file.", file));
    const header = readModelFile(file);
    checkKind(header);
    const architecture = readArchitecture(file, header);
    checkModel(header, architecture);
    return { header, architecture };
  } catch (error) {
    if (error instanceof GgufError) {
      throw unusable(l10n.t("{0} is not a usable GGUF model file: {1}. Choose another file.", file, error.message));
    }
    if (isSystemError(error)) throw unusable(systemMessage(error.path ?? file, error));
    throw error;
  }
}

/** What a header says of a model. */
export function describeModel(file: string, header: GgufHeader, architecture: Architecture): ModelFileInfo {
  const name = header.scalars.get("general.name");
  return {
    name: (typeof name === "string" && plainName(name)) || path.basename(file),
    architecture,
    ...weightsOf(header),
    infill: canInfill(header),
    size: header.size,
    contextLength: Number(header.scalars.get(`${architecture}.context_length`)),
  };
}

/** How many parameters there are, and the type that most of them have: a file mixes several. */
function weightsOf({ tensors }: GgufHeader): Pick<ModelFileInfo, "parameters" | "quantization"> {
  const byType = new Map<number, number>();
  for (const { dims, type } of tensors.values()) {
    byType.set(type, (byType.get(type) ?? 0) + dims.reduce((product, dim) => product * dim, 1));
  }
  const [[most] = [0]] = [...byType].sort(([, a], [, b]) => b - a);
  return {
    parameters: [...byType.values()].reduce((sum, count) => sum + count, 0),
    quantization: tensorTypeName(most),
  };
}

/** llama.cpp finds the tokens by these keys, or Falcon-H1-Tiny-Coder's by their spelling. */
function canInfill({ scalars, tokens }: GgufHeader): boolean {
  const hasKeys = ["pre", "suf", "mid"].every((each) => scalars.has(`tokenizer.ggml.fim_${each}_token_id`));
  return hasKeys || ["<|prefix|>", "<|suffix|>", "<|middle|>"].every((token) => tokens.includes(token));
}

/** What is made for another purpose, although it may be of a Falcon model. */
function checkKind({ scalars, tensors }: GgufHeader): void {
  const kind = scalars.get("general.type") ?? "model";
  if (kind === "adapter") {
    throw new GgufError(
      l10n.t(
        "it is a LoRA adapter, which changes a model: choose the model that it was made for, and name the adapter in the setting {0}",
        "falcon.model.adapters",
      ),
    );
  }
  if (kind === "mmproj" || scalars.get("general.architecture") === "clip") {
    throw new GgufError(l10n.t("it is the part of a model that sees images: choose the file of the model itself"));
  }
  if (kind !== "model") throw new GgufError(l10n.t("it is of the kind “{0}”, not a model", plainName(String(kind))));
  if (tensors.size === 0) throw new GgufError(l10n.t("it holds no weights, only keys or a vocabulary"));
}

/** @throws UserError for one that is not of a Falcon model */
export function readArchitecture(file: string, { scalars }: GgufHeader): Architecture {
  const named = scalars.get("general.architecture");
  const architecture = architectures.find((each) => each === named);
  if (architecture) return architecture;
  if (named === undefined) throw new GgufError(l10n.t("{0} is missing", "general.architecture"));
  throw unusable(
    l10n.t(
      "The model in {0} has the architecture “{1}”, which is not of a Falcon model that runs here. Choose one of Falcon, Falcon2, Falcon3, Falcon-H1 or Falcon-Mamba: their architectures are {2}.",
      file,
      plainName(String(named)),
      architectures.join(", "),
    ),
  );
}

function systemMessage(file: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return l10n.t("The model file {0} does not exist. Choose another file.", file);
    case "EACCES":
    case "EPERM":
      return l10n.t("The model file {0} may not be read. Change its permissions or choose another file.", file);
    default:
      return l10n.t("The model file {0} cannot be read: {1}. Choose another file.", file, message);
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}

function unusable(message: string): UserError {
  return new UserError(message, { action: "selectModel" });
}
