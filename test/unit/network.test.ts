// Certificates and addresses: what is trusted, where the hub is, and where its token may go.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, test } from "node:test";

import { fileAddress, openHub } from "../../server/models/download/hub.ts";
import { openNetwork } from "../../server/network.ts";
import { openAddress } from "../../server/models/download/openAddress.ts";
import { UserError } from "../../server/userError.ts";
import type { NetworkSettings } from "../../src/shared/downloads.ts";
import { failureOf } from "../support/downloads.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const noToken = () => Promise.resolve(undefined);
const { signal } = new AbortController();
const environment = { ...process.env };
/** Sends on to plain HTTP from one path, and gives a text from the others. */
const secure = https.createServer(
  { key: fs.readFileSync(fixture("key.pem")), cert: fs.readFileSync(fixture("certificate.pem")) },
  (request, response) => {
    if (request.url?.includes("downgrade")) response.writeHead(302, { location: "http://127.0.0.1:1/" });
    response.end("falcon");
  },
);
before(async () => {
  process.env = Object.fromEntries(Object.entries(environment).filter(([name]) => !/proxy|^HF_/i.test(name)));
  secure.listen(0, "127.0.0.1");
  await once(secure, "listening");
});
afterEach(() => {
  for (const name of ["HF_ENDPOINT", "HF_TOKEN", "NODE_EXTRA_CA_CERTS"]) Reflect.deleteProperty(process.env, name);
});
after(() => {
  process.env = environment;
  secure.close();
  secure.closeAllConnections();
});

async function read(file: string, settings?: NetworkSettings): Promise<string> {
  const hub = openHub({ hub: `https://127.0.0.1:${(secure.address() as AddressInfo).port}` }, noToken);
  const network = await openNetwork(settings);
  try {
    const { body } = await openAddress(fileAddress(hub, "a/b", file), { network, hub }, {}, signal);
    return await body.text();
  } finally {
    await network.close();
  }
}

test("a certificate that nobody vouches for is refused, and trusted where the user says so", async () => {
  const failure = await failureOf(read("a.gguf"));
  assert.equal(failure.kind, "certificate");
  assert.match(failure.message, /NODE_EXTRA_CA_CERTS/);
  assert.equal(await read("a.gguf", { strictSsl: false }), "falcon");
  process.env["NODE_EXTRA_CA_CERTS"] = fixture("certificate.pem");
  assert.equal(await read("a.gguf"), "falcon");
});

test("a redirect from https to http is not followed", async () => {
  assert.equal((await failureOf(read("downgrade.gguf", { strictSsl: false }))).kind, "badAnswer");
});

test("a proxy of the environment is left out where the client wants none", async () => {
  process.env["HTTPS_PROXY"] = "http://127.0.0.1:1";
  try {
    assert.equal((await failureOf(read("a.gguf", { strictSsl: false }))).kind, "proxyRefused");
    assert.equal(await read("a.gguf", { strictSsl: false, proxy: "" }), "falcon");
  } finally {
    delete process.env["HTTPS_PROXY"];
  }
});

test("a token does not go over plain HTTP to another computer", async () => {
  const hub = openHub({ hub: "http://hub.invalid" }, () => Promise.resolve("hf_secret"));
  const asked: (string | undefined)[] = [];
  const proxy = http.createServer();
  proxy.on("connect", (_, socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    socket.on("data", (bytes: Buffer) => {
      asked.push(/^authorization: .*$/im.exec(bytes.toString())?.[0]);
      socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const network = await openNetwork({ proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
  const failure = await failureOf(openAddress(fileAddress(hub, "a/b", "c.gguf"), { network, hub }, {}, signal));
  assert.equal(failure.kind, "insecureToken");
  assert.deepEqual(asked, [undefined]);
  await network.close();
  proxy.close();
});

test("the hub is that of the setting, of HF_ENDPOINT, or Hugging Face's", () => {
  const endpoint = (hub?: string) => openHub(hub === undefined ? {} : { hub }, noToken).endpoint;
  assert.equal(endpoint(), "https://huggingface.co");
  process.env["HF_ENDPOINT"] = "https://mirror.example/";
  assert.equal(endpoint(), "https://mirror.example");
  assert.equal(endpoint("https://hub.example/path/"), "https://hub.example/path");
  for (const wrong of ["hub.example", "ftp://hub.example", "https://"]) assert.throws(() => endpoint(wrong), UserError);
});

test("a password in an address is shown nowhere, and kept nowhere", async () => {
  const hides = (error: unknown) => error instanceof UserError && !/user:|user@|S3cret/.test(error.message);
  for (const credentials of ["user:S3cret@", "user:S3/S3cret@", "user@"]) {
    for (const hub of ["https://hub.example/path", "ftp://hub.example", "https://"]) {
      const address = hub.replace("//", `//${credentials}`);
      assert.throws(() => openHub({ hub: address }, noToken), hides);
    }
    for (const proxy of ["socks5://proxy:1080", "socks5://"]) {
      await assert.rejects(openNetwork({ proxy: proxy.replace("//", `//${credentials}`) }), hides);
    }
    await assert.rejects(openNetwork({ proxy: `${credentials}proxy:a` }), hides);
  }
});

test("the token is the client's, else that of HF_TOKEN", async () => {
  process.env["HF_TOKEN"] = "hf_environment";
  assert.equal(await openHub({}, noToken).token(), "hf_environment");
  assert.equal(await openHub({}, () => Promise.resolve("hf_client")).token(), "hf_client");
});

test("an address names every part of it as it is written", () => {
  const hub = openHub({}, noToken);
  const address = fileAddress(hub, "tiiuae/Falcon3-7B", "folder/a #1%.gguf");
  assert.equal(address.href, "https://huggingface.co/tiiuae/Falcon3-7B/resolve/main/folder/a%20%231%25.gguf");
});
