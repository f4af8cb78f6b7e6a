// Bytes of main memory that are to be had.

import { totalmem } from "node:os";
import { availableMemory, platform } from "node:process";

export function availableRam(): number {
  // macOS calls free only what no page was ever in; its caches give way like those of others.
  return platform === "darwin" ? Math.max(availableMemory(), totalmem() / 2) : availableMemory();
}
