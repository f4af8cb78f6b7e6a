// The NVIDIA cards of this machine, and whether CUDA can run on them.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import * as l10n from "@vscode/l10n";

import { plainName } from "../../../src/shared/plainText.ts";
import { startFolder } from "../../startFolder.ts";
import { type CudaPackage, machineCode, toolkit } from "./cudaPackage.ts";

export interface Card {
  readonly name: string;
  /** Such as 8.9. */
  readonly computeCapability: string;
}

const run = promisify(execFile);
/** Patiently: the driver wakes a card that rests. */
const started = { cwd: startFolder, timeout: 15_000, windowsHide: true };

/** As NVIDIA's driver lists them; none where there is no such driver. */
export async function findCards(): Promise<readonly Card[]> {
  const query = ["--query-gpu=name,compute_cap", "--format=csv,noheader"];
  try {
    return readCards((await run("nvidia-smi", query, started)).stdout);
  } catch {
    return [];
  }
}

/** @param listed lines such as `NVIDIA GeForce RTX 4090, 8.9` */
export function readCards(listed: string): readonly Card[] {
  return listed.split("\n").flatMap((line) => {
    const [, name, computeCapability] = /^(.{1,200}), (\d{1,3}\.\d{1,3})\s*$/.exec(line) ?? [];
    return name === undefined || computeCapability === undefined ? [] : [{ name: plainName(name), computeCapability }];
  });
}

/** Why CUDA cannot run on the cards, in the user's language; undefined where it can. llama.cpp uses all cards that it finds. */
export async function obstacleOf(cards: readonly Card[], { libraries }: CudaPackage): Promise<string | undefined> {
  if (cards.length === 0) {
    return l10n.t("CUDA needs an NVIDIA card with its driver, and {0} lists none.", "nvidia-smi");
  }
  const unserved = cards.find(({ computeCapability }) => !machineCode.includes(computeCapability));
  if (unserved) {
    return l10n.t(
      "{0} has the compute capability {1}, and llama.cpp's published CUDA has programs for {2} only. Vulkan serves the card.",
      unserved.name,
      unserved.computeCapability,
      machineCode.join(", "),
    );
  }
  const missing = await missingLibraries(libraries);
  if (missing.length === 0) return undefined;
  return l10n.t(
    "CUDA needs {0} of NVIDIA's {1}, which this machine has not. Install it ({2}), restart the editor, and try again.",
    missing.join(", "),
    toolkit,
    "https://developer.nvidia.com/cuda-downloads",
  );
}

/** Those of some libraries that the system's loader does not find. */
export async function missingLibraries(names: readonly string[]): Promise<readonly string[]> {
  const { env, platform } = process;
  const folders = ((platform === "win32" ? env["PATH"] : env["LD_LIBRARY_PATH"]) ?? "").split(path.delimiter);
  const listed = platform === "linux" ? await listLibraries() : "";
  return names.filter(
    (name) =>
      !listed.includes(`\t${name} `) && !folders.some((folder) => folder && existsSync(path.join(folder, name))),
  );
}

/** What the loader has in its cache. Its program is not always on the path of users. */
async function listLibraries(): Promise<string> {
  for (const program of ["ldconfig", "/sbin/ldconfig"]) {
    const listed = await run(program, ["-p"], { ...started, maxBuffer: 2 ** 26 }).catch(() => undefined);
    if (listed) return listed.stdout;
  }
  return "";
}
