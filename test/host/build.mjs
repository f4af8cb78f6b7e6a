// Builds the suite that runs inside VS Code's extension host: out/host-tests/index.cjs.

import path from "node:path";

import esbuild from "esbuild";

import { writeOriginal } from "../fixtures/originals/originals.ts";
import { modelFile } from "../support/models.ts";

const originals = path.resolve("out/host-tests/originals");

await esbuild.build({
  entryPoints: { index: "test/host/index.ts" },
  bundle: true,
  platform: "node",
  target: "node22",
  format: "cjs",
  outdir: "out/host-tests",
  outExtension: { ".js": ".cjs" },
  external: ["vscode", "mocha"],
  sourcemap: "inline",
  // The suite cannot write a model itself: the extension host runs bundles only.
  define: {
    TEST_MODEL: JSON.stringify(modelFile("slow")),
    TEST_ORIGINAL: JSON.stringify(writeOriginal(originals, "tiny-Falcon3-1B-Instruct")),
  },
  logLevel: "warning",
});
