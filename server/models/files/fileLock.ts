// Who writes a file: one process of all that share the folder, named in NAME.lock. One that died is followed by another.

import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import process from "node:process";
import * as v from "valibot";

import { processNamespace } from "../../processNamespace.ts";
import type { Wait } from "../download/waiting.ts";

export const lockEnding = ".lock";

/** Milliseconds between two looks at another's lock. */
const lookInterval = 500;
/** Looks at a lock that shows no sign of life, after which its owner counts as dead. */
const patience = 120;
/** Milliseconds between the owner's signs of life. */
const signInterval = 5000;

/** Where a process's number is its own: Windows and the Linux in it, or two containers, may have one name. */
export const computer = [os.hostname(), process.platform, processNamespace()].join(" ");

const owner = v.object({ id: v.string(), pid: v.number(), computer: v.string() });

export interface FileLock {
  /** Aborted when another process has taken the lock, as after a long sleep of this one. */
  readonly lost: AbortSignal;
  /** Aborts `lost` where it is. */
  readonly check: () => Promise<void>;
  readonly release: () => Promise<void>;
}

export interface LockOptions {
  readonly wait: Wait;
  /** Called at each look while another process has the lock; true ends the waiting. */
  readonly onWaiting: () => Promise<boolean>;
}

/** Resolves to the lock of a file, or to undefined when `onWaiting` ended the waiting for it. */
export async function lockFile(
  target: string,
  { wait, onWaiting }: LockOptions,
  signal: AbortSignal,
): Promise<FileLock | undefined> {
  const lock = target + lockEnding;
  const content = JSON.stringify({ id: randomUUID(), pid: process.pid, computer });
  let seen: string | undefined;
  for (let looks = 0; ; looks++) {
    if (await createLock(lock, content)) return keepLock(lock, content);
    // One that is there and cannot be read is a link that leads nowhere.
    const found = await readLock(lock);
    if (found?.sign !== seen) looks = 0;
    seen = found?.sign;
    if (found && (looks >= patience || isDead(found.content))) {
      await removeLock(lock, found.content);
      continue;
    }
    if (await onWaiting()) return undefined;
    await wait(lookInterval, signal);
  }
}

async function createLock(lock: string, content: string): Promise<boolean> {
  try {
    await fs.writeFile(lock, content, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function readLock(lock: string): Promise<{ content: string; mtimeMs: number; sign: string } | undefined> {
  try {
    const { mtimeMs } = await fs.stat(lock);
    const content = await fs.readFile(lock, "utf8");
    return { content, mtimeMs, sign: `${mtimeMs} ${content}` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether somebody alive has a lock: a process that was killed leaves its own behind. */
export async function isHeld(lock: string): Promise<boolean> {
  const found = await readLock(lock);
  if (found === undefined || isDead(found.content)) return false;
  return Date.now() - found.mtimeMs < patience * lookInterval;
}

/** Removes a lock that a process which was killed has left behind. */
export async function removeDeadLock(lock: string): Promise<void> {
  const found = await readLock(lock);
  if (found && isDead(found.content)) await removeLock(lock, found.content);
}

/** Whether the owner ran on this computer and runs no more. Of one on another computer only its silence tells. */
function isDead(content: string): boolean {
  try {
    const found = v.parse(owner, JSON.parse(content));
    if (found.computer !== computer) return false;
    process.kill(found.pid, 0);
    return false;
  } catch (error) {
    // A lock that says nothing yet is being written.
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Removes a dead owner's lock, and no other: of several that want to, the first may own a new one already. */
async function removeLock(lock: string, content: string): Promise<void> {
  const away = `${lock}.${randomUUID()}`;
  try {
    await fs.rename(lock, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const found = await fs.readFile(away, "utf8");
  // Back again, unless there is a third one's meanwhile.
  if (found !== content) await createLock(lock, found);
  await fs.rm(away);
}

function keepLock(lock: string, content: string): FileLock {
  const lost = new AbortController();
  const check = async () => {
    const now = new Date();
    try {
      if ((await fs.readFile(lock, "utf8")) === content) await fs.utimes(lock, now, now);
      else lost.abort();
    } catch {
      lost.abort();
    }
  };
  const timer = setInterval(() => void check(), signInterval).unref();
  return {
    lost: lost.signal,
    check,
    async release() {
      clearInterval(timer);
      if (!lost.signal.aborted) await removeLock(lock, content).catch(() => undefined);
    },
  };
}
