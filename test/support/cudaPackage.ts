// A package in the shape of CUDA's, and a registry on the loopback that has it.

import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { create } from "tar";

import { cudaPackageFor, type CudaPackage } from "../../server/models/cuda/cudaPackage.ts";

/** Files by their path below the package's folder. */
export type Files = Readonly<Record<string, string>>;

/** As the published packages have it. */
export const entryFile = `import fs from "node:fs/promises";
const packageVersion = JSON.parse(await fs.readFile(new URL("../package.json", import.meta.url), "utf8")).version;
export const getBinsDir = () => ({ binsDir: decodeURI(new URL("../bins", import.meta.url).pathname), packageVersion });
`;

/** Packs a folder that holds `package` as npm does, and tells of the archive what is pinned of the published ones. */
export async function pack(folder: string, archive: string): Promise<CudaPackage> {
  await create({ cwd: folder, file: archive, gzip: true, portable: true }, ["package"]);
  return describe(archive);
}

export function describe(archive: string): CudaPackage {
  const content = fs.readFileSync(archive);
  return {
    name: cudaPackageFor("linux-x64")?.name ?? "",
    version: "1.2.3",
    size: content.length,
    unpacked: 10 * content.length,
    sha512: createHash("sha512").update(content).digest("base64"),
    libraries: [],
  };
}

export function writeFiles(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

export class Registry {
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** What comes, whatever is asked for. */
  content: Buffer = Buffer.alloc(0);
  /** After so many bytes it stops once, until `end`. */
  cut: number | undefined;
  #stopped: http.ServerResponse | undefined;
  readonly #server = http.createServer((request, response) => this.#answer(request, response));

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Whoever has received what was sent calls it, since a client may drop the rest. */
  end(): void {
    this.#stopped?.socket?.end();
    this.#stopped = undefined;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer({ url = "", headers: { range = "" } }: http.IncomingMessage, response: http.ServerResponse): void {
    this.asked.push(`${decodeURIComponent(url)} ${range}`.trim());
    const start = Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
    const total = this.content.length;
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": total - start,
      etag: '"package"',
      ...(start > 0 && { "content-range": `bytes ${start}-${total - 1}/${total}` }),
    });
    const { cut } = this;
    this.cut = undefined;
    if (cut === undefined) response.end(this.content.subarray(start));
    else {
      this.#stopped = response;
      response.write(this.content.subarray(start, cut));
    }
  }
}
