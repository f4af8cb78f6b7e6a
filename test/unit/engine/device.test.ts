// What is decided of devices and memory before anything is loaded.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite, test } from "node:test";

import {
  backendsToTry,
  defaultThreads,
  listDevices,
  missesLibraries,
} from "../../../server/engine/llama/load/device.ts";
import { fitContext, type Memory, type Storage } from "../../../server/engine/llama/load/memory.ts";

suite("backendsToTry", () => {
  test("auto: Metal on a Mac, else Vulkan", () => {
    assert.deepEqual(backendsToTry("auto", "darwin"), ["metal"]);
    assert.deepEqual(backendsToTry("auto", "linux"), ["vulkan"]);
    assert.deepEqual(backendsToTry("auto", "win32"), ["vulkan"]);
  });

  test("what the user chose, and in the place of CUDA Vulkan, which serves the same cards", () => {
    assert.deepEqual(backendsToTry("vulkan", "linux"), ["vulkan"]);
    assert.deepEqual(backendsToTry("metal", "linux"), ["metal"]);
    assert.deepEqual(backendsToTry("cuda", "linux"), ["cuda", "vulkan"]);
    assert.deepEqual(backendsToTry("off", "linux"), []);
  });
});

test("an NVIDIA driver that is there but serves no Vulkan is told from no driver", () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "falcon-root-"));
  try {
    assert.equal(missesLibraries("vulkan", root), false);
    fs.mkdirSync(path.join(root, "dev"));
    fs.writeFileSync(path.join(root, "dev/nvidia0"), "");
    assert.equal(missesLibraries("vulkan", root), true);
    assert.equal(missesLibraries("cuda", root), false);
    fs.rmSync(path.join(root, "dev"), { recursive: true });
    fs.mkdirSync(path.join(root, "proc/driver/nvidia"), { recursive: true });
    fs.writeFileSync(path.join(root, "proc/driver/nvidia/version"), "NVRM version: 580");
    assert.equal(missesLibraries("vulkan", root), true);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});

test("defaultThreads leaves a core for the editor where there are four", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 8].map(defaultThreads), [1, 1, 2, 3, 3, 7]);
});

