// README's table of models says what the catalogue and the memory plan say.

import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import type { Purpose } from "../../../../src/shared/models.ts";
import { catalogue } from "../../../../server/models/catalogue/catalogue.ts";
import type { CatalogueModel } from "../../../../server/models/catalogue/model.ts";
import { catalogueRows } from "../../../../server/models/catalogue/rows.ts";

/** As README says above the table: on a processor, two texts with the default context. */
const options = { contextSize: 4096, sequences: 2, kvCache: "f16", flashAttention: false } as const;
const machine = { devices: [{ kind: "cpu", name: "CPU", free: 1e15 }], bandwidth: () => undefined } as const;

const words: Readonly<Record<Purpose, string>> = {
  complete: "ghost text",
  chat: "chat",
  write: "writing",
  tools: "tools",
};

/** Those that answer, and those that are only there to continue a text; one for each size. */
function isListed({ id, kind, unusable, shape }: CatalogueModel): boolean {
  if (unusable || !shape) return false;
  return kind === "instruct"
    ? !/Curriculum|pre-DPO|R-90M|Tool-Calling/.test(id)
    : /Coder|^falcon-(7b|40b|180B|11B)$/.test(id);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
}

function tokens({ contextLength: count, architecture }: CatalogueModel): string {
  // A state space alone has no limit.
  if (count === undefined) return architecture === "mamba" ? "any" : "–";
  return count < 1024 ? String(count) : `${Math.round(count / 1024)}K`;
}

function table(): string {
  const machines = { both: machine, completion: machine, chat: machine };
  const rows = catalogueRows(catalogue.filter(isListed), machines, options, "en").flatMap(({ model, choices }) => {
    const choice =
      choices.find(({ quantization }) => quantization === "Q4_K_M") ??
      choices.find(({ quantization }) => quantization === "Q8_0");
    if (!choice?.plan || choice.size === undefined) return [];
    const source = choice.file ? "" : " ¹";
    return [
      [
        `[${model.name}](https://huggingface.co/${model.repository})${source}`,
        model.purposes.map((purpose) => words[purpose]).join(", ") + (model.infill ? ", infills" : ""),
        tokens(model),
        gigabytes(choice.size) + (choice.quantization === "Q4_K_M" ? "" : ` (${choice.quantization})`),
        gigabytes(choice.plan.total),
        model.licence.name,
      ],
    ];
  });
  const header = ["model", "good for", "context", "file", "memory", "licence"];
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Cells without the spaces that line them up. */
function cellsOf(text: string): readonly string[] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) => line.replace(/\s*\|\s*/g, "|").replace(/-+/g, "-"));
}

test("the table of models in README is up to date", () => {
  const readme = fs.readFileSync(new URL("../../../../README.md", import.meta.url), "utf8");
  const [, section = ""] = /\n## Which model should I take\n([\s\S]*?)\n## /.exec(readme) ?? [];
  assert.deepEqual(cellsOf(section), cellsOf(table()), `README should have this table:\n${table()}\n`);
});
