// The folder of states that are copied from one sequence to another.

import os from "node:os";
import path from "node:path";

/**
 * Where a model process puts the copy of a state for the moment that it takes to read it. By the process's id, so that the
 * server, unless it is killed too, can delete what is left when the process was killed in that moment.
 */
export function copyFolder(pid: number): string {
  return path.join(os.tmpdir(), `falcon-state-${pid}`);
}
