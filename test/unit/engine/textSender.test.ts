import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { TextSender } from "../../../server/engine/process/textSender.ts";

test("a piece is sent once what goes on at once has gone on", async () => {
  const events: string[] = [];
  const sender = new TextSender((text) => events.push(text));
  for (const piece of ["a", "b", "c"]) {
    sender.push(piece);
    await Promise.resolve();
    events.push("next step");
    await setImmediate();
  }
  assert.deepEqual(events, ["next step", "a", "next step", "b", "next step", "c"]);
});

test("at its end nothing of a text is missing, and nothing comes twice", async () => {
  const sent: string[] = [];
  const sender = new TextSender((text) => sent.push(text));
  sender.push("a");
  sender.push("b");
  sender.flush();
  sender.flush();
  await setImmediate();
  assert.deepEqual(sent, ["ab"]);
});
