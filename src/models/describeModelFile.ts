// A model file in one line, for those who choose between several.

import { plainName } from "../shared/plainText.ts";
import type { ModelFileInfo } from "../shared/models.ts";

/** Such as “Falcon3 7B Base · llama · 7.5B · Q4_K · 32,768 · 4.6 GB · FIM”. */
export function describeModelFile(info: ModelFileInfo): string {
  const { name, architecture, parameters, quantization, contextLength, size, infill } = info;
  const parts = [
    plainName(name),
    plainName(architecture),
    shortened(parameters),
    quantization,
    contextLength.toLocaleString("en"),
  ];
  return [
    ...parts,
    size < 1e8 ? `${(size / 1e6).toFixed(1)} MB` : `${(size / 1e9).toFixed(1)} GB`,
    ...(infill ? ["FIM"] : []),
  ].join(" · ");
}

function shortened(count: number): string {
  return count < 1e9 ? `${Math.round(count / 1e6)}M` : `${(count / 1e9).toFixed(1)}B`;
}
