// The catalogue: what every row must hold, and that what it says of a model's shape agrees with what it says of its size.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { catalogue } from "../../../../server/models/catalogue/catalogue.ts";
import { parametersOf } from "../../../../server/models/files/tensorShapes.ts";

test("every name, id and repository is there once", () => {
  for (const key of ["id", "name", "repository"] as const) {
    const values = catalogue.map((model) => model[key].toLowerCase());
    assert.deepEqual(
      values.filter((value, i) => values.indexOf(value) !== i),
      [],
    );
  }
});

test("all families are there, each with a base model and one that answers", () => {
  const families = Map.groupBy(catalogue, ({ family }) => family);
  assert.deepEqual(
    [...families.keys()].sort(),
    ["Falcon", "Falcon-E", "Falcon-H1", "Falcon-H1-Tiny", "Falcon-Mamba", "Falcon2", "Falcon3"].sort(),
  );
  for (const [family, models] of families) {
    // There is no other Falcon2 of text.
    const kinds = family === "Falcon2" ? ["base"] : ["base", "instruct"];
    assert.deepEqual([...new Set(models.map(({ kind }) => kind))].sort(), kinds);
  }
});

test("Falcon-H1-Tiny-Coder is the only one that was trained to infill, and is to be converted", () => {
  const infilling = catalogue.filter(({ infill }) => infill);
  assert.deepEqual(
    infilling.map(({ repository, gguf }) => ({ repository, gguf })),
    [{ repository: "tiiuae/Falcon-H1-Tiny-Coder-90M", gguf: [] }],
  );
});

for (const model of catalogue) {
  describe(model.id, () => {
    test("its licence has a name and a link, and its weights a repository of the makers", () => {
      assert.match(model.licence.link, /^https:\/\/[^ ]+$/);
      assert.notEqual(model.licence.name, "");
      assert.equal(model.repository, `tiiuae/${model.id}`);
    });

    test("its files are named after their quantization", () => {
      for (const { repository, files } of model.gguf) {
        assert.match(repository, /^[\w.-]+\/[\w.-]+$/);
        for (const { name, quantization } of files) {
          assert.match(name, /^[\w.-]+\.gguf$/);
          assert.match(quantization, /^(I?Q\d(_[01]|_K(_[SML])?|_XS)|B?F16|I2_S)$/);
          assert.ok(name.toLowerCase().includes(quantization.toLowerCase()), name);
        }
        assert.equal(new Set(files.map(({ quantization }) => quantization)).size, files.length);
      }
    });

    test("its languages are codes", () => {
      for (const language of model.languages) assert.match(language, /^[a-z]{2}$/);
    });

    test("it has a purpose and an architecture, or says why it does not run", () => {
      const runs = model.unusable === undefined;
      assert.equal(model.purposes.length > 0, runs);
      assert.equal(model.architecture !== undefined, runs);
      assert.ok(!model.purposes.includes("tools") || model.kind === "instruct");
    });

    const { architecture, shape, tied = false } = model;
    if (!architecture || !shape) return;
    test("its shape has as many weights as it has parameters", () => {
      const counted = parametersOf(architecture, shape, tied);
      assert.ok(Math.abs(counted / model.parameters - 1) < 0.01, `${counted} for ${model.parameters}`);
    });
  });
}

test("contexts and licences are those that are published, and where nothing is known nothing is said", () => {
  const find = (id: string) => catalogue.find((model) => model.id === id);
  const contexts = {
    "Falcon-H1-0.5B-Base": 4096,
    "Falcon-H1-0.5B-Instruct": 16_384,
    "Falcon-H1-7B-Base": 262_144,
    "Falcon-H1-Tiny-90M-Instruct": 262_144,
    "Falcon-H1-Tiny-Tool-Calling-90M": undefined,
    "Falcon-H1-Tiny-Multilingual-100M-Instruct": undefined,
    "Falcon-H1-Tiny-R-90M": undefined,
    "Falcon-H1-Tiny-R-0.6B": undefined,
    "falcon-11B": 2048,
  };
  for (const [id, length] of Object.entries(contexts)) assert.equal(find(id)?.contextLength, length, id);
  assert.ok(Object.keys(contexts).every((id) => find(id)));
  for (const { name, licence } of catalogue) {
    assert.equal(licence.name === "Falcon LLM License 2.0", name.startsWith("Falcon3"), name);
  }
});
