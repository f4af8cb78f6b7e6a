// The reducer that host and page share.

import assert from "node:assert/strict";
import { suite, test } from "node:test";

import fc from "../../support/fastCheck.ts";

import {
  emptyConversation,
  reduceConversation,
  restoredConversation,
  streamingAnswer,
} from "../../../src/shared/conversation.ts";
import type { Conversation, ConversationEvent } from "../../../src/shared/chat.ts";

const answerId = fc.constantFrom("a1", "a2", "a3");
const event: fc.Arbitrary<ConversationEvent> = fc.oneof(
  answerId.map((id) => asked(id)),
  answerId.map((id) => ({ type: "retried", answerId: id }) as const),
  fc.record({ type: fc.constant("delta" as const), answerId, text: fc.string() }),
  fc.record({
    type: fc.constant("ended" as const),
    answerId,
    state: fc.constantFrom("done", "truncated", "stopped", "interrupted", "failed"),
  }),
);

function asked(id: string): ConversationEvent {
  return { type: "asked", message: { id: `q${id}`, role: "user", text: "Hi", attachments: [] }, answerId: id };
}

function fold(events: readonly ConversationEvent[]): Conversation {
  return events.reduce(reduceConversation, emptyConversation("c"));
}

suite("reduceConversation", () => {
  test("answers grow by deltas and end", () => {
    const { messages } = fold([
      asked("a1"),
      { type: "delta", answerId: "a1", text: "Hel" },
      { type: "delta", answerId: "a1", text: "lo" },
      { type: "ended", answerId: "a1", state: "done" },
    ]);
    assert.deepEqual(messages[1], { id: "a1", role: "assistant", text: "Hello", state: "done" });
  });

  test("of an answer that ends with a length no more than that stays", () => {
    const { messages } = fold([
      asked("a1"),
      { type: "delta", answerId: "a1", text: "departure, departure, " },
      { type: "ended", answerId: "a1", state: "done", length: 9 },
    ]);
    assert.deepEqual(messages[1], { id: "a1", role: "assistant", text: "departure", state: "done" });
  });

  test("asking again empties the answer in its place and forgets its problem", () => {
    const { messages } = fold([
      asked("a1"),
      { type: "ended", answerId: "a1", state: "failed", problem: { message: "No." } },
      { type: "retried", answerId: "a1" },
    ]);
    assert.equal(messages.length, 2);
    assert.deepEqual(messages[1], { id: "a1", role: "assistant", text: "", state: "streaming" });
  });

  test("events change no earlier conversation, and questions and answers take turns", () => {
    fc.assert(
      fc.property(fc.array(event), event, (events, last) => {
        const before = fold(events);
        const copy = structuredClone(before);
        const after = reduceConversation(before, last);
        assert.deepEqual(before, copy);
        after.messages.forEach((message, index) => assert.equal(message.role, index % 2 ? "assistant" : "user"));
      }),
    );
  });

  test("an event about an answer that is not there changes nothing", () => {
    fc.assert(
      fc.property(fc.array(event), fc.string(), (events, text) => {
        const before = fold(events);
        assert.deepEqual(reduceConversation(before, { type: "delta", answerId: "other", text }), before);
      }),
    );
  });

  test("the text of an answer is its deltas, however they are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (pieces) => {
        const deltas = pieces.map((text) => ({ type: "delta", answerId: "a1", text }) as const);
        const answer = fold([asked("a1"), ...deltas]).messages[1];
        assert.equal(answer?.text, pieces.join(""));
      }),
    );
  });
});

test("a restored conversation has no answer that runs", () => {
  const before = fold([asked("a1"), { type: "delta", answerId: "a1", text: "Hel" }]);
  const restored = restoredConversation(before);
  assert.equal(streamingAnswer(restored), undefined);
  assert.deepEqual(restored.messages[1], { id: "a1", role: "assistant", text: "Hel", state: "interrupted" });
  assert.equal(restoredConversation(restored), restored);
});
