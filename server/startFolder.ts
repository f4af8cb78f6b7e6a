// Where programs are started that are found by their bare names.

import path from "node:path";
import process from "node:process";

/** Windows looks for a program in this folder before any other: a repository must not bring its own. */
export const startFolder = path.dirname(process.execPath);
