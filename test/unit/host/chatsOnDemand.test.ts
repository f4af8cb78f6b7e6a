// What is made of kept chats on demand: a Markdown document, and the places that have some words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { chatMarkdown } from "../../../src/chat/exportChat.ts";
import { searchChats } from "../../../src/chat/searchChats.ts";
import type { Conversation } from "../../../src/shared/chat.ts";

const conversation: Conversation = {
  id: "c",
  messages: [
    {
      id: "1",
      role: "user",
      text: "",
      command: "explain",
      attachments: [{ id: "a", label: "a`b.ts:1-2", uri: "file:///a", languageId: "typescript", text: "let secret;" }],
    },
    {
      id: "2",
      role: "assistant",
      text: "<think>Hm.</think>\n\nIt **declares** a name.",
      state: "done",
      notes: ["Cut."],
    },
    { id: "3", role: "user", text: "Why a Harbour?", attachments: [] },
    { id: "4", role: "assistant", text: "```js\nlet a;\n```", state: "stopped" },
  ],
};

test("a chat is exported with its words, notes and the names of what was attached, not with thinking or texts of files", () => {
  const words = { you: "You", falcon: "Falcon", attached: "Attached", commands: { explain: "Explain this code" } };
  assert.equal(
    chatMarkdown(conversation, "A title", words),
    `# A title

## You

Explain this code

Attached: \`a'b.ts:1-2\`

## Falcon

It **declares** a name.

> Cut.

## You

Why a Harbour?

## Falcon

\`\`\`js
let a;
\`\`\`
`,
  );
});

test("words are found in questions and answers, whatever their case, with what stands around them", () => {
  const chats = [{ conversation, changed: 1 }];
  assert.deepEqual(searchChats(chats, "hARBOUR"), [{ chat: chats[0], place: "Why a Harbour?" }]);
  assert.equal(searchChats(chats, "declares")[0]?.place, "<think>Hm.</think>\n\nIt **declares** a name.");
  assert.deepEqual(searchChats(chats, "quay"), []);
  assert.deepEqual(searchChats(chats, "h"), [], "one letter is in every chat");
});
