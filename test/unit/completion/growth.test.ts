// No step of a completion takes longer than its text is long, whatever that consists of.

import { test } from "node:test";

import { TextDocument } from "vscode-languageserver-textdocument";

import { cutChunks } from "../../../server/completion/context/chunks.ts";
import { rank } from "../../../server/completion/context/rank.ts";
import { refine } from "../../../server/completion/refine/refine.ts";
import { type CompletionRequest, completionRequest } from "../../../server/completion/request.ts";
import { RecentCompletions } from "../../../server/completion/reuse.ts";
import { shouldComplete } from "../../../server/completion/trigger.ts";
import { cutWindow } from "../../../server/completion/window.ts";
import { assertGrowsWithLength, repeated, repetitions } from "../../support/growth.ts";

const place = { line: 0, character: 0 };

function requestBetween(prefix: string, suffix: string): CompletionRequest {
  const range = { start: place, end: place };
  return { uri: "", languageId: "", path: "", automatic: true, prefix, suffix, firstLine: 0, range, selected: "" };
}

for (const [name, step] of [
  ["refine", (text: string) => refine(text, requestBetween("", text), true)],
  ["refine beside brackets", (text: string) => refine(`a${text}`, requestBetween("f(", `${text})b`), false)],
  ["whether to complete", (text: string) => shouldComplete(requestBetween(text, `${text}x`), { infill: false })],
  [
    "what was shown",
    (text: string) => {
      const recent = new RecentCompletions();
      recent.add(requestBetween(text, ""), { text, replacedLength: 0 });
      recent.find(requestBetween(text + text.slice(0, text.length / 2), ""));
    },
  ],
  [
    "the text around the cursor",
    (text: string) => {
      const document = TextDocument.create("file:///a", "", 1, text + text);
      completionRequest({ document, position: document.positionAt(text.length), automatic: true, preceding: text });
    },
  ],
  ["chunks of another text", (text: string) => void cutChunks({ uri: "", path: "", text })],
  [
    "their ranks",
    (text: string) => {
      const candidates = cutChunks({ uri: "", path: "", text }).map((chunk) => ({ chunk, provider: "" }));
      rank(candidates, requestBetween(text, text));
    },
  ],
  [
    "the window",
    (text: string) =>
      void cutWindow(requestBetween(text, text), { prefix: 100, suffix: 100 }, (each) => Promise.resolve(each.length)),
  ],
] as const) {
  test(`${name} grows with the text`, () => {
    for (const piece of repetitions) {
      assertGrowsWithLength(JSON.stringify(piece), (length) => step(repeated(piece, length)));
    }
  });
}
