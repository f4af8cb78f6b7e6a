// Finds the Chromium that tests look through, and installs one where there is none.

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { env, execPath } from "node:process";

import { chromium } from "playwright-core";

import { installSystemPackages } from "./apt.ts";
import { findProgram, isExecutable, runProgram } from "./system.ts";

/** The path of a Chromium or Chrome. */
export async function findChromium(): Promise<string> {
  const chosen = env["FALCON_CHROMIUM"];
  if (chosen) {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`FALCON_CHROMIUM names ${chosen}, which is no program.`);
  }
  const found = installedChromium() ?? (await installChromium());
  if (found) return found;
  throw new Error(
    "The tests need Chromium or Chrome. Install one (on Debian and Ubuntu: sudo apt-get install chromium), " +
      "or name one in the environment variable FALCON_CHROMIUM.",
  );
}

function installedChromium(): string | undefined {
  const onPath = findProgram("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  // Ubuntu's chromium-browser is a shell script that only asks for a snap: what does not tell its version is none.
  const works = onPath && spawnSync(onPath, ["--version"], { timeout: 20_000 }).status === 0;
  const candidates = [
    works ? onPath : undefined,
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    path.join(env["ProgramFiles"] ?? "C:\\Program Files", "Google\\Chrome\\Application\\chrome.exe"),
    chromium.executablePath(),
  ];
  return candidates.find((candidate) => candidate !== undefined && isExecutable(candidate));
}

/** Debian's package brings the libraries along that Playwright's download does not, so it is tried first. */
async function installChromium(): Promise<string | undefined> {
  if (await installSystemPackages("chromium")) return installedChromium();
  console.log("Downloading Chromium with Playwright …");
  const playwright = path.join(path.dirname(createRequire(import.meta.url).resolve("playwright-core")), "cli.js");
  try {
    await runProgram(execPath, [playwright, "install", "chromium"]);
  } catch (error) {
    console.error(String(error));
  }
  return installedChromium();
}
