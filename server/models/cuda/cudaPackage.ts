// The published packages of CUDA's binaries, as data: those of the very version of node-llama-cpp that runs models, with the
// hashes that the registry had of them then. The packages `…-ext` beside them are for CUDA Toolkit 12: as large again, with machine
// code for 8.6 alone.

import process from "node:process";

export interface CudaPackage {
  /** Also the address in a registry: `@node-llama-cpp/NAME`. */
  readonly name: string;
  readonly version: string;
  /** Bytes of the archive, and of its files. */
  readonly size: number;
  readonly unpacked: number;
  /** Of the archive, in base 64. */
  readonly sha512: string;
  /** Libraries of NVIDIA's CUDA Toolkit that it needs: neither it nor a driver has them. */
  readonly libraries: readonly string[];
}

export const toolkit = "CUDA Toolkit 13";

/** By the platforms that there is one for. */
export const cudaPackages = {
  "linux-x64": {
    name: "linux-x64-cuda",
    version: "3.21.1",
    size: 142_850_036,
    unpacked: 188_693_843,
    sha512: "idsE55VoD/FbvLhnBC9krUJaUoC0XnebseAAnCpm/brKf61HEbu+idgbb5eN6mxkjLSrHtILprJ0nDcUJjVrFg==",
    libraries: ["libcudart.so.13", "libcublas.so.13", "libcublasLt.so.13"],
  },
  "win32-x64": {
    name: "win-x64-cuda",
    version: "3.21.1",
    size: 138_542_727,
    unpacked: 175_510_346,
    sha512: "PLz70neFEMkQTlmJqG1ujUtCSgHasLPMxQ9rLkqQVmZYAXqkRj+45TIHCjdn3XqUeaoun0vrO9rRaxZ8NVq9jg==",
    libraries: ["cublas64_13.dll", "cublasLt64_13.dll"],
  },
} as const satisfies Readonly<Record<string, CudaPackage>>;

/**
 * The compute capabilities that the binaries have machine code for. What they have besides, for the driver to compile, is of a
 * version that only drivers of CUDA 13.1 and later read.
 */
export const machineCode: readonly string[] = ["8.6", "8.9", "12.0", "12.1"];

/** Undefined for a platform that there is none for. */
export function cudaPackageFor(platform = `${process.platform}-${process.arch}`): CudaPackage | undefined {
  return Object.entries(cudaPackages).find(([name]) => name === platform)?.[1];
}
