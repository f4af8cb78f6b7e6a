// Failures of the network and of the disk, each by the real thing: a name, a port, a proxy, a device, a folder.

import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, suite, test } from "node:test";

import { type Network, openNetwork } from "../../../../server/network.ts";
import { openModelsFolder } from "../../../../server/models/store/modelsFolder.ts";
import { UserError } from "../../../../server/userError.ts";
import { download, failureOf, file, openLoopback, repository } from "../../../support/downloads.ts";
import { HubServer, status } from "../../../support/hubServer.ts";

const content = Buffer.alloc(3_000_000, "GGUF");
let server: HubServer;
let network: Network;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-failures-"));
before(async () => {
  [server, network] = [await HubServer.start(), await openLoopback()];
  server.put(repository, file, content);
});
after(async () => {
  await network.close();
  await server.stop();
  fs.rmSync(folder, { recursive: true });
});

/** A port that nobody listens at. */
async function closedPort(): Promise<number> {
  const listener = http.createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return port;
}

suite("the network", () => {
  test("a name that nobody has", async () => {
    const failure = await failureOf(download({ endpoint: "http://falcon.invalid", network, folder }));
    assert.equal(failure.kind, "nameNotResolved");
    assert.match(failure.message, /falcon\.invalid/);
  });

  test("a port that nobody listens at", async () => {
    const endpoint = `http://127.0.0.1:${await closedPort()}`;
    assert.equal((await failureOf(download({ endpoint, network, folder }))).kind, "connectionRefused");
  });

  test("a network that is lost in the middle is waited for", async () => {
    server.cuts = [100_000, 200_000];
    const refuse = await closedPort();
    const { waits } = await download({
      endpoint: server.endpoint,
      network,
      folder,
      onProgress({ state, received }) {
        if (state !== "downloading" || (received !== 100_000 && received !== 200_000)) return;
        // What comes next meets a store that is not there.
        server.hubFaults.push(
          ...Array.from({ length: 6 }, () => status(302, { location: `http://127.0.0.1:${refuse}/` })),
        );
        server.cut();
      },
    });
    assert.deepEqual(waits.slice(0, 7), [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
    assert.ok(fs.readFileSync(path.join(folder, file)).equals(content));
    fs.rmSync(path.join(folder, file));
    server.behave();
  });

  test("a proxy that is not there, refuses, or is none", async () => {
    const proxy = http.createServer((_, response) => {
      response.writeHead(407);
      response.end();
    });
    proxy.on("connect", (_, socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    for (const each of [await closedPort(), port]) {
      const way = await openNetwork({ proxy: `http://127.0.0.1:${each}` });
      const failure = await failureOf(download({ endpoint: server.endpoint, network: way, folder }));
      assert.equal(failure.kind, "proxyRefused");
      await way.close();
    }
    proxy.close();
    for (const address of ["socks5://127.0.0.1:1080", "nonsense://"]) {
      await assert.rejects(openNetwork({ proxy: address }), UserError);
    }
  });

  test("a proxy is used, with its authorization, and not for hosts that are named", async () => {
    const asked: (string | undefined)[] = [];
    const proxy = http.createServer((request, response) => {
      asked.push(request.headers["proxy-authorization"]);
      const target = http.request(request.url ?? "", { headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      target.end();
    });
    proxy.on("connect", (request, socket) => {
      asked.push(request.headers["proxy-authorization"]);
      const target = new URL(`http://${request.url ?? ""}`);
      const way = net.connect(Number(target.port), target.hostname, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        way.pipe(socket).pipe(way);
      });
      way.on("error", () => socket.destroy());
      socket.on("error", () => way.destroy());
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const through = async (settings: Parameters<typeof openNetwork>[0]) => {
      const way = await openNetwork(settings);
      await download({ endpoint: server.endpoint, network: way, folder });
      await way.close();
      fs.rmSync(path.join(folder, file));
    };
    await through({ proxy: address, proxyAuthorization: "Basic ZmFsY29u" });
    assert.ok(asked.length >= 2);
    assert.ok(asked.every((value) => value === "Basic ZmFsY29u"));
    asked.length = 0;
    await through({ proxy: address, noProxy: ["127.0.0.1"] });
    assert.deepEqual(asked, []);
    proxy.close();
  });
});

suite("the disk", () => {
  test("too little room is told before the first byte", async () => {
    const size = "900000000000000";
    server.hubFaults.push(status(302, { location: `${server.store}/?signature=0`, "x-linked-size": size }));
    server.storeFaults.push((_, response) => response.end(content));
    const failure = await failureOf(download({ endpoint: server.endpoint, network, folder }));
    assert.equal(failure.kind, "diskFull");
    assert.match(failure.message, /900000\.00 GB are needed/);
    assert.deepEqual(fs.readdirSync(folder), [], "nothing is left behind");
    server.behave();
  });

  test("a disk that is full in the middle", async () => {
    const full = fs.mkdtempSync(path.join(folder, "full-"));
    fs.symlinkSync("/dev/full", path.join(full, `${file}.part`));
    assert.equal((await failureOf(download({ endpoint: server.endpoint, network, folder: full }))).kind, "diskFull");
  });

  test("a folder that is gone", async () => {
    const gone = path.join(folder, "gone");
    assert.equal((await failureOf(download({ endpoint: server.endpoint, network, folder: gone }))).kind, "folderGone");
    assert.equal((await failureOf(openModelsFolder({ folder: gone }))).kind, "folderGone");
    assert.ok(!fs.existsSync(gone), "it may lie on a drive that is not connected");
    assert.equal(await openModelsFolder({ folder: gone, createFolder: true }), gone);
  });

  test("a folder that may not be written", async () => {
    const locked = path.join(folder, "locked");
    fs.mkdirSync(locked, { mode: 0o555 });
    // Root may write anywhere but there.
    const target = process.getuid?.() === 0 ? "/sys" : locked;
    assert.equal(
      (await failureOf(download({ endpoint: server.endpoint, network, folder: target }))).kind,
      "notWritable",
    );
  });
});
