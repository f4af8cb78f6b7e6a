// Every Falcon model whose existence is known, as data.

import { falconModels } from "./falcon.ts";
import { falcon3Models } from "./falcon3.ts";
import { falconEModels } from "./falconE.ts";
import { falconH1Models } from "./falconH1.ts";
import { falconH1TinyModels } from "./falconH1Tiny.ts";
import { falconMambaModels } from "./falconMamba.ts";
import type { CatalogueModel } from "./model.ts";

export const catalogue: readonly CatalogueModel[] = [
  ...falconH1TinyModels,
  ...falconH1Models,
  ...falcon3Models,
  ...falconMambaModels,
  ...falconModels,
  ...falconEModels,
];
