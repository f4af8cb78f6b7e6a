// `npm run package`: a VSIX of the extension for this platform; with `-- --target NAME` for another, with `-- --all` for each.

import { parseArgs } from "node:util";

import { parseTarget, targets } from "./targets.ts";
import { packageExtension } from "./vsix.ts";

const { values } = parseArgs({ options: { target: { type: "string" }, all: { type: "boolean", default: false } } });
for (const target of values.all ? targets : [parseTarget(values.target)]) await packageExtension(target);
