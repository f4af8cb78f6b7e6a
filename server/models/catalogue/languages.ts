// Which languages a loaded model writes.

import type { ModelInfo } from "../../../src/shared/status.ts";
import { catalogue } from "./catalogue.ts";
import { languagesOfH1 } from "./model.ts";

/**
 * Codes of the languages of the model of the catalogue that a name or a file's name holds; of others, all that any
 * Falcon knows.
 */
export function languagesOf({ name, path }: Pick<ModelInfo, "name" | "path">): readonly string[] {
  const names = [name, path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1)].map(bare);
  // The longest name that fits: one may begin another.
  const [found] = catalogue
    .filter(({ id }) => names.some((each) => each.includes(bare(id))))
    .toSorted((a, b) => b.id.length - a.id.length);
  return found && found.languages.length > 0 ? found.languages : languagesOfH1;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
