// What of a workspace a model is fine-tuned on, and in what form.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, suite, test } from "node:test";
import { pathToFileURL } from "node:url";

import { WorkspaceFiles } from "../../../server/completion/context/workspaceFiles.ts";
import type { Model, PromptPart } from "../../../server/engine/engine.ts";
import { collectFiles } from "../../../server/finetune/collectFiles.ts";
import type { Example } from "../../../server/finetune/examples.ts";
import { measureKept } from "../../../server/finetune/measureKept.ts";
import { describeData, writeData } from "../../../server/finetune/writeData.ts";
import { matchExcludedRealFiles } from "../../../server/realFile.ts";
import { secretFiles } from "../../../src/shared/excludedFiles.ts";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-finetune-"));
after(() => fs.rmSync(temporary, { recursive: true }));
const never = new AbortController().signal;

/** Source of its own for each number, long enough to be one. */
function source(number: number): string {
  const names = ["harbour", "boat", "tide", "anchor", "buoy", "sail", "keel"].map((word) => `${word}${number}`);
  return names
    .map((name, i) => `export function ${name}Of(berth: number): number {\n  return berth * ${number} + ${i};\n}\n`)
    .join("\n");
}

function write(files: Readonly<Record<string, string>>) {
  const folder = fs.mkdtempSync(path.join(temporary, "workspace-"));
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  const workspace = new WorkspaceFiles({
    folders: () => [pathToFileURL(folder).href],
    isAllowed: (uri) => !matchExcludedRealFiles(secretFiles)(uri),
    isVisited: () => false,
    openText: () => undefined,
  });
  return { folder, workspace };
}

const sources = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`src/part${i}.ts`, source(i)]));

const info = { infill: true, demonstration: true, contextSize: 2048, promptRate: 4096 } as Model["info"];

function modelWith(change: Partial<Model["info"]>, answer = "") {
  const countTokens = (prompt: readonly PromptPart[]) =>
    Promise.resolve(prompt.reduce((sum, part) => sum + (typeof part === "string" ? Math.ceil(part.length / 3) : 1), 0));
  const asked: (readonly PromptPart[])[] = [];
  const generate: Model["generate"] = ({ prompt }) => {
    asked.push(prompt);
    return Promise.resolve({ text: answer, alternatives: [], stopReason: "end", usage: {} as never });
  };
  return { info: { ...info, ...change }, countTokens, generate, asked };
}

