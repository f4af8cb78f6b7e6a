// A thread of the model process that ends it when its parent is gone. The main thread learns of that by its channel, but
// not while it is busy, or hangs, in native code.

import process from "node:process";

const interval = 1000;
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent || !exists(parent)) process.kill(process.pid, "SIGKILL");
}, interval);

/** On Windows an orphan keeps the id of its parent. */
function exists(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}
