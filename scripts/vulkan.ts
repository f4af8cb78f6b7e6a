// Finds the Vulkan driver that computes on the CPU (Mesa's llvmpipe), and installs it where there is none.

import fs from "node:fs";
import path from "node:path";

import { installSystemPackages } from "./system.ts";

/** Where a Vulkan loader looks for drivers, on Linux. */
const folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/**
 * The environment in which a process sees nothing but so many of these devices; it must be there when the process begins.
 * Each has 2 GiB, as far as it says, in the machine's own memory.
 */
export async function softwareVulkan(devices: number): Promise<Readonly<Record<string, string>>> {
  const driver =
    findDriver() ?? ((await installSystemPackages("mesa-vulkan-drivers", "libvulkan1")) ? findDriver() : undefined);
  if (driver === undefined) {
    throw new Error(
      "The tests of graphics devices need Mesa's software Vulkan. " +
        "Install it (on Debian and Ubuntu: sudo apt-get install mesa-vulkan-drivers libvulkan1).",
    );
  }
  return {
    VK_DRIVER_FILES: driver,
    // The same to loaders before 1.3.207.
    VK_ICD_FILENAMES: driver,
    // Without it llama.cpp passes over devices that are CPUs; one that is named twice counts as two.
    GGML_VK_VISIBLE_DEVICES: Array(devices).fill("0").join(","),
    // Mesa 22.3 crashes in fused programs: with Falcon3 and Falcon-H1, at a batch of two tokens after one of one.
    GGML_VK_DISABLE_FUSION: "1",
  };
}

function findDriver(): string | undefined {
  const files = folders
    .filter((folder) => fs.existsSync(folder))
    .flatMap((folder) => fs.globSync("lvp_icd*.json", { cwd: folder }).map((name) => path.join(folder, name)));
  return files[0];
}