async function readExamples(file: string): Promise<Example[]> {
  const lines = (await fs.promises.readFile(file, "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Example);
}

suite("what a model is fine-tuned on", () => {
  test("what a person wrote, each text once, and no secret", async () => {
    const key = `const key = "ghp_${"a1B2".repeat(9)}";\n`;
    const { workspace } = write({
      ...sources(12),
      ".gitignore": "made/\n",
      "made/part.ts": source(101),
      "node_modules/part/index.js": source(102),
      "src/credentials.ts": source(103),
      "src/key.ts": key + source(104),
      "src/copy.ts": source(3).replace("return berth * 3 + 6", "return berth * 4 + 6"),
      "src/generated.ts": `// @generated\n${source(105)}`,
      "src/table.ts": `export const rows = [\n${"  [1, 2],\n".repeat(60)}];\n`,
      "src/long.ts": `export const text = "${"word ".repeat(200)}";\n${source(106)}`,
      "src/short.ts": "export {};\n",
      "src/picture.svg": source(107),
      "dist/bundle.ts": source(108),
      "package-lock.json": "{}\n",
    });
    const { training, heldOut, leftOut } = await collectFiles(workspace, never);
    const paths = [...training, ...heldOut].map((file) => file.path).sort();
    assert.equal(paths.length, 12);
    // Of a text and its copy, the one that is read first.
    assert.ok(
      paths.every((each) => /^src\/(part\d+|copy)\.ts$/.test(each)),
      paths.join(),
    );
    assert.deepEqual(leftOut, { kind: 3, unreadable: 1, notWritten: 4, secret: 1, duplicate: 1 });
  });

  test("the same files are held out in every run, whatever else is there", async () => {
    const first = await collectFiles(write(sources(30)).workspace, never);
    const later = await collectFiles(write(sources(40)).workspace, never);
    const heldOutLater = new Set(later.heldOut.map((file) => file.path));
    assert.ok(first.heldOut.length > 0);
    assert.ok(first.heldOut.every((file) => heldOutLater.has(file.path)));
    const learnedLater = new Set(later.training.map((file) => file.path));
    assert.ok(first.training.every((file) => learnedLater.has(file.path)));
    const learned = new Set(first.training.map(({ text }) => text));
    assert.ok(first.heldOut.every(({ text }) => !learned.has(text)));
  });

  test("all of a text as continuation, and as much as infilling, in the form of the prompts", async () => {
    const { workspace, folder } = write(sources(12));
    const { training, heldOut } = await writeData(workspace, modelWith({}), path.join(folder, "data"), never);
    const examples = await readExamples(training.path);
    assert.equal(examples.length, training.examples);
    const [file] = training.files;
    assert.ok(file);
    const first = examples[0]?.parts;
    assert.deepEqual(first, [`${file.path}\n${file.text}`, { role: "eos" }]);
    const infilling = examples.map(({ parts }) => parts).filter((parts) => parts.length > 2);
    assert.equal(infilling.length, training.files.length);
    for (const parts of infilling) {
      const [prefix, suffix, after, middle, text, end] = parts.length === 6 ? parts : parts.toSpliced(2, 0, "");
      assert.deepEqual(
        [prefix, suffix, middle, end],
        ["prefix", "suffix", "middle", "eos"].map((role) => ({ role })),
      );
      assert.ok(typeof text === "string" && typeof after === "string");
      const of = training.files.find((each) => text.startsWith(`${each.path}\n`));
      assert.ok(of);
      const written = text.slice(of.path.length + 1);
      assert.ok(of.text.startsWith(written));
      assert.ok(of.text.slice(written.length).startsWith(after));
    }
    assert.ok(heldOut.examples > 0);
  });

  test("what is told of a workspace is what is written, for the user alone", async () => {
    const { workspace, folder } = write(sources(12));
    const told = await describeData(workspace, modelWith({}), never);
    const data = path.join(folder, "data");
    const written = await writeData(workspace, modelWith({}), data, never);
    for (const part of ["training", "heldOut"] as const) {
      const { files, tokens } = written[part];
      assert.deepEqual(told[part], { files, tokens });
      // Windows has no such modes.
      if (process.platform !== "win32") assert.equal(fs.statSync(written[part].path).mode & 0o777, 0o600);
    }
    if (process.platform !== "win32") assert.equal(fs.statSync(data).mode & 0o777, 0o700);
  });

  test("prefix, suffix, middle where a model was trained so, and no infilling where it was not", async () => {
    const { workspace, folder } = write(sources(12));
    const dataOf = async (change: Partial<Model["info"]>) => {
      const { training } = await writeData(workspace, modelWith(change), path.join(folder, "data"), never);
      return (await readExamples(training.path)).map(({ parts }) =>
        parts.map((part) => (typeof part === "string" ? "text" : part.role)).join(" "),
      );
    };
    const infill = await dataOf({ demonstration: false });
    assert.ok(infill.includes("prefix text suffix text middle text eos"), infill.join("\n"));
    assert.deepEqual(new Set(await dataOf({ demonstration: false, infill: false })), new Set(["text eos"]));
  });

  test("a long file is cut into pieces of whole lines, and nothing of it is lost", async () => {
    const long = Array.from({ length: 12 }, (_, i) => source(200 + i)).join("\n");
    const { workspace, folder } = write({ ...sources(12), "src/long.ts": long });
    const { training, heldOut } = await writeData(
      workspace,
      modelWith({ infill: false, demonstration: true }),
      path.join(folder, "data"),
      never,
    );
    const all = [...(await readExamples(training.path)), ...(await readExamples(heldOut.path))];
    const pieces = all.flatMap(({ parts }) => parts).filter((part) => typeof part === "string");
    const ofLong = pieces
      .filter((piece) => piece.startsWith("src/long.ts\n"))
      .map((piece) => piece.slice("src/long.ts\n".length));
    assert.ok(ofLong.length > 1);
    assert.equal(ofLong.join(""), long);
  });

  test("a workspace with ten files or fewer says how many there are", async () => {
    const { workspace, folder } = write(sources(9));
    await assert.rejects(writeData(workspace, modelWith({}), folder, never), {
      name: "UserError",
      message: /has 9 files/,
    });
  });

  test("what is kept is what is right up to the first wrong character", async () => {
    const { heldOut } = await collectFiles(write(sources(12)).workspace, never);
    const nothing = modelWith({});
    const wrong = await measureKept(heldOut, nothing, never);
    assert.ok(wrong.places > 0);
    assert.deepEqual({ ...wrong, places: 0 }, { places: 0, characters: 0, lines: 0 });
    // Who knows the files writes what stands there.
    const generate: Model["generate"] = ({ prompt }) => {
      const written = prompt
        .filter((part) => typeof part === "string")
        .slice(1)
        .join("");
      const of = heldOut.find((file) => written.startsWith(`${file.path}\n`));
      assert.ok(of);
      const rest = of.text.slice(written.length - of.path.length - 1);
      const text = rest.slice(0, rest.indexOf("\n"));
      return Promise.resolve({ text, alternatives: [], stopReason: "end", usage: {} as never });
    };
    const right = await measureKept(heldOut, { ...nothing, generate }, never);
    assert.deepEqual(right, { places: wrong.places, characters: 1, lines: 1 });
  });
});
