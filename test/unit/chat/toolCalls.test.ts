// Tool calls in an answer that streams: however it is cut into pieces, and however the model breaks them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ToolCallStream } from "../../../server/chat/toolCalls.ts";
import type { Tool, ToolCall } from "../../../src/shared/tools.ts";
import fc from "../../support/fastCheck.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../support/growth.ts";

const tools: Tool[] = [
  { name: "read", description: "Reads a file." },
  { name: "list", description: "Lists a folder." },
];
const readA: ToolCall = { name: "read", arguments: { path: "a.ts" } };
const listB: ToolCall = { name: "list", arguments: { folder: "b", deep: true } };

interface Parts {
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

function parts(pieces: readonly string[], offered = tools): Parts {
  let text = "";
  const stream = new ToolCallStream(offered, (piece) => (text += piece));
  for (const piece of pieces) stream.push(piece);
  stream.end();
  return { text, calls: stream.calls };
}

const tagged = (body: string) => `<tool_call>\n${body}\n</tool_call>`;
const json = (value: unknown) => JSON.stringify(value, null, 2);

const answers: Readonly<Record<string, { readonly answer: string } & Parts>> = {
  "a list, as Falcon3 writes it": {
    answer: tagged(json([readA, listB])),
    text: "",
    calls: [readA, listB],
  },
  "one call in each tag, as Falcon-H1 writes them": {
    answer: `${tagged(json(readA))}\n${tagged(json(listB))}`,
    text: "\n",
    calls: [readA, listB],
  },
  "in the quotes and words of Python, as Falcon-H1 is shown": {
    answer: tagged("{'arguments': {'folder': 'b', 'deep': True}, 'name': 'list'}"),
    text: "",
    calls: [listB],
  },
  "text before, on the same line, and after": {
    answer: `I look. ${tagged(json([readA]))}\nThen I say more.`,
    text: "I look. \nThen I say more.",
    calls: [readA],
  },
  "thinking before": {
    answer: `<think>\nWhich <tool>?\n</think>\n${tagged(json([readA]))}`,
    text: "\n",
    calls: [readA],
  },
  "thinking that is not ended": { answer: "<think>\nWhich", text: "", calls: [] },
  "in a fence": { answer: tagged(`\`\`\`json\n${json([readA])}\n\`\`\``), text: "", calls: [readA] },
  "a bracket is missing": {
    answer: tagged('{"name": "read", "arguments": {"path": "a.ts"}'),
    text: "",
    calls: [readA],
  },
  "arguments in a string": {
    answer: tagged(json({ name: "read", arguments: json({ path: "a.ts" }) })),
    text: "",
    calls: [readA],
  },
  "arguments called parameters": {
    answer: tagged('{"name": "read", "parameters": {"path": "a.ts"}}'),
    text: "",
    calls: [readA],
  },
  "no arguments": { answer: tagged('{"name": "read"}'), text: "", calls: [{ name: "read", arguments: {} }] },
  "wrapped as in a request": {
    answer: tagged(json([{ type: "function", function: readA }])),
    text: "",
    calls: [readA],
  },
  "one below the other": {
    answer: tagged(`${JSON.stringify(readA)}\n${JSON.stringify(listB)}`),
    text: "",
    calls: [readA, listB],
  },
  "the end tag is missing, and nothing else": { answer: `<tool_call>\n${json([readA])}\n`, text: "", calls: [readA] },
  "an end tag is missing between two": {
    answer: `<tool_call>\n${json(readA)}\n${tagged(json(listB))}`,
    text: "",
    calls: [readA, listB],
  },
  "cut in an argument": {
    answer: '<tool_call>\n[{"name": "read", "arguments": {"path": "a.t',
    text: '<tool_call>\n[{"name": "read", "arguments": {"path": "a.t',
    calls: [],
  },
  "cut between two calls": {
    answer: '<tool_call>\n[{"name": "read", "arguments": {"path": "a.ts"}},',
    text: '<tool_call>\n[{"name": "read", "arguments": {"path": "a.ts"}},',
    calls: [],
  },
  "cut in the end tag": {
    answer: `<tool_call>${json([readA])}</tool_ca`,
    text: `<tool_call>${json([readA])}</tool_ca`,
    calls: [],
  },
  "prose in the tag": { answer: tagged("I would read a.ts"), text: tagged("I would read a.ts"), calls: [] },
  "nothing in the tag": { answer: tagged(""), text: tagged(""), calls: [] },
  "an empty list": { answer: tagged("[]"), text: tagged("[]"), calls: [] },
  "a tool that was not offered": {
    answer: tagged('{"name": "delete"}'),
    text: tagged('{"name": "delete"}'),
    calls: [],
  },
  "a tool of every object": { answer: tagged('{"name": "toString"}'), text: tagged('{"name": "toString"}'), calls: [] },
  "arguments that are none": {
    answer: tagged('{"name": "read", "arguments": [1]}'),
    text: tagged('{"name": "read", "arguments": [1]}'),
    calls: [],
  },
  "an example in a fence is text": {
    answer: `So:\n\`\`\`\n${tagged(json(readA))}\n\`\`\`\nThat is it.`,
    text: `So:\n\`\`\`\n${tagged(json(readA))}\n\`\`\`\nThat is it.`,
    calls: [],
  },
  "a tag that is named in the middle of a line is text": {
    answer: "The `<think>` tag, <think>, marks thinking; `<tool_call>` calls.\n    <think>\n- <think> it is\n",
    text: "The `<think>` tag, <think>, marks thinking; `<tool_call>` calls.\n    <think>\n- <think> it is\n",
    calls: [],
  },
  "a tag that is indented as text is, and one behind another": {
    answer: `   <think>\nHm.\n</think><think>So.</think>Well.`,
    text: "   Well.",
    calls: [],
  },
  "a call behind the name of its tag": {
    answer: `With \`<tool_call>\` I look: ${tagged(json(readA))}`,
    text: "With `<tool_call>` I look: ",
    calls: [readA],
  },
  "the end tag in an argument": {
    answer: tagged('{"name": "read", "arguments": {"path": "a \\"</tool_call>\\" b"}}'),
    text: "",
    calls: [{ name: "read", arguments: { path: 'a "</tool_call>" b' } }],
  },
  "the end tag in an argument of Python's": {
    answer: `${tagged("{'name': 'read', 'arguments': {'path': 'a</tool_call> \"b', 'deep': True}}")}.`,
    text: ".",
    calls: [{ name: "read", arguments: { path: 'a</tool_call> "b', deep: true } }],
  },
  "an argument without its end": {
    answer: tagged('{"name": "read", "arguments": {"path": "a.t'),
    text: tagged('{"name": "read", "arguments": {"path": "a.t'),
    calls: [],
  },
  "arguments in a string, one without its end": {
    answer: tagged(json({ name: "read", arguments: '{"path": "a.t' })),
    text: tagged(json({ name: "read", arguments: '{"path": "a.t' })),
    calls: [],
  },
  "prose with an apostrophe in the tag": {
    answer: `${tagged("I'd read a.ts")} So.`,
    text: `${tagged("I'd read a.ts")} So.`,
    calls: [],
  },
  "the beginning of a tag at the end is text": { answer: "a < b <tool_", text: "a < b <tool_", calls: [] },
};

describe("an answer", () => {
  for (const [name, { answer, ...expected }] of Object.entries(answers)) {
    test(name, () => assert.deepEqual(parts([answer]), expected));
  }
});

test("however an answer is cut into pieces, its parts are the same", () => {
  const all = Object.values(answers).map(({ answer }) => answer);
  const answer = fc.array(fc.constantFrom(...all, "\n", "```\n", "<", "</tool_call>", "word "), { maxLength: 6 });
  fc.assert(
    fc.property(answer, fc.array(fc.nat(40), { minLength: 1, maxLength: 40 }), (some, sizes) => {
      const whole = some.join("");
      const pieces: string[] = [];
      for (let at = 0, i = 0; at < whole.length; i++) {
        const size = 1 + (sizes[i % sizes.length] ?? 0);
        pieces.push(whole.slice(at, at + size));
        at += size;
      }
      assert.deepEqual(parts(pieces), parts([whole]));
    }),
  );
});

test("whatever is between tags, nothing throws, and no call is of a tool that was not offered", () => {
  const fragment = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    ":",
    ",",
    "\\",
    "\n",
    "name",
    "read",
    "arguments",
    "True",
    "```",
    "<tool_call>",
    "/*",
    "\u0000",
    "…",
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 30 }), fc.boolean(), (fragments, isEnded) => {
      const { calls } = parts([`<tool_call>${fragments.join("")}${isEnded ? "</tool_call>" : ""}`]);
      for (const { name } of calls) assert.equal(name, "read");
    }),
  );
});

test("without tools, a call is text and thinking is left out", () => {
  const call = tagged(json(readA));
  assert.deepEqual(parts([`<think>Hm.</think>${call}`], []), { text: call, calls: [] });
});

test("reading an answer takes as long as it is, whatever is in it", () => {
  for (const piece of [...repetitions, '{"', "[1,", "<tool_call>\n", "\\", "'"]) {
    for (const around of [
      ["", ""],
      ["<tool_call>", "</tool_call>"],
      ["<think>", ""],
    ] as const) {
      assertGrowsWithLength(JSON.stringify([around[0], piece]), (length) => {
        const text = around.join(repeated(piece, length));
        parts(Array.from({ length: Math.ceil(text.length / 100) }, (_, i) => text.slice(100 * i, 100 * i + 100)));
      });
    }
  }
});
