// Clients that read slowly, or nothing.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, suite, test } from "node:test";

import type { Model } from "../../../server/engine/engine.ts";
import type { ApiOptions } from "../../../server/http/apiServer.ts";
import { apiToken, startTestApi, type TestApi } from "../../support/apiServer.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const apis: TestApi[] = [];
after(() => Promise.all(apis.map((api) => api.stop())));

async function start(model: Model, options: Partial<ApiOptions> = {}) {
  const api = await startTestApi(model, options);
  apis.push(api);
  return api;
}

suite("slow readers", () => {
  const paragraph = "falcon ".repeat(10_000);

  /** Asks for a stream and reads nothing until it is told to. */
  async function ask(api: TestApi): Promise<net.Socket> {
    const { hostname, port, host } = new URL(api.address);
    const socket = net.connect({ port: Number(port), host: hostname });
    socket.pause();
    await once(socket, "connect");
    const body = JSON.stringify({ prompt: "x", stream: true });
    socket.write(
      `POST /completion HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${apiToken}\r\nConnection: close\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    return socket;
  }

  test("get all of the text, in few events", async () => {
    const api = await start(
      scriptedModel({}, (onText) => {
        for (const word of paragraph.match(/\S+ /g) ?? []) onText(word);
        return "end";
      }),
    );
    const socket = await ask(api);
    let received = "";
    socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
    socket.resume();
    await once(socket, "close");
    const contents = Array.from(received.matchAll(/"content":"([^"]*)"/g), ([, text]) => text);
    assert.equal(contents.join(""), paragraph);
    assert.ok(contents.length < 5000, `10,000 pieces came in ${contents.length} events`);
  });

  test("one that reads nothing is let go, and its generation ends", async () => {
    const stopped = Promise.withResolvers<undefined>();
    const api = await start(
      scriptedModel({}, async (onText, signal) => {
        signal.addEventListener("abort", () => stopped.resolve(undefined));
        while (!signal.aborted) {
          onText(paragraph);
          await new Promise((resolve) => setImmediate(resolve));
        }
        return "aborted" as const;
      }),
      { limits: { stall: 100 } },
    );
    const socket = await ask(api);
    await stopped.promise;
    socket.destroy();
  });

  test("one that reads slowly gets all of the text, the end that waits for it, too", async () => {
    const text = "falcon ".repeat(1_000_000);
    const stall = 4000;
    const api = await start(
      scriptedModel({}, (onText) => {
        onText(text);
        return "end";
      }),
      { limits: { stall } },
    );
    const socket = await ask(api);
    let received = 0;
    let last = "";
    // Reads for longer than it may read nothing, each time after a pause that is shorter.
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
      last = chunk.toString();
      if (received < text.length / 2) {
        socket.pause();
        setTimeout(() => socket.resume(), stall / 40);
      }
    });
    socket.resume();
    await once(socket, "close");
    assert.ok(received > text.length, `${received} bytes`);
    assert.match(last, /"stop":true[^]*0\r\n\r\n$/);
  });
});
