// The processes that a process has started, and what they take.

import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  /** Resident, in bytes. */
  readonly memory: number;
}

/** All that run; what has ended and was not waited for by its parent is left out. */
function runningProcesses(): ListedProcess[] {
  const list = execFileSync("ps", ["-eo", "pid=,ppid=,rss=,stat="], { encoding: "utf8" });
  return [...list.matchAll(/^\s*(\d+)\s+(\d+)\s+(\d+)\s+[^Z\s]\S*$/gm)].map(([, pid, parent, kilobytes]) => ({
    pid: Number(pid),
    parent: Number(parent),
    memory: Number(kilobytes) * 1024,
  }));
}

/** Children of a process, but for the `ps` that asks when it is this one. */
export function childrenOf(pid: number | undefined): number[] {
  return runningProcesses()
    .filter(({ parent }) => parent === pid)
    .map((child) => child.pid);
}

/** Children, their children and so on. */
export function descendantsOf(pid: number | undefined): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

export function isRunning(pid: number): boolean {
  return runningProcesses().some((each) => each.pid === pid);
}

/** Resident bytes. */
export function memoryOf(pid: number | undefined): number {
  return runningProcesses().find((each) => each.pid === pid)?.memory ?? 0;
}

/** Waits until something holds; fails when it does not in time. The default is long: the machine may be busy. */
export async function until(what: string, holds: () => boolean, milliseconds = 60_000): Promise<void> {
  for (const end = performance.now() + milliseconds; !holds();) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}
