// Where a process's id is its own: two containers may share a folder and a host's name.

import { readlinkSync } from "node:fs";

/** Tells apart processes whose ids mean others to each other. Empty where the system has no namespaces, as on all but Linux. */
export function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
