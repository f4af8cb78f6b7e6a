import assert from "node:assert/strict";
import { test } from "node:test";

import { mayStart, whoseTurn } from "../../../server/engine/llama/decode/scheduling.ts";
import type { Priority } from "../../../server/engine/engine.ts";

const of = (priority: Priority) => ({ request: { priority } });

/** How many requests of a priority may run at once on so many sequences. */
function most(priority: Priority, sequences: number): number {
  const running: ReturnType<typeof of>[] = [];
  while (mayStart(of(priority), running, sequences - running.length)) running.push(of(priority));
  return running.length;
}

test("a sequence is kept for completions, and one more for chats", () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((count) => most("completion", count)),
    [1, 2, 3, 4],
  );
  assert.deepEqual(
    [1, 2, 3, 4].map((count) => most("chat", count)),
    [1, 1, 2, 3],
  );
  assert.deepEqual(
    [1, 2, 3, 4].map((count) => most("background", count)),
    [1, 1, 1, 2],
  );
  const background = [of("background"), of("background")];
  assert.ok(mayStart(of("chat"), background, 2));
  assert.ok(mayStart(of("completion"), [...background, of("chat")], 1));
});

test("background work stands still beside others, and a chat takes every third step beside a completion", () => {
  const [completion, chat, background] = [of("completion"), of("chat"), of("background")];
  assert.deepEqual(whoseTurn([background, chat, completion], 0, false), [completion, chat]);
  assert.deepEqual(whoseTurn([background, chat, completion], 1, false), [completion]);
  assert.deepEqual(whoseTurn([background, chat, completion], 2, false), [completion]);
  assert.deepEqual(whoseTurn([background, chat, completion], 3, false), [completion, chat]);
  assert.deepEqual(whoseTurn([background, chat], 1, false), [chat]);
  assert.deepEqual(whoseTurn([background], 1, false), [background]);
});

test("where a batch costs little, a chat takes every step", () => {
  const [completion, chat, background] = [of("completion"), of("chat"), of("background")];
  for (const step of [0, 1, 2]) {
    assert.deepEqual(whoseTurn([background, chat, completion], step, true), [completion, chat]);
    assert.deepEqual(whoseTurn([background, chat], step, true), [chat]);
    assert.deepEqual(whoseTurn([background], step, true), [background]);
  }
});
