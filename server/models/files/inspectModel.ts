// Says what a model file is, or why it cannot be used, before anything native touches it.

import fs from "node:fs";
import path from "node:path";
import * as l10n from "@vscode/l10n";

import type { ModelFileInfo } from "../../../src/shared/protocol.ts";
import { UserError } from "../../userError.ts";
import { GgufError } from "./byteReader.ts";
import { type Architecture, architectures, checkModel } from "./checkModel.ts";
import { type GgufHeader, readGguf, tensorTypeName } from "./gguf.ts";

/** @throws UserError that names the file, the cause and the mend */
export function inspectModel(file: string): ModelFileInfo {
  if (!path.isAbsolute(file))
    throw unusable(l10n.t("The model path {0} is not absolute. Choose the file again.", file));
  try {
    if (!fs.statSync(file).isFile()) throw unusable(l10n.t("{0} is not a file. Choose a GGUF model file.", file));
    const header = readGguf(file);
    const architecture = architectureOf(file, header);
    checkModel(header, architecture);
    const name = header.scalars.get("general.name");
    return {
      name: typeof name === "string" && name !== "" ? name : path.basename(file),
      architecture,
      ...weightsOf(header),
      infill: canInfill(header),
      size: header.size,
      contextLength: Number(header.scalars.get(`${architecture}.context_length`)),
    };
  } catch (error) {
    if (error instanceof GgufError) {
      throw unusable(l10n.t("{0} is not a usable GGUF model file: {1}. Choose another file.", file, error.message));
    }
    if (isSystemError(error)) throw unusable(systemMessage(error.path ?? file, error));
    throw error;
  }
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

function architectureOf(file: string, { scalars }: GgufHeader): Architecture {
  const named = scalars.get("general.architecture");
  const architecture = architectures.find((each) => each === named);
  if (architecture) return architecture;
  throw unusable(
    l10n.t(
      "The model in {0} has the architecture “{1}”. Choose a Falcon model: one of the architectures {2}.",
      file,
      String(named),
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
