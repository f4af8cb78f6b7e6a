// Packages of the system: what is missing may be added, and nothing that is there may change.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";

import { debianMirror, installSystemPackages, readPlan, unpackSystemPackages } from "../../../scripts/apt.ts";

const upgrading = `Reading package lists...
The following packages will be upgraded:
  libgbm1
Inst libgbm1 [22.3.6-1+deb12u1] (22.3.6-1+deb12u2 Debian:12.15/oldstable [amd64]) []
Remv libgles1 [1.6.0-1]
Inst libvulkan1 (1.3.239.0-1 Debian:12.15/oldstable [amd64])
Inst mesa-vulkan-drivers (22.3.6-1+deb12u2 Debian:12.15/oldstable [amd64]) []
Conf libgbm1 (22.3.6-1+deb12u2 Debian:12.15/oldstable [amd64])
`;
const adding = "Inst libogg0 (1.3.5-3 Debian:12.15/oldstable [amd64])\nInst chromium (156.0 Debian:12 [amd64])\n";

test("a simulation tells what is new from what changes", () => {
  assert.deepEqual(readPlan(upgrading), {
    added: ["libvulkan1", "mesa-vulkan-drivers"],
    changed: ["libgbm1", "libgles1"],
  });
  assert.deepEqual(readPlan(adding), { added: ["libogg0", "chromium"], changed: [] });
});

describe("with an apt-get that notes what it is asked for", () => {
  const own = { path: process.env["PATH"], getuid: process.getuid };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-apt-"));
  const simulation = path.join(folder, "simulation");
  const calls = () => fs.readFileSync(path.join(folder, "calls"), "utf8").trim().split("\n");
  before(() => {
    const script = `#!/bin/sh\necho "$@" >> ${folder}/calls\ncase "$1" in --simulate) cat ${simulation};; esac\n`;
    fs.writeFileSync(path.join(folder, "apt-get"), script, { mode: 0o755 });
    process.env["PATH"] = `${folder}${path.delimiter}${own.path}`;
    process.getuid = () => 0;
  });
  beforeEach(() => fs.writeFileSync(path.join(folder, "calls"), ""));
  after(() => {
    process.env["PATH"] = own.path;
    if (own.getuid) process.getuid = own.getuid;
    fs.rmSync(folder, { recursive: true });
  });

  test("nothing is installed where something would be upgraded or removed, and the user is told what", async (t) => {
    fs.writeFileSync(simulation, upgrading);
    const said = t.mock.method(console, "log", () => undefined);
    assert.equal(await installSystemPackages("mesa-vulkan-drivers", "libvulkan1"), false);
    assert.equal(calls().length, 1);
    assert.match(calls()[0] ?? "", /^--simulate install .*mesa-vulkan-drivers libvulkan1$/);
    assert.match(said.mock.calls.map(({ arguments: words }) => words.join(" ")).join("\n"), /libgbm1 libgles1/);
  });

  test("what is only added is named, and then installed", async (t) => {
    fs.writeFileSync(simulation, adding);
    const said = t.mock.method(console, "log", () => assert.equal(calls().length, 1, "before the installation"));
    assert.equal(await installSystemPackages("chromium"), true);
    assert.match(String(said.mock.calls[0]?.arguments[0]), /libogg0 chromium/);
    assert.match(calls()[1] ?? "", /^install --no-upgrade .*--no-remove .*chromium$/);
  });

  test("to unpack packages, those are downloaded that the machine lacks, and none is installed", async (t) => {
    fs.writeFileSync(simulation, upgrading);
    t.mock.method(console, "log", () => undefined);
    await unpackSystemPackages(folder, "mesa-vulkan-drivers", "libvulkan1");
    assert.deepEqual(calls().slice(1), ["download -q -o APT::Sandbox::User=root libvulkan1 mesa-vulkan-drivers"]);
  });
});

describe("the mirror of another release", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-sources-"));
  after(() => fs.rmSync(folder, { recursive: true }));

  for (const [sources, mirror] of [
    [
      "# URIs: http://old.example/debian\nURIs: https://near.example/debian\nSuites: bookworm\n",
      "https://near.example/debian",
    ],
    ["deb [arch=amd64] http://near.example/debian/ bookworm main\n", "http://near.example/debian/"],
    ["URIs: http://security.example/debian-security\n", "http://deb.debian.org/debian"],
    ["", "http://deb.debian.org/debian"],
  ] as const) {
    test(`${mirror} for ${JSON.stringify(sources)}`, () => {
      fs.mkdirSync(path.join(folder, "sources.list.d"), { recursive: true });
      fs.writeFileSync(path.join(folder, "sources.list.d/debian.sources"), sources);
      assert.equal(debianMirror(folder), mirror);
    });
  }
});
