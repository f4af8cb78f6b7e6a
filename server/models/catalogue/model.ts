// What a row of the catalogue holds on the server, and what the rows of several families have in common.

import type { CatalogueEntry, GgufFile, Licence } from "../../../src/shared/models.ts";
import type { Architecture, ModelShape } from "../../engine/plan/shape.ts";

/** A model of the catalogue, with what its memory follows from before there is a file. */
export interface CatalogueModel extends CatalogueEntry {
  /** As llama.cpp names it; absent where it has none for the model. */
  readonly architecture?: Architecture;
  /** Absent where not all sizes are known. */
  readonly shape?: ModelShape;
  /** Whether the embedding serves for the output, too. */
  readonly tied?: boolean;
}

/** Where a model's card is. */
export function card(repository: string): string {
  return `https://huggingface.co/${repository}`;
}

export const apache: Licence = { name: "Apache-2.0", link: "https://www.apache.org/licenses/LICENSE-2.0" };
export const falconLlm: Licence = {
  name: "Falcon-LLM License",
  link: "https://falconllm.tii.ae/falcon-terms-and-conditions.html",
};
/** As Falcon3 names it; the terms are at the same place. */
export const falconLlm2: Licence = { ...falconLlm, name: "Falcon LLM License 2.0" };

/** Languages of Falcon-H1 but for the smallest: https://huggingface.co/blog/tiiuae/falcon-h1 */
export const languagesOfH1 = "ar cs de en es fr hi it ja ko nl pl pt ro ru sv ur zh".split(" ");

export const noSsm: ModelShape["ssm"] = { convolution: 0, inner: 0, state: 0, rank: 0, groups: 0 };

/** Gigabytes, as they are published. */
export function gb(gigabytes: number): number {
  return Math.round(gigabytes * 1e9);
}

export function gib(gibibytes: number): number {
  return Math.round(gibibytes * 2 ** 30);
}

/** Files that are named alike: the size of each quantization, or undefined where it is not known. */
export function files(
  sizes: Readonly<Record<string, number | undefined>>,
  nameOf: (quantization: string) => string,
): readonly GgufFile[] {
  return Object.entries(sizes).map(([quantization, size]) => ({
    name: nameOf(quantization),
    quantization,
    ...(size !== undefined && { size }),
  }));
}
