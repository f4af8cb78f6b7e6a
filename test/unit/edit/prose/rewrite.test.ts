import assert from "node:assert/strict";
import test from "node:test";

import { marked, type Token } from "marked";

import { rewriteProse, type RewrittenPart } from "../../../../server/edit/prose/rewrite.ts";
import fc from "../../../support/fastCheck.ts";
import { assertWaitingGrowsWithLength, repeated } from "../../../support/growth.ts";
import {
  commit,
  type Document,
  echo,
  latex,
  markdown,
  python,
  rewrite,
  rst,
  shift,
  typescript,
  proseLanguages,
} from "../../../support/proseDocuments.ts";

const documents = [markdown, latex, rst, typescript, python, commit];

void test("what a model is shown of a document is its prose, with placeholders for what must not change", async () => {
  const shown = async (document: Document) => (await rewrite(document, echo)).shown;
  assert.deepEqual(await shown(markdown), [
    "The *title* of it",
    "Some text with [1] and a [link][2] and [3] that is wrapped **here** by [a ref][4] and [5] for $5 or $6. See [6] and [7], or visit [8]. Done, ok",
    "item one goes on",
    "task [1]bold[2]",
    "nested [1]",
    "a quote is here[1] broken",
    "first",
    "next",
    "a cell",
    "[1] two",
    "A note.",
    "Other",
  ]);
  assert.deepEqual(await shown(latex), [
    "The title",
    "We cite [1] and \\emph{stress} this, see figure[2]. [3] It costs 5\\% of [4].",
    "First one here",
    "Text after.",
  ]);
  assert.deepEqual(await shown(rst), [
    "Head",
    "Intro [1] and [2] and `text [3] and [4] *em* wrapped[5]",
    "A note is here.",
    "the x",
    "item more",
  ]);
  assert.deepEqual(await shown(typescript), [
    "A comment that is about [1] here.",
    "Does things.",
    "the name of it",
    "something",
  ]);
  assert.deepEqual(await shown(python), [
    "Says what the module does.",
    "Return the thing.",
    "Args:",
    "the x",
    "explain [1] here",
  ]);
  assert.deepEqual(await shown(commit), ["Fix the thing", "The body of it wraps here."]);
});

void test("a document is the very bytes again when the answers repeat what was shown", async () => {
  for (const [languageId, text] of documents) {
    for (const document of [[languageId, text] as const, [languageId, text.replaceAll("\n", "\r\n")] as const]) {
      const { result, broken } = await rewrite(document, echo);
      assert.equal(result, document[1]);
      assert.equal(broken, 0);
    }
  }
});

void test("all but the prose of a document stays when every word of it is another", async () => {
  const { result, broken } = await rewrite(markdown, shift);
  assert.equal(broken, 0);
  for (const kept of [
    "---\ntitle: A page\ntags: [a, b]\n---\n# Tif *ujumf* pg ju ##\n",
    "`code`",
    "[mjol](https://a.b/c?d=(e))",
    "![image](x.png)",
    "**ifsf**",
    "[b sfg][1]",
    "$x^2$",
    "[@key; @b]",
    "[^1]",
    "https://foo.com/a",
    "\n- [ ] ubtl <b>cpme</b>\n",
    "\n> b rvpuf jt ifsf  \n> cspl",
    "\n\n```js\n// hi there\n```\n\n    indented code\n",
    "| b dfmm | `x|y` uxp |\n\n[ref]: http://x.y\n[^1]: A opuf.\n",
    "\n=====\n\n<div>\nhtml\n</div>\n\n$$\na b c\n$$\n",
  ]) {
    assert.ok(result.includes(kept), `${kept} is not in ${result}`);
  }
  const rstResult = await rewrite(rst, (shown) => `${shift(shown)} mpohfs`.replace("wrapped[5] mpohfs", "[5]"));
  assert.ok(rstResult.result.startsWith("===========\nHfbe mpohfs\n===========\n"), rstResult.result);
});

void test("new lines are as long as those of the text, and begin as they do", async () => {
  const quote =
    "> one two three four five six\n> seven eight nine ten eleven\n> twelve thirteen fourteen\n> last words\n";
  const { result } = await rewrite(["markdown", quote], (shown) => `${shift(shown)} ${shift(shown)}`);
  const lines = result.trimEnd().split("\n");
  assert.ok(lines.length > 5);
  for (const line of lines) {
    assert.ok(line.startsWith("> "), line);
    assert.ok(line.length <= 29, line);
  }
});

void test("one word that is corrected changes nothing but itself, and breaks of lines stay", async () => {
  const text =
    "The first line has teh word in it\nand the second line is as long as it\nand this is the third line of them\n";
  const { result } = await rewrite(["markdown", text], (shown) => shown.replace("teh", "the"));
  assert.equal(result, text.replace("teh", "the"));
});

