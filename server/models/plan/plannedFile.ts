// What the header of a model file says of the memory that it needs: of a file on this machine, or of one on a hub, of which only
// the beginning is read.

import * as l10n from "@vscode/l10n";

import type { Architecture, PlannedModel } from "../../engine/plan/shape.ts";
import { UserError } from "../../userError.ts";
import { type Beginning, ByteReader, GgufError, MissingBytes } from "../files/byteReader.ts";
import { shapeOf } from "../files/checkModel.ts";
import { foreignCause } from "../files/foreignFile.ts";
import { type GgufHeader, readHeader } from "../files/gguf.ts";
import { describeModel, readArchitecture, readChecked } from "../files/inspectModel.ts";
import { weightsOf } from "./weights.ts";

export interface FilePlan {
  readonly planned: PlannedModel;
  /** Tokens that the model was trained on. */
  readonly contextLength: number;
  readonly quantization: string;
  /** Bytes of the file. */
  readonly size: number;
}

/** @throws UserError that names the file, the cause and the mend */
export function planFile(path: string): FilePlan {
  const { header, architecture } = readChecked(path);
  return planOf(path, header, architecture);
}

/** Bytes of the beginning that are read at first. The vocabulary takes up to 10 MB. */
const firstPiece = 2 ** 22;
const largestPiece = 2 ** 26;

/**
 * @param read reads so many bytes of the file's beginning, or the whole file where it is shorter
 * @throws UserError
 */
export async function planRemoteFile(name: string, read: (length: number) => Promise<Beginning>): Promise<FilePlan> {
  try {
    for (let length = firstPiece; ; length *= 4) {
      try {
        const header = headerOf(await read(length));
        return planOf(name, header, readArchitecture(name, header));
      } catch (error) {
        if (!(error instanceof MissingBytes) || length >= largestPiece) throw error;
      }
    }
  } catch (error) {
    if (!(error instanceof GgufError)) throw error;
    throw new UserError(l10n.t("{0} is not a usable GGUF model file: {1}. Choose another file.", name, error.message), {
      action: "selectModel",
    });
  }
}

function headerOf(beginning: Beginning): GgufHeader {
  const cause = foreignCause(beginning.bytes);
  if (cause !== undefined) throw new GgufError(cause);
  const header = readHeader(new ByteReader(beginning));
  const parts = Number(header.scalars.get("split.count") ?? 1);
  if (parts > 1) {
    throw new GgufError(l10n.t("it is a model in {0} parts, whose memory is known once they are here", String(parts)));
  }
  return header;
}

function planOf(name: string, header: GgufHeader, architecture: Architecture): FilePlan {
  const shape = shapeOf(header, architecture);
  const { quantization, contextLength, size } = describeModel(name, header, architecture);
  return { planned: { architecture, shape, weights: weightsOf(header, shape) }, contextLength, quantization, size };
}
