// The playground's files: served to who knows no token, to no other origin, and with a policy that lets them load nothing else.

import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { sendRaw, startTestApi, type TestApi } from "../../support/apiServer.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const pages = fs.mkdtempSync(path.join(tmpdir(), "falcon-pages-"));
let api: TestApi;
before(async () => {
  fs.writeFileSync(path.join(pages, "playground.js"), "script");
  fs.writeFileSync(path.join(pages, "server.cjs"), "not for pages");
  api = await startTestApi(scriptedModel(), { pages });
});
after(async () => {
  await api.stop();
  fs.rmSync(pages, { recursive: true });
});

test("the page and its files need no token, what they ask for does", async () => {
  const page = await fetch(api.address);
  assert.equal(page.status, 200);
  const html = await page.text();
  assert.doesNotMatch(html, /https?:|<script>|<style/);
  const policy = page.headers.get("content-security-policy") ?? "";
  for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
    assert.ok(policy.split("; ").includes(rule), rule);
  }
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const script = await fetch(`${api.address}/playground.js`);
  assert.equal(await script.text(), "script");
  assert.match(script.headers.get("content-type") ?? "", /^text\/javascript/);
  assert.equal(script.headers.get("x-content-type-options"), "nosniff");
  assert.equal((await fetch(`${api.address}/v1/models`)).status, 401);
});

test("nothing else of the folder is served, and the page to no name that leads here", async () => {
  for (const name of ["server.cjs", "..%2fpackage.json", "playground.js/../server.cjs"]) {
    assert.match(
      await sendRaw(api.address, `GET /${name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
      /^HTTP\/1.1 404/,
    );
  }
  const rebound = await sendRaw(api.address, "GET / HTTP/1.1\r\nHost: falcon.example\r\nConnection: close\r\n\r\n");
  assert.match(rebound, /^HTTP\/1.1 403/);
  const other = await fetch(api.address, { method: "POST" });
  assert.equal(other.status, 405);
  assert.equal(other.headers.get("allow"), "GET");
});