void test("a word at the beginning of a line begins no list and no heading", async () => {
  const text = "aaaa bbbb cccc dddd eeee ffff\ngggg hhhh iiii jjjj kkkk llll\nmmmm nnnn oooo pppp qqqq rrrr\n";
  const signs = ["-", "#", "+", "1.", ">", "=="];
  for (let pad = 0; pad < 6; pad++) {
    const answer = (shown: string) =>
      "x".repeat(pad) +
      shown
        .split(" ")
        .flatMap((word, i) => [word.toUpperCase(), signs[i % 6]])
        .join(" ");
    const { result, broken } = await rewrite(["markdown", text], answer);
    assert.equal(broken, 0);
    assert.ok(result.includes("AAAA -"), result);
    for (const line of result.split("\n")) assert.match(line, /^(?:[A-Za-z]|$)/);
  }
});

void test("a part stays as it was, and is told of, when its marks do not come back once and in order", async () => {
  const text = "See `a` and `b` in [x](y) and **bold** text.\n";
  for (const spoil of [
    (shown: string) => shown.replace("[1]", "[2]"),
    (shown: string) => shown.replace("[1]", ""),
    (shown: string) => `${shown} [1]`,
    (shown: string) => shown.replace("[1]", "[9]"),
    (shown: string) => shown.replace("[1] and [2]", "[2] and [1]"),
    (shown: string) => shown.replaceAll("**", ""),
    (shown: string) => shown.replace("See", "`See`"),
    (shown: string) => shown.replace("See", "See [this](there)"),
    (shown: string) => shown.replace("text", "*text*"),
    (shown: string) => `# ${shown}`,
    (shown: string) => `- ${shown}`,
    () => "",
    () => undefined,
  ]) {
    const { result, broken } = await rewrite(["markdown", text], spoil);
    assert.equal(result, text, String(spoil));
    assert.equal(broken, 1, String(spoil));
  }
  const notes = "As [7] and [8] say.\n";
  const swapped = await rewrite(["plaintext", notes], (shown) => shown.replace("[1] and [2]", "[2] and [1]"));
  assert.deepEqual([swapped.result, swapped.broken], [notes, 1]);
  const kept = await rewrite(["markdown", text], (shown) => shown.replace("See", "Look at"));
  assert.equal(kept.result, text.replace("See", "Look at"));
});

void test("a bar in a cell, and a sign in LaTeX, would be markup", async () => {
  const table = "| a b | c |\n|---|---|\n| d e | f |\n";
  assert.equal((await rewrite(["markdown", table], (shown) => shown.replace(" ", " | "))).result, table);
  const text = "It costs 5\\% of that.\n";
  assert.equal((await rewrite(["latex", text], (shown) => shown.replace("\\%", "%"))).result, text);
  assert.equal((await rewrite(["latex", text], (shown) => shown.replace("costs", "costs $3"))).result, text);
});

void test("of a selection the words are sent that it touches, and no hidden part is cut", async () => {
  const text = "One two three `four five` six seven.\n";
  const start = text.indexOf("three") + 2;
  const end = text.indexOf("five");
  const { shown, result } = await rewrite(["markdown", text], (piece) => piece.toUpperCase(), {
    selected: { start, end },
  });
  assert.deepEqual(shown, ["three [1]"]);
  assert.equal(result, text.replace("three", "THREE"));
});

void test("of a selection in code nothing but comments is sent", async () => {
  const code = 'const greeting = "Helo wrld"; // a word\n// a wrod\nrun(greeting);\n';
  const inCode = await rewrite(["typescript", code], shift, {
    selected: { start: 0, end: code.indexOf(" // a word") },
  });
  assert.deepEqual([inCode.shown, inCode.result], [[], code]);
  const all = await rewrite(["typescript", code], shift, { selected: { start: 3, end: code.length - 3 } });
  assert.deepEqual([all.shown, all.result], [["a wrod"], code.replace("a wrod", shift("a wrod"))]);
});

