// What goes with a message from the workspace: which files are meant, what fits, diffs and terminals as text.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { stripVTControlCharacters } from "node:util";

import { plainOutput } from "../../../src/chat/context/plainOutput.ts";
import { rankPaths } from "../../../src/chat/context/rankNames.ts";
import { fitParts, gathered } from "../../../src/chat/context/source.ts";
import { gatheredUri } from "../../../src/shared/chatContext.ts";
import { splitDiff, wholeParts } from "../../../src/chat/context/splitDiff.ts";
import fc from "../../support/fastCheck.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../support/growth.ts";

suite("rankPaths", () => {
  const paths = ["src/chat/chat.ts", "src/main.ts", "chat/readme.md", "docs/unchattered.md", "src/cold/hat.ts", "b.md"];

  test("names that begin with the letters come first, then those that have them, paths, and letters in order", () => {
    assert.deepEqual(rankPaths(paths, "chat", 10), [
      "src/chat/chat.ts",
      "docs/unchattered.md",
      "chat/readme.md",
      "src/cold/hat.ts",
    ]);
    assert.deepEqual(rankPaths(paths, "", 2), ["b.md", "src/main.ts"]);
    assert.deepEqual(rankPaths(paths, "SRC/M", 10), ["src/main.ts"]);
  });
});

suite("fitParts", () => {
  test("keeps no more than there is room for, and counts what it leaves out", () => {
    assert.deepEqual(fitParts(["aaa", "bbbbbbbbb", "cc"], 7), { text: "aaa\ncc", leftOut: 1 });
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(200), (parts, room) => {
        const { text, leftOut } = fitParts(parts, room);
        assert.ok(text.length <= Math.max(room, 0));
        if (leftOut === 0) assert.equal(text, parts.join("\n"));
      }),
    );
  });

  test("what was gathered has a name of its own and one line as its label", () => {
    const { uri, label } = gathered(gatheredUri("search:a/b"), {
      label: "a\n[x](command:y)",
      text: "",
      languageId: "plaintext",
    });
    assert.equal(uri, "falcon-gathered:/search%3Aa%2Fb");
    assert.equal(label, "a [x](command:y)");
  });
});

suite("splitDiff", () => {
  test("names the file of each part, also one with spaces, and one in quotation marks", () => {
    const diff = [
      "diff --git a/src/a b.ts b/src/a b.ts\n--- a/src/a b.ts\n+++ b/src/a b.ts\n+diff --git is a word\n",
      "diff --git a/.env b/.env\nnew file mode 100644\n",
      'diff --git "a/a\\t\\"b\\".md" "b/a\\t\\"b\\".md"\n',
    ];
    const parts = splitDiff(diff.join(""));
    assert.deepEqual(
      parts.map(({ file }) => file),
      ["src/a b.ts", ".env", 'a\t"b".md'],
    );
    assert.equal(`${parts.map(({ text }) => text).join("\n")}\n`, diff.join(""));
  });

  test("a part begins at a line of the diff, not at what ends a line elsewhere", () => {
    const text = "diff --git a/a.ts b/a.ts\n+\u2028diff --git x\n+\rdiff --git a/b b/b\n+\u2029diff --git y";
    assert.deepEqual(splitDiff(text), [{ file: "a.ts", text }]);
  });

  test("of a diff that is cut, the last part is left out", () => {
    const text = "diff --git a/a b/a\n+a\ndiff --git a/b b/b\n+b";
    const names = (isCut: boolean) => wholeParts({ text, isCut }).map(({ file }) => file);
    assert.deepEqual([names(false), names(true)], [["a", "b"], ["a"]]);
  });

  test("nothing differs: there are no parts", () => assert.deepEqual(splitDiff(""), []));
});

suite("plainOutput", () => {
  test("is what one reads: no colours, no links, no titles, and of a line that is written over its end", () => {
    const output =
      "\u001b[32mgreen\u001b[0m\r\n\u001b]0;title\u0007\u001b]8;;http://x\u0007link\u001b]8;;\u0007\r\n10 %\r50 %\r100 %\r\n\u0000end\u001b[?25l";
    assert.equal(plainOutput(output), "green\nlink\n100 %\nend");
  });

  test("has no control characters, whatever a program writes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("\u001b", "[", "]", "8;;", "\u0007", "m", "\r", "\n", "a", "\u009b", "\u0000")),
        (pieces) => {
          const plain = plainOutput(pieces.join(""));
          assert.doesNotMatch(plain, /[^\P{Cc}\n\t]/u);
          assert.equal(stripVTControlCharacters(plain), plain);
        },
      ),
    );
  });

  test("takes time that grows with the output", () => {
    for (const piece of ["\u001b", "\u001b]8;;", "\u001b[", "\u001b[1;", "a\r", "\r", ...repetitions]) {
      assertGrowsWithLength(JSON.stringify(piece), (length) => plainOutput(`${repeated(piece, length)}a`));
    }
  });
});
