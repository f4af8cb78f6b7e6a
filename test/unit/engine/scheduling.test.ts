import assert from "node:assert/strict";
import { test } from "node:test";

import { inTurn, mayStart, whoseTurn } from "../../../server/engine/llama/decode/scheduling.ts";
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

test("of one urgency the clients take turns, whoever has asked for more; the most urgent goes first all the same", () => {
  const asked = (client: string, priority: Priority = "chat") => ({ request: { priority, client } });
  const [a1, a2, a3, b1, b2, c1] = [asked("a"), asked("a"), asked("a"), asked("b"), asked("b"), asked("c")];
  assert.deepEqual(inTurn([a1, a2, a3, b1, b2, c1]), [a1, b1, c1, a2, b2, a3]);
  assert.deepEqual(inTurn([a3, b1, b2, c1], [a1, a2]), [b1, c1, b2, a3], "what runs had its turn");
  const completion = asked("a", "completion");
  assert.deepEqual(inTurn([b1, a1, completion], [a2]), [completion, b1, a1]);
  assert.deepEqual(inTurn([b1, completion], [completion]), [completion, b1], "each lane has turns of its own");
  const [first, second, third] = [of("chat"), of("chat"), of("chat")];
  assert.deepEqual(inTurn([first, second, third], [of("chat")]), [first, second, third]);
});
