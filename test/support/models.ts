// Model files for tests, written once per machine and kept while their recipe is the same.

import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { models, writeModel } from "../fixtures/models.ts";

const fixtures = new URL("../fixtures/", import.meta.url);

/** Path of a fixture model; writes it where it is not there yet. */
export function modelFile(name: keyof typeof models): string {
  const architectures = fs.readdirSync(new URL("architectures", fixtures)).map((each) => `architectures/${each}`);
  const recipe = ["models.ts", "ggufWriter.ts", ...architectures].map((each) =>
    fs.readFileSync(new URL(each, fixtures)),
  );
  const version = createHash("sha256").update(Buffer.concat(recipe)).digest("hex").slice(0, 12);
  const folder = path.join(os.tmpdir(), `falcon-test-models-${version}`);
  const file = path.join(folder, `${name}.gguf`);
  if (fs.existsSync(file)) return file;
  fs.mkdirSync(folder, { recursive: true });
  // Renamed when whole, since test files run side by side.
  const unfinished = `${file}.${process.pid}`;
  writeModel(unfinished, models[name]);
  fs.renameSync(unfinished, file);
  return file;
}
