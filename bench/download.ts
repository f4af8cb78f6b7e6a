// A file of 300 MB from a server on the loopback, as fast as lines of 1 and 2.5 Gbit/s and as it can, downloaded and checked as
// the product does it, beside curl, which checks nothing: alone, with the wait until the file is on the disk, and with sha256sum
// after that: `npm run bench:download`. Says the ratios of the speeds, and how much memory and processor time the product took:
// the latter is the figure to compare on a busy machine.

import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import process from "node:process";

import { downloadFile } from "../server/models/download/downloadFile.ts";
import { openHub } from "../server/models/download/hub.ts";
import { openNetwork } from "../server/network.ts";
import { wait } from "../server/models/download/waiting.ts";

const size = 300_000_000;
/** Bytes a second, and how often. */
const lines = [
  { rate: 125e6, rounds: 3 },
  { rate: 312.5e6, rounds: 5 },
  { rate: Infinity, rounds: 7 },
] as const;

const [, , task, rate] = process.argv;
if (task === "serve") serve(Number(rate));
else for (const line of lines) await measure(line);

/** In a process of its own, as a server is. */
function serve(rate: number): void {
  const piece = Buffer.alloc(2 ** 20, "GGUF");
  const server = http.createServer((_, response) => {
    response.writeHead(200, { "content-length": size });
    const start = performance.now();
    let sent = 0;
    const send = () => {
      while (sent < size) {
        const early = (sent / rate) * 1000 - (performance.now() - start);
        if (early > 0) {
          setTimeout(send, early);
          return;
        }
        const bytes = piece.subarray(0, Math.min(size - sent, piece.length));
        sent += bytes.length;
        if (!response.write(bytes)) return;
      }
      response.end();
    };
    response.on("drain", send);
    send();
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

async function measure({ rate, rounds }: (typeof lines)[number]): Promise<void> {
  const server = fork(import.meta.filename, ["serve", String(rate)]);
  const [port] = (await once(server, "message")) as [number];
  const endpoint = `http://127.0.0.1:${port}`;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-bench-download-"));
  const network = await openNetwork({ noProxy: ["127.0.0.1"] });
  const hub = openHub({ hub: endpoint }, () => Promise.resolve(undefined));
  const target = path.join(folder, "falcon.gguf");
  const { signal } = new AbortController();
  const seconds = { curl: [] as number[], synced: [] as number[], checked: [] as number[], falcon: [] as number[] };
  const processor: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const curl = await timeOf(() => execFileSync("curl", ["-s", "--noproxy", "*", "-o", target, endpoint]));
      seconds.curl.push(curl);
      const synced = curl + (await timeOf(() => syncFile(target)));
      seconds.synced.push(synced);
      seconds.checked.push(synced + (await timeOf(() => execFileSync("sha256sum", [target]))));
      fs.rmSync(target);
      const options = { access: { network, hub }, wait, onProgress: () => undefined };
      const before = process.cpuUsage();
      seconds.falcon.push(await timeOf(() => downloadFile({ url: new URL(endpoint), target }, options, signal)));
      const { user, system } = process.cpuUsage(before);
      processor.push((user + system) / 1e6);
      fs.rmSync(target);
    }
  } finally {
    await network.close();
    server.kill();
    fs.rmSync(folder, { recursive: true });
  }
  const falcon = median(seconds.falcon);
  console.log(rate === Infinity ? "as fast as can be:" : `at ${rate / 1e6} MB/s:`);
  for (const [name, times] of Object.entries(seconds)) {
    const time = median(times);
    const each = times.map((one) => one.toFixed(2)).join(", ");
    console.log(
      `${name}: ${Math.round(size / time / 1e6)} MB/s (${each} s), Falcon's speed is ${(time / falcon).toFixed(2)} of it`,
    );
  }
  console.log(`processor: ${median(processor).toFixed(2)} s of Falcon's process`);
  console.log(`memory: ${Math.round(process.resourceUsage().maxRSS / 1000)} MB at most`);
}

/** As the product does before it gives a file its name. */
function syncFile(target: string): void {
  const file = fs.openSync(target, "r");
  fs.fsyncSync(file);
  fs.closeSync(file);
}

async function timeOf(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