void test("a long paragraph goes by sentences, and one that comes back broken leaves the others", async () => {
  const text = `${Array.from({ length: 40 }, (_, i) => `Sentence ${i} has \`code ${i}\` in it.`).join(" ")}\n`;
  const { shown, result, broken } = await rewrite(
    ["markdown", text],
    (piece) => (piece.includes("Sentence 20 ") ? piece.replace("[1]", "") : piece.replaceAll("has", "holds")),
    { longest: 200 },
  );
  assert.ok(shown.length > 5);
  for (const piece of shown) {
    assert.ok(piece.length <= 200, piece);
    assert.match(piece, /^Sentence .*\.$/);
  }
  assert.equal(broken, 1);
  assert.ok(result.includes("Sentence 20 has `code 20` in it."));
  assert.ok(result.includes("Sentence 0 holds `code 0` in it."));
  assert.equal(result.replaceAll("holds", "has"), text);
});

void test("what was done is there when it is stopped", async () => {
  const controller = new AbortController();
  const text = "one\n\ntwo\n\nthree\n";
  const parts: RewrittenPart[] = [];
  const request = {
    text,
    masked: text,
    languageId: "markdown",
    selected: { start: 0, end: text.length },
    mayAdd: false,
    longest: 100,
  };
  await rewriteProse(
    request,
    (shown) => {
      if (shown === "two") controller.abort();
      return Promise.resolve(shown.toUpperCase());
    },
    (part) => parts.push(part),
    controller.signal,
  );
  assert.deepEqual(parts, [{ start: 0, end: 3, text: "ONE", isBroken: false }]);
});

void test("a document of many parts takes as much longer as it is longer, and so does one long paragraph", async () => {
  for (const [languageId, piece] of [
    ["markdown", "A word.\n\n"],
    ["markdown", "- a word\n"],
    ["markdown", "A word with `code`. "],
    ["restructuredtext", "A word.\n\n"],
    ["latex", "A word.\n\n"],
    ["typescript", "// a word\n//\n"],
    ["plaintext", "A word.\n\n"],
  ] as const) {
    const work = async (length: number) => {
      const { parts, broken } = await rewrite([languageId, repeated(piece, length)], shift, { longest: 100 });
      assert.ok(parts.length > 0);
      assert.equal(broken, 0);
    };
    await assertWaitingGrowsWithLength(`${languageId} of ${JSON.stringify(piece)}`, work, 5_000);
  }
});

const pieces = fc.constantFrom(
  ...'word Word. 中文 🦅 e\u0301 `code` `` a`b `` [a](b) [a][b] [1] \\[1] ![i](j) ** * _ $x$ $ [@k] @k [^1] <b> </b> http://a.b/c, # - + 1. 12) > | ``` ~~~ $$ \\ \\emph{x} \\cite{a} \\item \\begin{verbatim} \\end{verbatim} % {{x}} .. :: ==== ---- :role:`x` `l <t>`_ // /** */ """ @param --- +++ <div> <!-- -->'.split(
    " ",
  ),
);
const spaces = fc.constantFrom(
  " ",
  " ",
  " ",
  "  ",
  "\n",
  "\n",
  "  \n",
  "\r\n",
  "\n\n",
  "\n    ",
  "\n> ",
  "\n- ",
  "\t",
  "\\\n",
);
const anyText = fc.array(fc.tuple(pieces, spaces), { maxLength: 40 }).map((all) => all.flat().join(""));
const anyLanguage = fc.constantFrom(...proseLanguages);

void test("any text is the very bytes again when the answers repeat what was shown", async () => {
  await fc.assert(
    fc.asyncProperty(anyLanguage, anyText, fc.nat(80), fc.nat(80), async (languageId, text, a, b) => {
      const selected = { start: Math.min(a, b), end: Math.max(a, b) };
      const { result, broken } = await rewrite([languageId, text], echo, { selected, longest: 40 });
      assert.equal(result, text);
      assert.equal(broken, 0);
    }),
  );
});

/** Code, links, images and HTML as another parser of Markdown reads them. */
function markup(text: string): string[] {
  const found: string[] = [];
  void marked.walkTokens(marked.lexer(text), (token: Token) => {
    if (token.type === "link" || token.type === "image") found.push(String(token["href"]));
    else if (["code", "codespan", "html", "hr", "heading", "list_item"].includes(token.type)) {
      found.push(
        token.type === "code" || token.type === "codespan" || token.type === "html" ? token.raw.trim() : token.type,
      );
    }
  });
  return found;
}

void test("whatever comes back, the markup of any text is equal", async () => {
  const answers = fc.constantFrom<((shown: string) => string)[]>(
    shift,
    (shown) => `${shown} ${shown}`,
    (shown) => `- ${shown}`,
    (shown) => shown.replaceAll(" ", " | "),
    (shown) => shown.replaceAll("word", "`word`"),
    (shown) => shown.split(" ").reverse().join(" "),
    (shown) => `${shown}\n\n    code`,
  );
  await fc.assert(
    fc.asyncProperty(anyLanguage, anyText, answers, async (languageId, text, answer) => {
      const { result, parts } = await rewrite([languageId, text], answer);
      if (languageId === "markdown") assert.deepEqual(markup(result), markup(text));
      // What is no part stays in any language.
      let [from, rest] = [0, result];
      for (const { start, end, text: replaced } of parts) {
        assert.equal(rest.slice(0, start - from), text.slice(from, start));
        rest = rest.slice(start - from + replaced.length);
        from = end;
      }
      assert.equal(rest, text.slice(from));
    }),
  );
});
