// Finds the Vulkan driver that computes on the CPU (Mesa's llvmpipe), and gets it into the cache where there is none.

import fs from "node:fs";
import path from "node:path";
import process from "node:process";

import { unpackSystemPackages } from "./apt.ts";
import { installOnce } from "./install.mjs";

/** Where a Vulkan loader looks for drivers, on Linux. */
const folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

interface Driver {
  /** The file that tells a Vulkan loader of it. */
  readonly description: string;
  /** Where the loader and the driver lie, if not where the system looks. */
  readonly libraries?: string;
}

/**
 * The environment in which a process sees nothing but so many of these devices; it must be there when the process begins.
 * Each has 2 GiB, as far as it says, in the machine's own memory.
 */
export async function softwareVulkan(devices: number): Promise<Readonly<Record<string, string>>> {
  const driver = installedDriver() ?? (await unpackedDriver());
  return {
    VK_DRIVER_FILES: driver.description,
    // The same to loaders before 1.3.207.
    VK_ICD_FILENAMES: driver.description,
    ...(driver.libraries && { LD_LIBRARY_PATH: driver.libraries }),
    // Without it llama.cpp passes over devices that are CPUs; one that is named twice counts as two.
    GGML_VK_VISIBLE_DEVICES: Array(devices).fill("0").join(","),
    // Mesa 22.3 crashes in fused programs: with Falcon3 and Falcon-H1, at a batch of two tokens after one of one.
    GGML_VK_DISABLE_FUSION: "1",
  };
}

function installedDriver(): Driver | undefined {
  const [description] = folders.flatMap(descriptionsIn);
  return description === undefined ? undefined : { description };
}

/** Unpacked only: installed, it would upgrade the rest of Mesa with it. */
async function unpackedDriver(): Promise<Driver> {
  const inRoot = (root: string) => descriptionsIn(path.join(root, "usr/share/vulkan/icd.d"));
  try {
    const root = await installOnce(`software-vulkan-${process.arch}`, async (draft) => {
      await unpackSystemPackages(draft, "mesa-vulkan-drivers", "libvulkan1");
      for (const file of inRoot(draft)) {
        const { ICD, ...rest } = JSON.parse(fs.readFileSync(file, "utf8")) as { ICD: { library_path: string } };
        // It names the driver's place in the system; the bare name is looked for in LD_LIBRARY_PATH.
        const library = path.basename(ICD.library_path);
        fs.writeFileSync(file, JSON.stringify({ ...rest, ICD: { ...ICD, library_path: library } }));
      }
    });
    const [description] = inRoot(root);
    const [library] = fs.globSync("usr/lib/*/libvulkan_lvp.so", { cwd: root });
    if (description === undefined || library === undefined) throw new Error(`${root} holds no driver.`);
    return { description, libraries: path.dirname(path.join(root, library)) };
  } catch (cause) {
    throw new Error(
      "The tests of graphics devices need Mesa's software Vulkan. " +
        "Install it (on Debian and Ubuntu: sudo apt-get install mesa-vulkan-drivers libvulkan1).",
      { cause },
    );
  }
}

/** The files of a folder that describe the driver. */
function descriptionsIn(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs.globSync("lvp_icd*.json", { cwd: folder }).map((name) => path.join(folder, name));
}
