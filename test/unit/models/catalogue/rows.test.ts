// What a user of a machine is shown of the catalogue: which file is best there, how fast it is, what is recommended.

import assert from "node:assert/strict";
import { test } from "node:test";

import { catalogue } from "../../../../server/models/catalogue/catalogue.ts";
import { catalogueRows, planFor } from "../../../../server/models/catalogue/rows.ts";
import type { ModelRole } from "../../../../src/shared/modelRoles.ts";
import type { PlannedDevice } from "../../../../server/engine/plan/memoryPlan.ts";

const options = { contextSize: 8192, kvCache: "f16" } as const;

/** @param beside what there is beside the other role's model; as much unless given */
function rowsOn(
  devices: readonly PlannedDevice[],
  gigabytesPerSecond: number,
  language = "en",
  { completion = devices, chat = devices }: Partial<Record<ModelRole, readonly PlannedDevice[]>> = {},
) {
  const bandwidth = ({ kind }: Pick<PlannedDevice, "kind">) => (kind === "cpu" ? gigabytesPerSecond * 1e9 : undefined);
  const machines = {
    both: { devices, bandwidth },
    completion: { devices: completion, bandwidth },
    chat: { devices: chat, bandwidth },
  };
  return catalogueRows(catalogue, machines, options, language);
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

test("what is recommended for one role fits beside the other role's model, and its plan is for that memory", () => {
  const beside = [{ ...laptop[0], free: 2e9 }] as const;
  const rows = rowsOn(laptop, 60, "en", { chat: beside });
  const { complete, chat } = recommended(rows);
  assert.equal(complete, recommended(rowsOn(laptop, 60))["complete"]);
  assert.equal(chat, recommended(rowsOn(beside, 60))["chat"]);
  assert.notEqual(chat, recommended(rowsOn(laptop, 60))["chat"]);
  const freeFor = (id: string | undefined) =>
    rows.find(({ model }) => model.id === id)?.choices[0]?.plan?.devices.at(-1)?.free;
  assert.deepEqual([complete, chat, "Falcon3-7B-Base"].map(freeFor), [12e9, 2e9, 12e9]);
});

test("a context that does not fit is planned as the engine stores it: with flash attention, then in 8 bits", () => {
  const [model] = catalogue.filter(({ id }) => id === "falcon-7b");
  assert.ok(model?.architecture && model.shape);
  const { architecture, shape } = model;
  const weights = { embedding: 0, layers: Array.from({ length: shape.layers }, () => []) };
  const bandwidth = () => undefined;
  const needed = (free: number, kvCache?: "f16") => {
    const machine = { devices: [{ kind: "cpu", name: "CPU", free }] as const, bandwidth };
    const settings = { contextSize: 8192, ...(kvCache && { kvCache }) };
    return planFor({ architecture, shape, weights }, 8192, machine, settings).plan;
  };
  const whole = needed(1e12)?.total ?? 0;
  const without = needed(whole - 1);
  const rounded = needed((without?.total ?? 0) - 1);
  assert.deepEqual([without?.fit, rounded?.fit], ["cpu", "cpu"]);
  assert.ok(without && rounded && without.total < whole && rounded.total < without.total);
  assert.equal(needed(without.total - 1, "f16")?.fit, "none");
});

test("a machine on which nothing fits is recommended nothing", () => {
  assert.deepEqual(recommended(rowsOn([{ kind: "cpu", name: "CPU", free: 1e8 }], 30)), {});
});
