// Any text through the native tokenizers, by every rule that a model file can name: an answer, and the process lives.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

import { textPieces } from "../../server/engine/textPieces.ts";
import { string } from "../fixtures/architectures/weights.ts";
import { writeGguf } from "../fixtures/ggufWriter.ts";
import { buildModel, models } from "../fixtures/models.ts";
import { ModelUnderTest } from "../support/modelUnderTest.ts";
import { isRunning } from "../support/processes.ts";
import { rounds } from "../support/soak.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-tokenizers-"));
after(() => fs.rmSync(folder, { recursive: true }));

/** A model of Falcon3's architecture whose text is split by these rules, or by llama.cpp's default without a name. */
function fileWith(pre: string | undefined): string {
  const { metadata, tensors } = buildModel({ ...models.falcon3, embedding: 32, heads: 2, kvHeads: 1, layers: 1 });
  const file = path.join(folder, `${pre ?? "none"}.gguf`);
  const unnamed = Object.entries(metadata).filter(([key]) => key !== "tokenizer.ggml.pre");
  writeGguf(
    file,
    { ...Object.fromEntries(unnamed), ...(pre !== undefined && { "tokenizer.ggml.pre": string(pre) }) },
    tensors,
  );
  return file;
}

/** What Falcon files have, in old conversions nothing; then those of llama.cpp's other rules whose recursion is deepest. */
const ofFalcon = [undefined, "default", "falcon", "falcon3", "falcon-h1"];
const ofOthers = ["tekken", "gpt-4o", "deepseek-llm", "bloom", "exaone-moe", "granite-embed-multi-97m", "superbpe"];

const runs: readonly (readonly [name: string, unit: string])[] = [
  ["digits", "7"],
  ["letters", "a"],
  ["capitals", "A"],
  ["letters and digits", "a1"],
  ["spaces", " "],
  ["tabs", "\t"],
  ["line breaks", "\n"],
  ["Windows' line breaks", "\r\n"],
  ["blank lines", " \n"],
  ["punctuation", "-"],
  ["symbols", "$"],
  ["apostrophes", "'"],
  ["paths", "./"],
  ["single letters", "a b "],
  ["Chinese", "漢"],
  ["Thai", "กา"],
  ["combining marks", "\u0301"],
  ["marked letters", "a\u0301"],
  ["marked punctuation", ".\u0301"],
  ["emoji", "👩‍💻"],
  ["half characters", "\ud800"],
  ["zero bytes", "\0"],
];

for (const pre of [...ofFalcon, ...ofOthers.slice(0, rounds(1, ofOthers.length))]) {
  test(`a long run of anything is counted by the rules of ${pre ?? "no name"}`, async () => {
    const engine = new ModelUnderTest();
    try {
      const plan = { path: fileWith(pre), contextSize: 512, gpu: "off", threads: 1 } as const;
      await engine.load({ plan });
      const { pid } = engine;
      for (const [name, unit] of runs) {
        const tokens = await engine.countTokens([`x${unit.repeat(50_000 / unit.length)}y`]);
        assert.ok(tokens > 1000, `${name}: ${tokens} tokens`);
      }
      assert.ok(isRunning(pid));
    } finally {
      await engine.dispose();
    }
  });
}

test("cutting a text into pieces changes no token of what people write", async () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const written = [
    "README.md",
    "CHANGELOG.md",
    "package.json",
    "server/models/files/gguf.ts",
    "l10n/bundle.l10n.it.json",
  ];
  const texts = written.map((name) => fs.readFileSync(path.join(root, name), "utf8"));
  // A line without spaces, and one without words.
  texts.push(JSON.stringify(JSON.parse(texts[2] ?? "")), "| --- | --- |\n".repeat(500), "漢字、かな。".repeat(900));
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
  try {
    for (const pre of [...ofFalcon, "tekken"]) {
      // One that is garbage collected before it is disposed keeps llama from ever being.
      await using model = await llama.loadModel({ modelPath: fileWith(pre), vocabOnly: true });
      for (const text of texts) {
        const pieces = [...textPieces(text)];
        assert.ok(pieces.length > 1);
        assert.deepEqual(
          pieces.flatMap((piece) => model.tokenize(piece, false)),
          model.tokenize(text, false),
          `${String(pre)}: ${text.slice(0, 60)}`,
        );
      }
    }
  } finally {
    await llama.dispose();
  }
});
