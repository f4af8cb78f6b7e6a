// `npm run playground [-- OPTIONS]`: serves a model by `falcon serve`, whose options these are, and opens its page in the browser.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import process, { argv } from "node:process";
import { createInterface } from "node:readline";

import { showInBrowser } from "./system.ts";
import { buildExtension } from "./vsix.ts";

await buildExtension();
const program = path.join(import.meta.dirname, "../dist/cli.cjs");
const child = spawn(process.execPath, [program, "serve", ...argv.slice(2)], { stdio: ["ignore", "pipe", "inherit"] });
// Ctrl+C reaches it by itself, and ends both.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
const ended = once(child, "exit");
for await (const line of createInterface({ input: child.stdout })) {
  console.log(line);
  if (line.startsWith("page:")) showInBrowser(line.replace(/^page: +/, ""));
}
const [code] = (await ended) as [number | null];
process.exitCode = code ?? 1;
