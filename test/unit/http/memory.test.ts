// Ten thousand requests leave nothing behind.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { startTestApi } from "../../support/apiServer.ts";
import { scriptedModel } from "../../support/scriptedModel.ts";

const requests = 10_000;
const atOnce = 20;
/** Characters: kept, those of all requests would be 200 MB. */
const prompt = "x".repeat(20_000);
const mostLeft = 40e6;

test("ten thousand requests leave neither their texts nor timers behind", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const model = scriptedModel({}, (onText) => {
    onText("text");
    return "end";
  });
  const api = await startTestApi(model);
  const ask = async (i: number) => {
    const leaving = new AbortController();
    const asked = api.post("/v1/completions", { prompt, stream: i % 2 === 0 }, { signal: leaving.signal });
    // Some leave before they are answered.
    if (i % 5 === 0) leaving.abort();
    await asked.then((response) => response.text()).catch(() => undefined);
  };
  const heap: number[] = [];
  let resources = 0;
  for (let done = 0; done < requests; done += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, i) => ask(i)));
    // The scripted model keeps what it was asked.
    for (const kept of [model.asked, model.counted] as unknown[][]) kept.length = 0;
    if ((done + atOnce) % 1000 > 0) continue;
    collect();
    heap.push(process.memoryUsage().heapUsed);
    resources = process.getActiveResourcesInfo().length;
  }
  await api.stop();
  const [first = 0, last = 0] = [heap[0], heap.at(-1)];
  assert.ok(last - first < mostLeft, `${last - first} bytes are left of ${requests - 1000} requests`);
  assert.ok(resources < 10 * atOnce, `${resources} timers and connections are left`);
});
