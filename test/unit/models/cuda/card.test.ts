// Which cards CUDA is offered for, and what the user is told where it cannot run. A program on the path is NVIDIA's.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { after, beforeEach, suite, test } from "node:test";

import { findCards, missingLibraries, obstacleOf, readCards } from "../../../../server/models/cuda/card.ts";
import { cudaPackages } from "../../../../server/models/cuda/cudaPackage.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-card-"));
const own = { ...process.env };
const wanted = cudaPackages["linux-x64"];
after(() => {
  process.env = own;
  fs.rmSync(folder, { recursive: true });
});
beforeEach(() => {
  process.env = { ...own, PATH: folder, LD_LIBRARY_PATH: "" };
});

test("cards are read from what the driver's program lists, and there are none without it", async () => {
  assert.deepEqual(await findCards(), []);
  const program = path.join(folder, "nvidia-smi");
  fs.writeFileSync(program, `#!${process.execPath}\nconsole.log("NVIDIA GeForce RTX 4090, 8.9\\nNVIDIA T4, 7.5");\n`);
  fs.chmodSync(program, 0o755);
  assert.deepEqual(await findCards(), [
    { name: "NVIDIA GeForce RTX 4090", computeCapability: "8.9" },
    { name: "NVIDIA T4", computeCapability: "7.5" },
  ]);
});

test("lines that list no card are left out, and names come as plain text", () => {
  const lines = [
    "NVIDIA-SMI has failed because it couldn't communicate with the driver.",
    "Old Card, [N/A]",
    "",
    "A\u202eB, 12.0",
  ];
  assert.deepEqual(
    readCards(lines.join("\r\n")).map(({ computeCapability }) => computeCapability),
    ["12.0"],
  );
  assert.doesNotMatch(readCards("A\u202eB, 12.0")[0]?.name ?? "", /\u202e/);
});

suite("obstacleOf", () => {
  const card = (computeCapability: string) => ({ name: "NVIDIA Card", computeCapability });
  const none = { ...wanted, libraries: [] };

  test("none for the cards that there is machine code for", async () => {
    for (const capability of ["8.6", "8.9", "12.0", "12.1"]) {
      assert.equal(await obstacleOf([card(capability)], none), undefined);
    }
  });

  test("no card, one without machine code and one beside another are told of", async () => {
    assert.match((await obstacleOf([], none)) ?? "", /nvidia-smi/);
    for (const capability of ["6.1", "7.5", "8.0", "9.0", "10.0"]) {
      assert.match(
        (await obstacleOf([card("8.9"), card(capability)], none)) ?? "",
        new RegExp(`NVIDIA Card .*${capability}.* 8.6, 8.9, 12.0, 12.1 .*Vulkan`),
      );
    }
  });

  test("libraries of the toolkit that are missing are named", async () => {
    const missing = { ...wanted, libraries: ["libsurelymissing.so.13"] };
    assert.match(
      (await obstacleOf([card("8.9")], missing)) ?? "",
      /libsurelymissing\.so\.13 .*CUDA Toolkit 13.*https:/,
    );
  });
});

test("libraries are found where the system's loader finds them", async () => {
  const name = "libsurelymissing.so.13";
  process.env["LD_LIBRARY_PATH"] = `/nowhere:${folder}`;
  assert.deepEqual(await missingLibraries(["libc.so.6", name]), [name]);
  fs.writeFileSync(path.join(folder, name), "");
  assert.deepEqual(await missingLibraries(["libc.so.6", name]), []);
});
