// CUDA's package from a registry into a folder of its own: downloaded, compared with the hash that is pinned, unpacked, deleted.

import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import * as l10n from "@vscode/l10n";

import type { DownloadedFile, DownloadParams } from "../../../src/shared/downloads.ts";
import { withoutCredentials } from "../../network.ts";
import { UserError } from "../../userError.ts";
import { checkRoom, downloadFile, type DownloadOptions, sizeOf } from "../download/downloadFile.ts";
import { diskFailure, wrongHash } from "../download/failures.ts";
import { partEnding } from "../download/partFile.ts";
import { wait } from "../download/waiting.ts";
import { lockEnding, lockFile } from "../files/fileLock.ts";
import { filesBelow } from "../store/filesBelow.ts";
import type { CudaPackage } from "./cudaPackage.ts";

export interface CudaPlace {
  /** Absolute path of the folder; what has not a package's name there is left alone. */
  readonly folder: string;
  /** Address of a registry; npm's unless given. */
  readonly registry?: string;
}

/** A package of any version, as an archive or unpacked, with what is beside it while it comes. */
const ours = /^(?:linux|win)-[a-z0-9]+-cuda-\d/;

/** How deep in the folder files lie: PACKAGE/bins/PLATFORM/FILE. */
const deepest = 4;

/** What stands for a package in the queue of downloads. */
export function cudaDownload({ name, version }: Pick<CudaPackage, "name" | "version">): DownloadParams {
  return { repository: `@node-llama-cpp/${name}`, files: [`${name}-${version}.tgz`] };
}

/** Where the model process looks for a package. */
function cudaFolder({ folder }: CudaPlace, { name, version }: CudaPackage): string {
  return path.join(folder, `${name}-${version}`);
}

/** @throws DownloadError, or the signal's reason */
export async function installCuda(
  wanted: CudaPackage,
  place: CudaPlace,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<DownloadedFile[]> {
  const installed = cudaFolder(place, wanted);
  const isThere = () => isCudaInstalled(wanted, place);
  const onWaiting = () => {
    options.onProgress({ state: "waiting", received: 0, note: l10n.t("Another window downloads this file.") });
    return isThere();
  };
  try {
    await fs.mkdir(place.folder, { recursive: true });
    while (!(await isThere())) {
      const lock = await lockFile(installed, { wait: options.wait, onWaiting }, signal);
      try {
        if (lock && !(await isThere())) await install(wanted, place, options, signal);
      } finally {
        await lock?.release();
      }
    }
    return [{ path: installed, size: wanted.size, verified: true }];
  } catch (error) {
    throw diskFailure(error, place.folder) ?? error;
  }
}

/** By the one process that has the lock of the folder. */
async function install(
  wanted: CudaPackage,
  place: CudaPlace,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<void> {
  const installed = cudaFolder(place, wanted);
  const archive = `${installed}.tgz`;
  const there = (await sizeOf(archive)) ?? (await sizeOf(archive + partEnding)) ?? 0;
  await checkRoom(archive, wanted.size + wanted.unpacked - there);
  const hash = { algorithm: "sha512", hex: Buffer.from(wanted.sha512, "base64").toString("hex") } as const;
  const { verified } = await downloadFile({ url: addressOf(wanted, place), target: archive, hash }, options, signal);
  // One that was there already may be what another program left of it.
  if (!verified && (await hashOf(archive, signal)) !== hash.hex) {
    await fs.rm(archive);
    throw wrongHash(path.basename(archive));
  }
  await unpack(archive, installed, signal);
  await deleteOthers(place.folder, installed);
}

export async function isCudaInstalled(wanted: CudaPackage, place: CudaPlace): Promise<boolean> {
  return (await sizeOf(cudaFolder(place, wanted))) !== undefined;
}

/** Bytes on the disk of all that was downloaded. */
export async function cudaTaken({ folder }: CudaPlace): Promise<number> {
  const files = filesBelow(folder, deepest).filter((file) => isOurs(path.relative(folder, file)));
  const sizes = await Promise.all(files.map(sizeOf));
  return sizes.reduce<number>((sum, size = 0) => sum + size, 0);
}

/**
 * Resolves to the bytes that the disk has free for it.
 * @throws UserError where a file is in use, as on Windows those of a process that runs, or while it is downloaded
 */
export async function removeCuda(wanted: CudaPackage, place: CudaPlace): Promise<number> {
  const { folder } = place;
  const taken = await cudaTaken(place);
  if (taken === 0) return 0;
  const signal = new AbortController().signal;
  const lock = await lockFile(cudaFolder(place, wanted), { wait, onWaiting: () => Promise.resolve(true) }, signal);
  if (!lock) throw new UserError(l10n.t("Another window downloads this file."));
  try {
    for (const name of (await fs.readdir(folder)).filter(isOurs)) {
      await fs.rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 5 });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("{0} could not be deleted: {1}.", folder, reason));
  } finally {
    await lock.release();
  }
  // It stays where it holds other things.
  await fs.rmdir(folder).catch(() => undefined);
  return taken - (await cudaTaken(place));
}

function isOurs(name: string): boolean {
  return ours.test(name) && !name.includes(lockEnding);
}

function addressOf({ name, version }: CudaPackage, { registry }: CudaPlace): URL {
  const environment = process.env["npm_config_registry"] ?? process.env["NPM_CONFIG_REGISTRY"];
  const given = (registry ?? environment ?? "https://registry.npmjs.org").trim().replace(/\/+$/, "");
  if (URL.canParse(given) && /^https?:/.test(given)) {
    const { username, password } = new URL(given);
    // The address is kept beside what was received.
    if (!username && !password) return new URL(`${given}/@node-llama-cpp/${name}/-/${name}-${version}.tgz`);
  }
  throw new UserError(
    l10n.t(
      "{0} is not the address of an npm registry. Write it as https://registry.npmjs.org is written, without a user name.",
      withoutCredentials(given),
    ),
    { action: "registrySetting" },
  );
}

async function hashOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha512");
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest("hex");
}

/** Files and folders below the archive's `package` alone; the folder has its name when all of them are in it. */
async function unpack(archive: string, folder: string, signal: AbortSignal): Promise<void> {
  // tar: npm's own reader of archives, which follows no link and leaves no folder (BlueOak-1.0.0).
  const { extract } = await import("tar");
  const draft = `${folder}.${randomUUID()}`;
  const links: string[] = [];
  try {
    await fs.mkdir(draft);
    const filter = (name: string, entry: object) => {
      const isFile = "type" in entry && ["File", "OldFile", "Directory"].includes(String(entry.type));
      if (!isFile) links.push(name);
      return isFile;
    };
    await extract({ file: archive, cwd: draft, strip: 1, strict: true, filter });
    if (links.length > 0) throw new Error(`${archive} holds other things than files: ${links.join(", ")}`);
    signal.throwIfAborted();
    await fs.rename(draft, folder);
  } finally {
    await fs.rm(draft, { recursive: true, force: true });
  }
  await fs.rm(archive, { force: true });
}

/** What was downloaded for earlier versions, and drafts of processes that were killed. */
async function deleteOthers(folder: string, installed: string): Promise<void> {
  for (const name of (await fs.readdir(folder)).filter(isOurs)) {
    if (path.join(folder, name) === installed) continue;
    await fs.rm(path.join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