suite("fitContext", () => {
  type Named = Storage & { readonly name: string };

  /** A way to store a context, with 10 bytes for all sequences and so many for each, on one side or the other. */
  const storage = (name: string, side: keyof Memory, each: number): Named => ({
    name,
    tokens: Infinity,
    needs: (sequences) => ({ ram: 0, gpu: 0, tokens: 0, [side]: 10 + each * sequences }),
  });

  const count = (side: keyof Memory, free: number, { weights = 0, most = 4 } = {}) => {
    const memory = { ram: 1e6, gpu: 1e6, [side]: free };
    return fitContext(256, [[storage("only", side, 100)]], memory, weights, most).sequences;
  };

  for (const side of ["ram", "gpu"] as const) {
    test(`two in what is free of the ${side}, more in a quarter of it`, () => {
      const counts = [210, 4 * 310 - 1, 4 * 310, 4 * 410, 4 * 4100].map((free) => count(side, free));
      assert.deepEqual(counts, [2, 2, 3, 4, 4]);
    });

    test(`more than four in a sixteenth of what is free of the ${side}, where more are of use`, () => {
      const counts = [4 * 410, 16 * 610 - 1, 16 * 610, 16 * 810, 16 * 1210, 16 * 1710, 1e6].map((free) =>
        count(side, free, { most: 17 }),
      );
      assert.deepEqual(counts, [4, 4, 6, 8, 12, 17, 17]);
    });

    test(`one where two do not fit into the ${side}, and none is an error`, () => {
      assert.equal(count(side, 209), 1);
      assert.equal(count(side, 110), 1);
      assert.throws(() => count(side, 109), { failure: "outOfMemory" });
    });

    test(`a way that fills the ${side} only where no way of its type leaves half of it`, () => {
      const groups = [[storage("fast", side, 100), storage("small", side, 50)], [storage("rounded", side, 20)]];
      const chosen = (free: number) => {
        const memory = { ram: 1e6, gpu: 1e6, [side]: free };
        const {
          storage: { name },
          sequences,
        } = fitContext(256, groups, memory, 0, 4);
        return `${name} ${sequences}`;
      };
      const frees = [420, 419, 220, 219, 210, 209, 110, 109, 60, 59, 50, 49, 30];
      assert.deepEqual(frees.map(chosen), [
        ...["fast 2", "small 2", "small 2", "fast 2", "fast 2", "small 2", "small 2"],
        ...["small 1", "small 1", "rounded 2", "rounded 2", "rounded 1", "rounded 1"],
      ]);
    });
  }

  /** A context with a byte on the GPU for each token. */
  const fitTokens = (contextSize: number, { gpu, tokens }: { readonly gpu: number; readonly tokens: number }) => {
    const needs: Storage["needs"] = (sequences, each) => ({ ram: 0, gpu: sequences * each, tokens: sequences * each });
    return fitContext(contextSize, [[{ needs, tokens }]], { ram: 0, gpu }, 0, 4).sequences;
  };

  test("as many as a GPU can address", () => {
    const count = (tokens: number) => fitTokens(4000, { gpu: 1e6, tokens });
    assert.throws(() => count(3999), { failure: "outOfMemory" });
    assert.deepEqual([4000, 8000, 12_000, 16_000].map(count), [1, 2, 3, 4]);
  });

  test("the refusal tells what is needed, what there is, and a context that still fits when less is free", () => {
    const mega = 2 ** 20;
    assert.throws(() => fitTokens(10 * mega, { gpu: 4 * mega + 700, tokens: Infinity }), {
      fits: 3 * mega + 512,
      message: `a context of ${10 * mega} tokens needs 0 MB and 10 MB on the GPU, and there is 0 MB and 4 MB on the GPU; ${3 * mega + 512} tokens fit`,
    });
    assert.throws(() => fitTokens(1000, { gpu: mega, tokens: 700 }), {
      fits: 512,
      message: /enough for 700; 512 tokens fit$/,
    });
    assert.throws(() => fitTokens(1000, { gpu: 255, tokens: 2000 }), { fits: 0 });
  });

  test("the weights keep their room in the main memory, but for one sequence", () => {
    assert.deepEqual(
      [310, 309, 110].map((free) => count("ram", free, { weights: 100 })),
      [2, 1, 1],
    );
  });
});

suite("listDevices", () => {
  const line = (id: string, name: string, free: number) =>
    `llama_prepare_model_devices: using device ${id} (${name}) (0000:01:00.0) - ${free} MiB free`;

  test("names the CPU where there is no GPU", () => {
    const [cpu, ...others] = listDevices(["load_tensors: something else"], 0);
    assert.deepEqual(others, []);
    assert.equal(cpu?.kind, "cpu");
    assert.ok(cpu.name !== "" && cpu.total && cpu.free > 0 && cpu.free <= cpu.total);
  });

  test("GPUs of the same name have equal parts of the total", () => {
    const logged = [line("CUDA0", "NVIDIA RTX (Laptop)", 100), line("CUDA1", "NVIDIA RTX (Laptop)", 300)];
    assert.deepEqual(listDevices(logged, 1000 * 2 ** 20).slice(0, -1), [
      { kind: "gpu", name: "NVIDIA RTX (Laptop)", free: 100 * 2 ** 20, total: 500 * 2 ** 20 },
      { kind: "gpu", name: "NVIDIA RTX (Laptop)", free: 300 * 2 ** 20, total: 500 * 2 ** 20 },
    ]);
  });

  test("the total of different GPUs is not guessed", () => {
    const devices = listDevices([line("Vulkan0", "A", 1), line("Vulkan1", "B", 1)], 1000);
    assert.deepEqual(devices.slice(0, -1), [
      { kind: "gpu", name: "A", free: 2 ** 20 },
      { kind: "gpu", name: "B", free: 2 ** 20 },
    ]);
  });
});
