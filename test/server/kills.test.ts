// The model process is killed at random moments of running requests.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";

import { reloadModelRequest } from "../../src/shared/methods.ts";
import { ask, modelProcessOf, outcomeOf, question } from "../support/asking.ts";
import { LspClient, quickSettings } from "../support/lspClient.ts";
import { modelFile } from "../support/models.ts";
import { seededRandom } from "../support/mutations.ts";
import { childrenOf, isRunning, memoryOf, until } from "../support/processes.ts";
import { rounds } from "../support/soak.ts";

test("whenever the model process is killed, each request has a result or one error, and memory comes back", async (context) => {
  const client = await LspClient.withModel(modelFile("slow"), {
    ...quickSettings,
    chat: { maxTokens: 60, temperature: 0 },
  });
  context.after(() => client.child.kill("SIGKILL"));
  const random = seededRandom(3);
  await client.open("file:///a.ts", "let x = ");
  await ask(client, [question("Hello")]);
  const base = { server: memoryOf(client.child.pid), model: memoryOf(modelProcessOf(client)) };

  for (let round = 0; round < rounds(5, 100); round++) {
    const chats = ["one", "two"].map((text) => outcomeOf(ask(client, [question(`${text} ${round}`)])));
    const completion = client.complete("file:///a.ts", 0, 8);
    await sleep(random(600));
    // At times there is none, or one that is being loaded.
    for (const pid of childrenOf(client.child.pid)) process.kill(pid, "SIGKILL");
    for (const outcome of await Promise.all(chats)) {
      assert.ok(["limit", "end", "interrupted", "retry", "selectModel"].includes(outcome), outcome);
    }
    assert.ok(Array.isArray(await completion));
    // Else the file would be set aside.
    await client.connection.sendRequest(reloadModelRequest, {});
    assert.equal(client.statuses.at(-1)?.state, "ready");
  }

  await ask(client, [question("Hello")]);
  const model = modelProcessOf(client);
  const grown = { server: memoryOf(client.child.pid) - base.server, model: memoryOf(model) - base.model };
  assert.ok(grown.server < 60e6 && grown.model < 60e6, JSON.stringify({ base, grown }));
  await client.stop();
  await until("the model process is gone", () => !isRunning(model));
});
