// Which service of a user runs: each one that is started claims the next number, in a folder that is the user's alone.

import { randomBytes, randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import * as v from "valibot";

/** Bytes of a Unix socket's path, on the systems that have room for the fewest. */
const longestAddress = 103;

const contact = v.object({ pid: v.number(), address: v.string(), token: v.string() });

/** How a service is reached. The token, of 64 hexadecimal digits, is what a client's first bytes have to be. */
export type Contact = v.InferOutput<typeof contact>;

export interface Claim {
  readonly number: number;
  /** Absent where the file cannot be read: there is no service then. */
  readonly contact: Contact | undefined;
}

/**
 * Claims of one version of the product. A service listens before it claims, so that one whose claim is there and which
 * refuses a connection is dead. The file with the highest number is never deleted: that the next number is taken once,
 * whoever is killed at whatever moment, follows from this and from that a file is made by one process alone.
 */
export class Claims {
  readonly folder: string;
  readonly version: string;

  /** @param version services of another one are never met */
  constructor(folder: string, version: string) {
    this.folder = folder;
    this.version = version;
  }

  /** The claim with the highest number, if there is one. */
  async newest(): Promise<Claim | undefined> {
    const number = Math.max(...(await this.#numbers()));
    if (number === -Infinity) return undefined;
    const text = await fs.readFile(this.#file(number), "utf8").catch(() => "");
    return { number, contact: readContact(text) };
  }

  /**
   * Claims a number for a service that listens already.
   * @returns whether it is this service's; false where another was first
   */
  async claim(number: number, contact: Contact): Promise<boolean> {
    const draft = path.join(this.folder, `${randomUUID()}.tmp`);
    try {
      await fs.writeFile(draft, JSON.stringify(contact), { mode: 0o600, flag: "wx" });
      // Whole from its first moment on, and an error where the name is taken.
      await fs.link(draft, this.#file(number));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      await fs.rm(draft, { force: true });
    }
    // Its number was free for that a later service had deleted what was there.
    const numbers = await this.#numbers();
    if (numbers.some((other) => other > number)) return false;
    await Promise.all(numbers.filter((other) => other < number).map((other) => this.#delete(other)));
    return true;
  }

  /**
   * Where a service may listen.
   * @throws Error where the folder's path is too long
   */
  newAddress(): string {
    const name = randomBytes(6).toString("hex");
    // The names of all pipes can be listed, so one that was used is never used again.
    if (process.platform === "win32") return `\\\\.\\pipe\\falcon-${this.version}-${name}`;
    const address = path.join(this.folder, `${name}.sock`);
    if (Buffer.byteLength(address) > longestAddress) throw new Error(`the path ${address} is too long for a socket`);
    return address;
  }

  /** Deletes the claim of a dead service, and its socket. */
  async #delete(number: number): Promise<void> {
    const file = this.#file(number);
    const dead = readContact(await fs.readFile(file, "utf8").catch(() => ""));
    if (dead && path.dirname(dead.address) === this.folder) await fs.rm(dead.address, { force: true });
    await fs.rm(file, { force: true });
  }

  async #numbers(): Promise<readonly number[]> {
    return (await fs.readdir(this.folder))
      .map((name) => /^(.+)-(\d+)\.json$/.exec(name))
      .filter((match) => match?.[1] === this.version)
      .map((match) => Number(match?.[2]));
  }

  #file(number: number): string {
    return path.join(this.folder, `${this.version}-${number}.json`);
  }
}

/** Where the services of this user make their claims. A path that is not absolute is as if it were not set. */
export function userFolder(env: NodeJS.ProcessEnv): string {
  const absolute = (folder: string | undefined) => (path.isAbsolute(folder ?? "") ? folder : undefined);
  return (
    absolute(env["FALCON_SERVICE_FOLDER"]) ??
    path.join(absolute(env["XDG_RUNTIME_DIR"]) ?? os.tmpdir(), `falcon-service-${process.getuid?.() ?? "user"}`)
  );
}

/**
 * Makes the folder, unless it is there.
 * @throws Error where another user made it, or may look into it
 */
export async function openPrivateFolder(folder: string): Promise<void> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  // Windows gives a user's folders to the user.
  if (process.platform === "win32") return;
  const stats = await fs.lstat(folder);
  if (!stats.isDirectory()) throw new Error(`${folder} is no folder`);
  if (stats.uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user`);
  if ((stats.mode & 0o077) !== 0) throw new Error(`other users may look into ${folder}`);
}

function readContact(text: string): Contact | undefined {
  try {
    return v.parse(contact, JSON.parse(text));
  } catch {
    return undefined;
  }
}
