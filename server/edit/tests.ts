// What is asked for where tests are written.

import path from "node:path/posix";

import type { EditRequest } from "./commands.ts";

const imported = new Set([".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"]);

export function askForTests({ tests }: Pick<EditRequest, "tests">): string {
  const { framework, file = "", source = "" } = tests ?? {};
  return [
    `Write tests for it${framework === undefined ? "" : ` with ${framework}`}: a short one for the usual case, and one for each`,
    `case at the edges.${file === "" ? "" : ` They go into ${file}.`}${importOf(file, source)} Write the tests with what they import, and do not`,
    "repeat the code that they test.",
  ].join(" ");
}

/** Small models get the way from one folder to another wrong. */
function importOf(file: string, source: string): string {
  const extension = path.extname(source);
  if (file === source || file === "" || source === "") return "";
  if (!imported.has(extension)) return ` The code is in ${source}.`;
  const way = path.relative(path.dirname(file), source);
  const relative = way.startsWith(".") ? way : `./${way}`;
  return ` The code is in ${relative}.`;
}
