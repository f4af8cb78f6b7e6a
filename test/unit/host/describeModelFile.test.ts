import assert from "node:assert/strict";
import { test } from "node:test";

import { describeModelFile } from "../../../src/models/describeModelFile.ts";

test("a model file in one line", () => {
  const falcon = { architecture: "falcon", quantization: "Q4_0", contextLength: 2048, infill: false };
  assert.equal(
    describeModelFile({ ...falcon, name: "Falcon 7B", parameters: 7_217_189_760, size: 4_058_234_880 }),
    "Falcon 7B · falcon · 7.2B · Q4_0 · 2,048 · 4.1 GB",
  );
  assert.equal(
    describeModelFile({ ...falcon, name: "Tiny", parameters: 6_600_000, size: 7_040_000, infill: true }),
    "Tiny · falcon · 7M · Q4_0 · 2,048 · 7.0 MB · FIM",
  );
});
