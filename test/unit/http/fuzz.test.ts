// Whatever comes over a connection, the HTTP server answers or closes it, and answers the next one as before.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import fc from "../../support/fastCheck.ts";
import { apiToken, sendRaw, startTestApi, type TestApi } from "../../support/apiServer.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";
import { isSoak } from "../../support/soak.ts";

const numRuns = isSoak ? 3000 : 150;
const paths = ["/v1/completions", "/v1/chat/completions", "/generate", "/generate_stream", "/infill", "/completion"];

let api: TestApi;
before(async () => {
  const model = scriptedModel({}, (onText) => {
    onText("text");
    return "end";
  });
  api = await startTestApi(model, { limits: { body: 10_000 } });
});
after(() => api.stop());

async function answers(): Promise<void> {
  const response = await api.post("/completion", { prompt: "x" });
  assert.equal(response.status, 200);
  assert.partialDeepStrictEqual(await response.json(), { content: "text" });
  assert.deepEqual(api.logs, []);
}

const head = (path: string, rest: string) =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${apiToken}\r\nConnection: close\r\n${rest}`;

/** Replaces, removes or repeats a few bytes. */
const damage = fc.array(
  fc.record({ at: fc.nat(400), remove: fc.nat(5), insert: fc.string({ unit: "binary", maxLength: 5 }) }),
  { minLength: 1, maxLength: 4 },
);

test("damaged heads and bodies", async () => {
  const body = '{"prompt":"x","max_tokens":3,"stop":["a"],"stream":true}';
  const whole = head("/v1/completions", `Content-Length: ${body.length}\r\n\r\n${body}`);
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      let bytes = whole;
      for (const { at, remove, insert } of changes) bytes = bytes.slice(0, at) + insert + bytes.slice(at + remove);
      const answer = await sendRaw(api.address, bytes);
      assert.match(answer, /^(HTTP\/1\.1 (200|400|401|403|404|405|408|413|417|431) |$)/);
    }),
    { numRuns },
  );
  await answers();
});

test("anything at all", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      assert.match(await sendRaw(api.address, bytes), /^(HTTP\/1\.1 400 |$)/);
    }),
    { numRuns },
  );
  await answers();
});

test("damaged chunks", async () => {
  const size = fc.oneof(fc.constantFrom("0", "5", "-1", "ffffffffffffffff", "1;x=y", ""), fc.string({ maxLength: 6 }));
  const chunk = fc.record({ size, data: fc.string({ maxLength: 20 }), end: fc.constantFrom("\r\n", "\n", "") });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.array(chunk, { maxLength: 5 }), async (path, chunks) => {
      const parts = chunks.map(({ size, data, end }) => `${size}\r\n${data}${end}`);
      const answer = await sendRaw(api.address, head(path, "Transfer-Encoding: chunked\r\n\r\n"), ...parts);
      assert.match(answer, /^(HTTP\/1\.1 (400|413) |$)/);
    }),
    { numRuns },
  );
  await answers();
});

test("JSON of any kind, also under the names of fields", async () => {
  const names = ["prompt", "messages", "inputs", "parameters", "stop", "suffix", "input_extra", "tools", "n", "stream"];
  const value = fc.jsonValue({ maxDepth: 4 });
  const fields = fc.dictionary(fc.constantFrom(...names, "__proto__", "max_tokens", "model", "temperature"), value);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.oneof(fields, value), async (path, body) => {
      const { status } = await api.post(path, body);
      assert.ok([200, 400, 404, 413].includes(status), `${path} ${JSON.stringify(body)}: ${status}`);
    }),
    { numRuns },
  );
  await answers();
});

test("deep JSON is refused as any other", async () => {
  const deep = "[".repeat(4000) + "]".repeat(4000);
  const response = await api.post("/v1/chat/completions", undefined, { body: `{"messages":${deep}}` });
  assert.equal(response.status, 400);
  await answers();
});
