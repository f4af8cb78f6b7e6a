// What a user of a machine is shown of the catalogue: which file is best there, how fast it is, what is recommended.

import assert from "node:assert/strict";
import { test } from "node:test";

import { catalogue } from "../../../../server/models/catalogue/catalogue.ts";
import { catalogueRows } from "../../../../server/models/catalogue/rows.ts";
import type { PlannedDevice } from "../../../../server/engine/plan/memoryPlan.ts";

const options = { contextSize: 8192, kvCache: "f16" } as const;

function rowsOn(devices: readonly PlannedDevice[], gigabytesPerSecond: number, language = "en") {
  const bandwidth = ({ kind }: Pick<PlannedDevice, "kind">) => (kind === "cpu" ? gigabytesPerSecond * 1e9 : undefined);
  return catalogueRows(catalogue, { devices, bandwidth }, options, language);
}

const laptop = [{ kind: "cpu", name: "CPU", free: 12e9 }] as const;

function recommended(rows: ReturnType<typeof rowsOn>) {
  return Object.fromEntries(
    rows.flatMap(({ model, recommendedFor }) => recommendedFor.map((each) => [each, model.id])),
  );
}

test("every model has a row, and each that does not run has none of its files in it", () => {
  const rows = rowsOn(laptop, 30);
  assert.deepEqual(
    rows.map(({ model }) => model.id),
    catalogue.map(({ id }) => id),
  );
  for (const { model, choices } of rows) assert.equal(choices.length === 0, model.unusable !== undefined, model.id);
});

test("a size is marked as estimated where none is published", () => {
  for (const { model, choices } of rowsOn(laptop, 30)) {
    const files = model.gguf.flatMap((each) => each.files);
    for (const { file, size, isSizeEstimated = false, quantization } of choices) {
      const published = files.find(({ name }) => name === file?.name)?.size;
      assert.equal(isSizeEstimated, size !== undefined && published === undefined, `${model.id} ${quantization}`);
      if (published !== undefined) assert.equal(size, published);
    }
  }
});

test("the best file fits, and is the largest that is fast", () => {
  for (const { choices, best } of rowsOn(laptop, 30)) {
    if (best === undefined) continue;
    const chosen = choices[best];
    assert.ok(chosen?.plan && chosen.plan.fit !== "none");
    const faster = choices.filter(({ tokensPerSecond = 0, plan }) => tokensPerSecond >= 20 && plan?.fit !== "none");
    for (const { size = 0, quantization } of faster) {
      assert.ok(size <= (chosen.size ?? 0) || /16|32/.test(quantization), quantization);
    }
  }
});

test("a slower machine is recommended smaller models, a faster one larger models", () => {
  assert.deepEqual(recommended(rowsOn(laptop, 15)), {
    complete: "Falcon-H1-0.5B-Instruct",
    chat: "Falcon-H1-3B-Instruct",
    write: "Falcon-H1-3B-Instruct",
  });
  assert.deepEqual(recommended(rowsOn(laptop, 60)), {
    complete: "Falcon-H1-3B-Instruct",
    chat: "Falcon-H1-7B-Instruct",
    write: "Falcon-H1-7B-Instruct",
  });
});

test("where nobody knows a GPU's speed, what fits onto it whole is recommended, without a figure", () => {
  const rows = rowsOn([{ kind: "gpu", name: "GPU", free: 7e9 }, ...laptop], 30);
  assert.equal(recommended(rows)["complete"], "Falcon-H1-7B-Instruct");
  const row = rows.find(({ model }) => model.id === "Falcon-H1-7B-Instruct");
  const choice = row?.choices[row.best ?? -1];
  assert.deepEqual([choice?.quantization, choice?.plan?.fit, choice?.tokensPerSecond], ["Q4_K_M", "gpu", undefined]);
});

test("writing is recommended to a model that speaks the editor's language", () => {
  const italian = recommended(rowsOn(laptop, 60, "it"))["write"];
  assert.ok(catalogue.find(({ id }) => id === italian)?.languages.includes("it"));
});

test("where no model speaks the editor's language, one that speaks English is recommended", () => {
  const { chat, write } = recommended(rowsOn(laptop, 60, "tr"));
  assert.deepEqual({ chat, write }, { chat: "Falcon-H1-7B-Instruct", write: "Falcon-H1-7B-Instruct" });
});

test("a machine on which nothing fits is recommended nothing", () => {
  assert.deepEqual(recommended(rowsOn([{ kind: "cpu", name: "CPU", free: 1e8 }], 30)), {});
});
