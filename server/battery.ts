// Whether this machine runs on its battery. The library for it, systeminformation, knows two names of mains adapters on Linux,
// and takes a full battery beside any other one for one that discharges.

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import process, { env } from "node:process";
import { promisify } from "node:util";

import type { ServerSettings } from "../src/shared/serverSettings.ts";
import { startFolder } from "./startFolder.ts";

const run = promisify(execFile);
const started = { cwd: startFolder, timeout: 15_000, windowsHide: true };
/** Milliseconds: Windows and macOS start a program to tell. */
const maxAge = 60_000;

export class Battery {
  readonly #read: () => Promise<boolean>;
  #readAt = -Infinity;
  #last = Promise.resolve(false);

  constructor(read: () => Promise<boolean> = readBattery) {
    this.#read = read;
  }

  /** As it was at most a minute ago. False where it cannot be known, and where there is no battery. Never rejects. */
  isDischarging(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#readAt >= maxAge) {
      this.#readAt = now;
      this.#last = this.#read().catch(() => false);
    }
    return this.#last;
  }
}

/** Ghost text's settings as they hold now: nothing comes by itself on battery, where the user wants that. */
export async function settingsOn(
  battery: Pick<Battery, "isDischarging">,
  settings: ServerSettings["inlineCompletion"],
): Promise<ServerSettings["inlineCompletion"]> {
  const rests = settings.onBattery === false && (await battery.isDischarging());
  return rests ? { ...settings, suggestions: "onCommand" } : settings;
}

async function readBattery(): Promise<boolean> {
  switch (process.platform) {
    case "linux":
      return isSupplyDischarging("/sys/class/power_supply");
    case "darwin":
      return (await run("/usr/bin/pmset", ["-g", "batt"], started)).stdout.includes("'Battery Power'");
    case "win32": {
      const status =
        "Add-Type -AssemblyName System.Windows.Forms; [Windows.Forms.SystemInformation]::PowerStatus.PowerLineStatus";
      const shell = path.join(env["SystemRoot"] ?? "C:\\Windows", "System32\\WindowsPowerShell\\v1.0\\powershell.exe");
      return (
        (await run(shell, ["-NoProfile", "-NonInteractive", "-Command", status], started)).stdout.trim() === "Offline"
      );
    }
    default:
      return false;
  }
}

/**
 * Whether a battery of the machine itself, not of a mouse, discharges.
 * https://www.kernel.org/doc/html/latest/power/power_supply_class.html
 */
export async function isSupplyDischarging(folder: string): Promise<boolean> {
  const supplies = await readdir(folder);
  const found = await Promise.all(
    supplies.map(async (supply) => {
      const [type, scope, status] = await Promise.all(
        ["type", "scope", "status"].map((name) =>
          readFile(path.join(folder, supply, name), "utf8").then(
            (text) => text.trim(),
            () => undefined,
          ),
        ),
      );
      return type === "Battery" && scope !== "Device" && status === "Discharging";
    }),
  );
  return found.includes(true);
}
