// Tells the weights of the layers from the others, by the names of the tensors.

import type { Weights } from "./shape.ts";

export function addUp(tensors: readonly (readonly [name: string, bytes: number])[], layerCount: number): Weights {
  const layers = Array.from({ length: layerCount }, (): number[] => []);
  let embedding = 0;
  let output: number | undefined;
  for (const [name, bytes] of tensors) {
    const [, layer = ""] = /^blk\.(\d+)\./.exec(name) ?? [];
    if (layer !== "") layers[Number(layer)]?.push(bytes);
    else if (name === "token_embd.weight") embedding += bytes;
    else if (name === "output.weight") output = bytes;
  }
  return { embedding, layers, ...(output !== undefined && { output }) };
}
