// The services that hold models for tests and measurements: in a folder of their own, and ended with them.

import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

/** What this process starts shares no model with anybody else's windows. Its services end with it. */
export function useOwnServices(): void {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "falcon-services-"));
  process.env["FALCON_SERVICE_FOLDER"] = folder;
  process.once("exit", () => {
    endServices(folder);
    fs.rmSync(folder, { recursive: true, force: true });
  });
}

/** Ends the services of a folder, which outlive whoever started them, and their models with them. */
export function endServices(folder: string): void {
  for (const name of fs.globSync("*.json", { cwd: folder })) {
    const { pid } = JSON.parse(fs.readFileSync(path.join(folder, name), "utf8")) as { readonly pid: number };
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
