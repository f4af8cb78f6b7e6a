// What “Choose Model” lists, in which order and words, and what a row or a button of it does.

import assert from "node:assert/strict";
import path from "node:path";
import { suite, test } from "node:test";

import * as l10n from "@vscode/l10n";

import { type AdapterItem, adapterList, readScale } from "../../../src/models/adapterList.ts";
import { askForSizes, modelDetails } from "../../../src/models/modelDetails.ts";
import { type ActionItem, listPlaceholder, modelList, type Offer, type Rows } from "../../../src/models/modelList.ts";
import { describeShortage, whyConverted } from "../../../src/models/modelWords.ts";
import { giveModel, withoutModel } from "../../../src/models/roleSettings.ts";
import type { Download, StoredModel } from "../../../src/shared/downloads.ts";
import type { CatalogueEntry, CatalogueRow, Fit, ModelChoice, PlanModelParams } from "../../../src/shared/models.ts";
import type { ModelStatus, ServerStatus } from "../../../src/shared/status.ts";

function entry(id: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry {
  return {
    ...{ id, name: id, family: "Falcon3", kind: "instruct", parameters: 7.5e9, infill: false, gguf: [] },
    ...{ languages: ["en", "it"], purposes: ["chat", "write"], repository: `tiiuae/${id}`, contextLength: 32_768 },
    ...{ licence: { name: "Falcon LLM License", link: "https://falconllm.tii.ae/terms" } },
    ...more,
  };
}

function choice(id: string, quantization: string, size: number, fit: Fit): ModelChoice {
  const memory = {
    kind: "cpu",
    name: "CPU",
    free: 16e9,
    layers: 28,
    kvCache: 1e8,
    state: 0,
    compute: 2e8,
    process: 1e8,
  } as const;
  return {
    quantization,
    size,
    file: { repository: `tiiuae/${id}-GGUF`, name: `${id}-${quantization}.gguf` },
    plan: { fit, gpuLayers: 0, layers: 28, devices: [{ ...memory, weights: size }], total: size + 4e8 },
    tokensPerSecond: 6.44,
  };
}

const chatRow: CatalogueRow = {
  model: entry("Falcon3-7B-Instruct"),
  choices: [
    choice("Falcon3-7B-Instruct", "Q4_K_M", 4.57e9, "cpu"),
    choice("Falcon3-7B-Instruct", "Q8_0", 7.9e9, "none"),
  ],
  best: 0,
  recommendedFor: ["chat", "write"],
};
const coderRow: CatalogueRow = {
  model: entry("Falcon-H1-1.5B-Base", { family: "Falcon-H1", kind: "base", infill: true, purposes: ["complete"] }),
  choices: [choice("Falcon-H1-1.5B-Base", "Q8_0", 1.65e9, "gpu")],
  best: 0,
  recommendedFor: ["complete"],
};
const otherRow: CatalogueRow = {
  model: entry("Falcon3-1B-Base", { purposes: ["complete"], parameters: 1.67e9 }),
  choices: [choice("Falcon3-1B-Base", "Q4_K_M", 1.05e9, "cpu")],
  best: 0,
  recommendedFor: [],
};
const unusableRow: CatalogueRow = {
  model: entry("Falcon-E-1B-Base", { family: "Falcon-E", unusable: "ternary" }),
  choices: [],
  recommendedFor: [],
};

const stored: StoredModel = {
  ...{ name: "Falcon3 1B", architecture: "llama", parameters: 1.67e9, quantization: "Q4_K", infill: false },
  ...{ size: 1.05e9, contextLength: 4096, path: "/models/tiiuae/Falcon3-1B-Base-GGUF/Falcon3-1B-Base-Q4_K_M.gguf" },
  ...{ repository: "tiiuae/Falcon3-1B-Base-GGUF", source: "folder" },
};

const empty: Offer = {
  catalogue: [otherRow, coderRow, unusableRow, chatRow],
  stored: [],
  recent: [],
  downloads: [],
  settings: { both: "", completion: "", chat: "" },
};

const list = (more: Partial<Offer> = {}) => modelList({ ...empty, ...more }, l10n);
const itemsOf = (rows: Rows) => rows.filter((row) => "action" in row);
const named = (rows: Rows, label: string): ActionItem => {
  const item = itemsOf(rows).find((each) => each.label === label);
  assert.ok(
    item,
    `${label} is among ${itemsOf(rows)
      .map((each) => each.label)
      .join(", ")}`,
  );
  return item;
};

suite("the list", () => {
  test("begins with what is recommended, then what is on the disk, then the rest by family", () => {
    const shown = list().map((row) => ("separator" in row ? `— ${row.separator}` : row.label));
    assert.deepEqual(shown, [
      "— Recommended",
      "Falcon-H1-1.5B-Base",
      "Falcon3-7B-Instruct",
      "— On this disk",
      "Demonstration Model",
      "— Falcon3",
      "Falcon3-1B-Base",
      "— Falcon-E",
      "Falcon-E-1B-Base",
      "— Your own",
      "Select a File…",
      "Select a Folder with Models…",
      "Convert Original Weights…",
    ]);
  });

  test("has CUDA where it can run, and what of it takes space wherever it lies", () => {
    const download = { repository: "@node-llama-cpp/linux-x64-cuda", files: ["linux-x64-cuda-1.2.3.tgz"] };
    const cuda = {
      cards: ["NVIDIA Test Card"],
      download,
      size: 142_850_036,
      unpacked: 188_693_843,
      installed: false,
      taken: 0,
    };
    const labels = (more: Partial<Offer>) => itemsOf(list(more)).map(({ label }) => label);
    const { description, detail, action } = named(list({ cuda }), "Use CUDA…");
    assert.equal(description, "NVIDIA Test Card");
    assert.equal(detail, "143 MB, tried beside Vulkan and kept if it is faster");
    assert.deepEqual(action, { kind: "command", command: "falcon.useCuda" });
    assert.ok(!labels({ cuda: { ...cuda, obstacle: "no library" } }).some((label) => label.includes("CUDA")));
    const whole = { ...cuda, installed: true, taken: cuda.unpacked };
    const there = named(list({ cuda: { ...whole, obstacle: "no library" } }), "CUDA");
    assert.equal(there.detail, "Choose it to delete it, which frees 189 MB");
    assert.deepEqual(there.action, { kind: "command", command: "falcon.removeCuda" });
    assert.ok(!labels({ cuda: whole }).includes("Use CUDA…"));
    const part = labels({ cuda: { ...cuda, taken: 1 } }).filter((label) => label.includes("CUDA"));
    assert.deepEqual(part, ["CUDA", "Use CUDA…"], "a part of a download, or an earlier version");
  });

  test("each row says the quantization, size, fit and speed, and what the model is for", () => {
    const { description, detail } = named(list(), "Falcon3-1B-Base");
    assert.equal(description, "ghost text · 1.7B");
    assert.equal(detail, "Q4_K_M · 1.1 GB · runs on the processor · about 6.4 tokens/s");
    const best = named(list(), "Falcon-H1-1.5B-Base");
    assert.equal(best.description, "Best for ghost text · 7.5B · sees the text after the cursor");
    assert.match(best.detail ?? "", /^Q8_0 · 1\.6 GB · fits on the GPU/);
    const estimated = { ...choice("Falcon3-1B-Base", "Q4_K_M", 1.05e9, "cpu"), isSizeEstimated: true } as const;
    const rows = list({ catalogue: [{ ...otherRow, choices: [estimated] }] });
    assert.match(named(rows, "Falcon3-1B-Base").detail ?? "", /^Q4_K_M · about 1\.1 GB · /);
  });

  test("one that is recommended is chosen for that; others for both roles, or by a button for one", () => {
    const rolesOfRow = (label: string) => {
      const { action } = named(list(), label);
      return action.kind === "download" && action.roles;
    };
    assert.deepEqual(rolesOfRow("Falcon-H1-1.5B-Base"), ["completion"]);
    assert.deepEqual(rolesOfRow("Falcon3-7B-Instruct"), ["chat"]);
    assert.deepEqual(rolesOfRow("Falcon3-1B-Base"), ["completion", "chat"]);
    const buttons = named(list(), "Falcon3-1B-Base").buttons ?? [];
    const chosen = buttons.map(({ choose }) => choose?.action);
    assert.deepEqual(
      chosen.map((action) => (action?.kind === "download" ? action.roles : action?.kind)),
      [["completion"], ["chat"], "details"],
    );
  });

  test("what is on the disk is used and not downloaded again, says whether it is in use, and can be deleted", () => {
    const rows = list({ stored: [stored], settings: { both: stored.path, completion: "", chat: "/other.gguf" } });
    assert.deepEqual(named(rows, "Falcon3-1B-Base").action, {
      kind: "use",
      path: stored.path,
      roles: ["completion", "chat"],
    });
    assert.match(named(rows, "Falcon3-1B-Base").detail ?? "", / · on this disk$/);
    assert.match(named(modelDetails(otherRow, [stored], "en", l10n), "Q4_K_M").description ?? "", / · on this disk$/);
    const file = named(rows, "Falcon3-1B-Base-Q4_K_M.gguf");
    assert.match(file.description ?? "", /\(in use for ghost text\)$/);
    assert.deepEqual(file.buttons?.at(-1)?.choose?.action, { kind: "delete", model: stored });
    const cached = list({ stored: [{ ...stored, source: "cache" }] });
    assert.deepEqual(
      named(cached, "Falcon3-1B-Base-Q4_K_M.gguf").buttons?.map(({ icon }) => icon),
      ["zap", "comment-discussion", "extensions"],
    );
  });

  test("one that exists as original weights alone says so, and is used once a file was made of them", () => {
    const { plan } = choice("Falcon-H1-Tiny-Coder-90M", "Q8_0", 98e6, "cpu");
    assert.ok(plan);
    const row: CatalogueRow = {
      model: entry("Falcon-H1-Tiny-Coder-90M"),
      choices: [{ quantization: "Q8_0", plan }],
      best: 0,
      recommendedFor: [],
    };
    const rowsWith = (models: readonly StoredModel[]) => list({ catalogue: [row], stored: models });
    const { icon, detail, action } = named(rowsWith([]), row.model.name);
    assert.deepEqual([icon, detail], ["gear", "Q8_0 · made of the original weights · runs on the processor"]);
    assert.equal(action.kind, "download");
    const file = (quantization: string): StoredModel => ({
      ...stored,
      repository: row.model.repository,
      path: `C:\\models\\tiiuae\\Falcon-H1-Tiny-Coder-90M\\Falcon-H1-Tiny-Coder-90M-${quantization}.gguf`,
    });
    assert.equal(named(rowsWith([file("Q4_0")]), row.model.name).action.kind, "download");
    const there = file("Q8_0");
    assert.deepEqual(named(rowsWith([there]), row.model.name).action, {
      ...{ kind: "use", path: there.path },
      roles: ["completion", "chat"],
    });
    assert.equal(named(modelDetails(row, [there], "en", l10n), "Q8_0").icon, "check");
  });

  test("a file that was used before is there once", () => {
    const recent = [
      { path: stored.path, line: "old words" },
      { path: "C:\\models\\mine.gguf", line: "Mine · llama" },
    ];
    const labels = itemsOf(list({ stored: [stored], recent })).map(({ label }) => label);
    assert.equal(labels.filter((label) => label === "Falcon3-1B-Base-Q4_K_M.gguf").length, 1);
    assert.ok(labels.includes("mine.gguf"));
  });

  test("one that does not run says why, and leads to its details alone", () => {
    const { detail, action, buttons } = named(list(), "Falcon-E-1B-Base");
    assert.match(detail ?? "", /^does not run: its weights/);
    assert.deepEqual([action.kind, buttons], ["details", undefined]);
  });

  test("a running download is paused by its row, and a paused one goes on", () => {
    const download: Download = {
      ...{ id: "1", repository: "tiiuae/x", files: ["x.gguf"], state: "downloading" },
      ...{ received: 1e9, size: 4e9, speed: 1.1e7, secondsLeft: 272 },
    };
    const row = named(list({ downloads: [download] }), "x.gguf");
    assert.deepEqual(
      [row.description, row.action],
      ["1.00 of 4.00 GB, 11.0 MB/s, 5 min left", { kind: "pause", download }],
    );
    const paused = { ...download, state: "paused" } as const;
    assert.deepEqual(named(list({ downloads: [paused] }), "x.gguf").action, { kind: "resume", download: paused });
  });
});

test("as long as no model is loaded, the list says that it knows no GPU", () => {
  const loading = { state: "loading", model: "x", progress: 0 } as const;
  const failed = { state: "failed", model: "x", problem: { message: "no memory" } } as const;
  const withDevices = (devices: unknown) =>
    ({ state: "ready", model: { devices }, generating: false, unloaded: false, metrics: {} }) as ModelStatus;
  const [ready, resting] = [withDevices([{ kind: "cpu" }]), withDevices([])];
  const said = (status: ServerStatus, gpu: "auto" | "off" = "auto") =>
    listPlaceholder(status, gpu, l10n).includes("a GPU is not known");
  assert.deepEqual([said(loading), said(resting), said({ ...failed, chat: loading })], [true, true, true]);
  assert.deepEqual([said(ready), said({ ...loading, chat: ready }), said(loading, "off")], [false, false, false]);
});

test("before a download it is said where a model does not fit, and why one is converted", () => {
  const [fitting, large] = chatRow.choices;
  assert.ok(fitting && large);
  assert.deepEqual(describeShortage(fitting, l10n), []);
  const said = "It does not fit into the memory of this machine: it needs 8.3 GB.";
  assert.deepEqual(describeShortage(large, l10n), [said]);
  assert.equal(whyConverted(entry("x"), l10n), "There is no GGUF file of it.");
  const known = entry("x", { gguf: [{ repository: "tiiuae/x-GGUF", files: [] }] });
  assert.match(whyConverted(known, l10n), /^tiiuae\/x-GGUF has GGUF files of it/);
});

test("in Italian decimals have a comma", (context) => {
  l10n.config({ fsPath: path.join(import.meta.dirname, "../../../l10n/bundle.l10n.it.json") });
  context.after(() => l10n.config({ contents: {} }));
  const { description, detail } = named(list(), "Falcon3-1B-Base");
  assert.equal(description, "suggerimenti · 1,7B");
  assert.equal(detail, "Q4_K_M · 1,1 GB · usa il processore · circa 6,4 token/s");
});

test("the details have the licence, the card, and each quantization with its memory by device", () => {
  const rows = modelDetails(chatRow, [], "en", l10n);
  const licence = named(rows, "Licence: Falcon LLM License");
  assert.deepEqual(licence.action, { kind: "openLink", link: "https://falconllm.tii.ae/terms" });
  const card = named(rows, "Model Card");
  assert.deepEqual(card.action, { kind: "openLink", link: "https://huggingface.co/tiiuae/Falcon3-7B-Instruct" });
  const [best, large] = [named(rows, "Q4_K_M"), named(rows, "Q8_0")];
  assert.equal(best.description, "4.6 GB · runs on the processor · about 6.4 tokens/s · best here");
  assert.equal(best.detail, "5.0 GB of memory on CPU");
  assert.equal(large.description, "7.9 GB · does not fit into memory");
  assert.ok(large.action.kind === "download" && large.action.choice.quantization === "Q8_0");
  assert.equal(
    named(rows, "Good for chat, writing").detail,
    "7.5B parameters · 32,768 tokens of context · tuned to answer · English, Italian",
  );
});

test("sizes that nobody published are asked of the hub, one after another, while the details are open", async () => {
  const [published, other] = [choice("Falcon3-7B-Instruct", "Q4_K_M", 4.57e9, "cpu"), "Q6_K"];
  const estimated: ModelChoice = { ...choice("Falcon3-7B-Instruct", other, 6e9, "cpu"), isSizeEstimated: true };
  const unknown = { quantization: "Q2_K", file: { repository: "tiiuae/x-GGUF", name: "x-Q2_K.gguf" } };
  const row = { ...chatRow, choices: [published, estimated, unknown, { quantization: "BF16" }] };
  const header = choice("x", "Q5_0", 6.2e9, "none");
  const asked: PlanModelParams[] = [];
  const plan = (params: PlanModelParams) => {
    asked.push(params);
    return Promise.resolve(header);
  };
  const found: CatalogueRow[] = [];
  await askForSizes(
    row,
    plan,
    (each) => found.push(each),
    () => true,
  );
  assert.deepEqual(asked, [
    { ...estimated.file, role: "chat" },
    { ...unknown.file, role: "chat" },
  ]);
  assert.deepEqual(
    found.map(({ choices }) => choices.map(({ size }) => size)),
    [
      [4.57e9, 6.2e9, undefined, undefined],
      [4.57e9, 6.2e9, 6.2e9, undefined],
    ],
  );
  const rows = modelDetails(found[1] ?? assert.fail(), [], "en", l10n);
  assert.equal(named(rows, "Q6_K").description, "6.2 GB · does not fit into memory");
  const { action } = named(rows, "Q2_K");
  assert.ok(action.kind === "download" && action.choice.file === unknown.file && action.choice.size === 6.2e9);

  asked.length = 0;
  await askForSizes(
    { ...row, recommendedFor: [] },
    plan,
    () => undefined,
    () => asked.length === 0,
  );
  assert.deepEqual(asked, [estimated.file]);
});

test("the adapters of a model are listed with their scale and what else can be made of the list, and one more can be added", () => {
  const adapter = { path: "/models/docs.gguf", scale: 0.5 };
  const off = { path: "/models/code.gguf", scale: 2, off: true as const };
  const [first, second, add] = adapterList([adapter, off], l10n);
  assert.deepEqual([first?.label, first?.description, first?.action], ["docs.gguf", "scale 0.5", { scale: adapter }]);
  assert.deepEqual([second?.label, second?.description], ["code.gguf", "off, scale 2"]);
  const lists = (item?: AdapterItem) => item?.buttons?.map(({ tooltip, choose }) => [tooltip, choose?.action]);
  assert.deepEqual(lists(first), [
    ["Switch Off", { save: [{ ...adapter, off: true }, off] }],
    ["Remove", { save: [off] }],
  ]);
  assert.deepEqual(lists(second), [
    ["Switch On", { save: [adapter, { path: off.path, scale: 2 }] }],
    ["Remove", { save: [adapter] }],
  ]);
  assert.equal(add?.action, "add");
  assert.deepEqual(["1", " 0,25 ", "4", "5", "-1", "", "x"].map(readScale), [
    ...[1, 0.25, 4],
    ...[undefined, undefined, undefined, undefined],
  ]);
});

test("a role gets a model with as few settings as tell it", () => {
  const none = { both: "", completion: "", chat: "" };
  const both = (path: string) => ({ both: path, completion: "", chat: "" });
  assert.deepEqual(giveModel(none, ["completion", "chat"], "/a"), both("/a"));
  assert.deepEqual(giveModel(none, ["completion"], "/a"), { both: "", completion: "/a", chat: "" });
  assert.deepEqual(giveModel({ both: "", completion: "/a", chat: "" }, ["chat"], "/a"), both("/a"));
  assert.deepEqual(giveModel(both("/a"), ["chat"], "/b"), { both: "/a", completion: "", chat: "/b" });
  assert.deepEqual(giveModel(both("/a"), ["completion"], "/b"), { both: "/a", completion: "/b", chat: "" });
  assert.deepEqual(giveModel(both("/a"), ["chat"], ""), { both: "", completion: "/a", chat: "" });
  assert.deepEqual(giveModel({ both: "/a", completion: "", chat: "/b" }, ["completion"], "/b"), both("/b"));
  assert.deepEqual(giveModel({ both: "/x", completion: "/a", chat: "/b" }, ["completion", "chat"], ""), none);
});

test("what had a deleted model goes back to that of both, or to the demonstration", () => {
  const two = { both: "/a", completion: "", chat: "/b" };
  assert.deepEqual(withoutModel(two, "/b"), { both: "/a", completion: "", chat: "" });
  assert.deepEqual(withoutModel(two, "/a"), { both: "", completion: "", chat: "/b" });
  assert.deepEqual(withoutModel(two, "/c"), two);
});
