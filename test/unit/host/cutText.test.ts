// A text that is cut to the room that there is for it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cutText } from "../../../src/chat/context/cutText.ts";
import fc from "../../support/fastCheck.ts";

const piece = (name: string) => `def ${name}(ship):\n${"    ship.wait()\n".repeat(30)}    return "${name}"\n\n`;
const code = ["moor", "sail", "loadCargo", "sink", "paint"].map(piece).join("").trimEnd();

test("the part that has the question's words stays, and gaps are told by their lines", () => {
  const { text, keptLines, lines } = cutText(code, "How does load_cargo end? Which cargo?", 800);
  assert.match(text, /^\[lines 1 to 66 are left out\]\ndef loadCargo\(ship\):\n/);
  assert.match(text, /return "loadCargo"\n\n\[lines 100 to 164 are left out\]$/);
  assert.deepEqual([keptLines, lines], [33, 164]);
});

test("without a question it is the beginning", () => {
  const { text } = cutText(code, "", 1_300);
  assert.match(text, /^def moor[^[]+def sail[^[]+\[lines 67 to 164 are left out\]$/);
});

test("of any text no more than the room is kept, and each line that is kept is one of the text's, in its order", () => {
  const anyText = fc.array(fc.string({ maxLength: 300 }), { maxLength: 60 }).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(anyText, fc.string(), fc.integer({ min: 100, max: 4_000 }), (text, question, room) => {
      const cut = cutText(text, question, room);
      assert.ok(cut.text.length <= room + 40);
      const lines = text.split(/\r\n|\r|\n/);
      let next = 0;
      for (const line of cut.text.split("\n")) {
        const [, to] = /^\[lines \d+ to (\d+) are left out\]$/.exec(line) ?? [];
        if (to !== undefined) next = Number(to);
        else assert.equal(line, lines[next++]);
      }
      assert.equal(next, lines.length);
    }),
  );
});
