// Downloads files of one repository into the models folder, one after the other, as one.

import fs from "node:fs/promises";
import path from "node:path";

import type { DownloadedFile, DownloadParams } from "../../../src/shared/downloads.ts";
import { modelFiles } from "../../engine/splitFiles.ts";
import { placeOf } from "../store/modelsFolder.ts";
import { checkRoom, downloadFile, type DownloadOptions, type FileToDownload, sizeOf } from "./downloadFile.ts";
import { diskFailure } from "./failures.ts";
import { fileAddress } from "./hub.ts";
import { openAddress } from "./openAddress.ts";
import { partEnding } from "./partFile.ts";

/**
 * The folder must be there.
 * @throws DownloadError, UserError for a name that is none, or the signal's reason
 */
export async function downloadFiles(
  { repository, files }: DownloadParams,
  folder: string,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<DownloadedFile[]> {
  const wanted = files.flatMap(modelFiles).map((file) => ({
    url: fileAddress(options.access.hub, repository, file),
    target: placeOf(folder, repository, file),
  }));
  const sizes = wanted.length > 1 ? await sizesOf(wanted, options, signal) : undefined;
  const total = sizes?.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  const downloaded: DownloadedFile[] = [];
  for (const file of wanted) {
    await makeFolders(folder, path.dirname(file.target));
    const before = downloaded.reduce((sum, { size }) => sum + size, 0);
    const onProgress: DownloadOptions["onProgress"] = ({ received, size, ...progress }) => {
      const all = wanted.length > 1 ? total : size;
      options.onProgress({ ...progress, received: before + received, ...(all !== undefined && { size: all }) });
    };
    downloaded.push(await downloadFile(file, { ...options, onProgress }, signal));
  }
  return downloaded;
}

/** What the hub says of each file, so that a disk is known to be too small before anything is downloaded. */
async function sizesOf(
  wanted: readonly FileToDownload[],
  { access }: DownloadOptions,
  signal: AbortSignal,
): Promise<(number | undefined)[]> {
  const sizes: (number | undefined)[] = [];
  let missing = 0;
  for (const { url, target } of wanted) {
    const there = await sizeOf(target);
    const size = there ?? (await remoteSize(url, access, signal));
    sizes.push(size);
    if (there === undefined) missing += (size ?? 0) - ((await sizeOf(target + partEnding)) ?? 0);
  }
  const [first] = wanted;
  if (first) {
    const folder = path.dirname(first.target);
    await makeFolders(folder, folder);
    await checkRoom(first.target, missing);
  }
  return sizes;
}

async function remoteSize(
  url: URL,
  access: DownloadOptions["access"],
  signal: AbortSignal,
): Promise<number | undefined> {
  const { linked, headers } = await openAddress(url, access, { method: "HEAD" }, signal);
  const length = headers["content-length"];
  return linked.size ?? (length === undefined ? undefined : Number(length));
}

async function makeFolders(folder: string, below: string): Promise<void> {
  try {
    await fs.mkdir(below, { recursive: true });
  } catch (error) {
    throw diskFailure(error, folder) ?? error;
  }
}
