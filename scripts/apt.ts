// Gets packages of Debian and its kin. What the machine has already is neither upgraded nor removed.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process, { env } from "node:process";

import { findProgram, runProgram } from "./system.ts";

const quiet = { ...env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
const install = ["install", "--no-upgrade", "--no-install-recommends"];

export interface AptPlan {
  /** Packages that are not there yet. */
  readonly added: readonly string[];
  /** Packages that would be upgraded, downgraded or removed. */
  readonly changed: readonly string[];
}

/** Reads what `apt-get --simulate install` says it would do. */
export function readPlan(simulation: string): AptPlan {
  // Inst NAME [OLD VERSION] (NEW VERSION …) — what is new has no old version.
  const actions = [...simulation.matchAll(/^(Inst|Remv) (\S+)( \[)?/gm)];
  const isNew = ([, action, , old]: RegExpExecArray) => action === "Inst" && old === undefined;
  const name = ([, , name = ""]: RegExpExecArray) => name;
  return {
    added: actions.filter(isNew).map(name),
    changed: actions.filter((each) => !isNew(each)).map(name),
  };
}

/** Installs packages, and tells whether they are there: only root may, and only where no other package has to change. */
export async function installSystemPackages(...packages: string[]): Promise<boolean> {
  const apt = findProgram("apt-get");
  if (!apt || process.getuid?.() !== 0) return false;
  try {
    const { added, changed } = await plan(apt, packages);
    if (changed.length > 0) {
      console.log(
        `${packages.join(" ")} would upgrade or remove ${changed.join(" ")}, so nothing is installed. ` +
          `If that is welcome: apt-get ${install.join(" ")} ${packages.join(" ")}`,
      );
      return false;
    }
    console.log(`Installing with apt-get: ${added.join(" ")} …`);
    await runProgram(apt, [...install, "--no-remove", "-q", "-y", ...packages], { env: quiet });
    return true;
  } catch (error) {
    console.error(String(error));
    return false;
  }
}

/**
 * Puts the files of packages, and of those that they need and the machine lacks, into a folder as they would lie below
 * `/`. The system stays as it is, so that anybody may.
 */
export async function unpackSystemPackages(folder: string, ...packages: string[]): Promise<void> {
  const apt = findProgram("apt-get");
  if (!apt) throw new Error("There is no apt-get.");
  const { added } = await plan(apt, packages);
  console.log(`Downloading with apt-get into ${folder}: ${added.join(" ")} …`);
  await runProgram(apt, ["download", "-q", "-o", "APT::Sandbox::User=root", ...added], { env: quiet, cwd: folder });
  await extractArchives(folder);
}

/**
 * Puts packages of another release of Debian, and all that they need down to the C library, into a folder. Its programs run
 * by the loader of that folder.
 */
export async function unpackPackagesOf(release: string, folder: string, ...packages: string[]): Promise<void> {
  const apt = findProgram("apt-get");
  if (!apt) throw new Error("There is no apt-get.");
  const state = path.join(folder, "apt");
  for (const name of ["lists/partial", "cache/archives/partial"]) {
    fs.mkdirSync(path.join(state, name), { recursive: true });
  }
  // To these lists nothing is installed, so that everything is among what is added.
  fs.writeFileSync(path.join(state, "status"), "");
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const source = `deb [signed-by=${keyring}] ${debianMirror()} ${release} main\n`;
  fs.writeFileSync(path.join(state, "sources.list"), source);
  const own = [
    ...["-o", `Dir::State=${state}`, "-o", `Dir::State::status=${path.join(state, "status")}`],
    ...["-o", `Dir::Cache=${path.join(state, "cache")}`, "-o", "APT::Sandbox::User=root"],
    ...["-o", `Dir::Etc::sourcelist=${path.join(state, "sources.list")}`, "-o", "Dir::Etc::sourceparts=/dev/null"],
  ];
  await runProgram(apt, [...own, "update", "-q"], { env: quiet });
  const simulation = [...own, "--simulate", ...install, ...packages];
  const { added } = readPlan(execFileSync(apt, simulation, { env: quiet, encoding: "utf8" }));
  console.log(`Downloading from Debian ${release} into ${folder}: ${added.join(" ")} …`);
  await runProgram(apt, [...own, "download", "-q", ...added], { env: quiet, cwd: folder });
  await extractArchives(folder);
  fs.rmSync(state, { recursive: true });
}

/** The mirror of Debian that the machine takes its own packages from, which may be the only one that it reaches. */
export function debianMirror(folder = "/etc/apt"): string {
  const files = fs.globSync(["sources.list", "sources.list.d/*.{list,sources}"], { cwd: folder });
  const texts = files.map((file) => fs.readFileSync(path.join(folder, file), "utf8").replace(/#.*$/gm, ""));
  return /https?:\/\/\S+\/debian\/?(?=\s|$)/.exec(texts.join("\n"))?.[0] ?? "http://deb.debian.org/debian";
}

async function extractArchives(folder: string): Promise<void> {
  for (const archive of fs.globSync("*.deb", { cwd: folder })) {
    const file = path.join(folder, archive);
    await runProgram("dpkg-deb", ["--extract", file, folder]);
    fs.rmSync(file);
  }
}

async function plan(apt: string, packages: readonly string[]): Promise<AptPlan> {
  const simulate = () =>
    readPlan(execFileSync(apt, ["--simulate", ...install, ...packages], { env: quiet, encoding: "utf8" }));
  try {
    return simulate();
  } catch (error) {
    // A fresh machine may have no lists of packages yet.
    if (process.getuid?.() !== 0) throw error;
    await runProgram(apt, ["update", "-q"], { env: quiet });
    return simulate();
  }
}
