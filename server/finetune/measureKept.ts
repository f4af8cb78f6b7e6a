// How much of what stands in held-out files a model writes by itself: at some places the rest of the line.

import type { KeptText } from "../../src/shared/finetuning.ts";
import type { Model } from "../engine/engine.ts";
import type { SourceFile } from "./collectFiles.ts";
import { choosePlaces, promptAt } from "./places.ts";

const placesOfFile = 16;
const mostPlaces = 100;
const maxTokens = 48;

/** The same places for any model. */
export async function measureKept(
  files: readonly SourceFile[],
  model: Pick<Model, "info" | "countTokens" | "generate">,
  signal: AbortSignal,
): Promise<KeptText> {
  let [places, kept, all, exact] = [0, 0, 0, 0];
  for (const file of files) {
    for (const place of choosePlaces(file, placesOfFile, "line")) {
      if (places >= mostPlaces) break;
      signal.throwIfAborted();
      const truth = file.text.slice(place.cursor, place.end).trimEnd();
      const prompt = await promptAt(file, place, model);
      const request = { priority: "background", prompt, maxTokens, stop: ["\n"], temperature: 0 } as const;
      const { text } = await model.generate(request, () => undefined, signal);
      const length = commonLength(text, truth);
      places++;
      kept += length;
      all += truth.length;
      if (text.trimEnd() === truth) exact++;
    }
  }
  return { places, characters: all === 0 ? 0 : kept / all, lines: places === 0 ? 0 : exact / places };
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
