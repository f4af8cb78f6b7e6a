// A seccomp filter by which a program has threads, but no other process: a limit on their number does not hold for root.

import { endianness } from "node:os";
import process from "node:process";

/** Of each architecture: its AUDIT_ARCH, and the numbers of what makes processes (linux/audit.h, asm/unistd.h). */
const architectures: Readonly<Record<string, { arch: number; forks: readonly number[]; clone: number }>> = {
  x64: { arch: 0xc000003e, forks: [57, 58], clone: 56 },
  arm64: { arch: 0xc00000b7, forks: [], clone: 220 },
};
const clone3 = 435;
/** Calls of x86's ABI of 32-bit pointers have numbers from here on, and would pass by those above. */
const x32 = 0x40000000;
const threadFlag = 0x10000;

/** Codes of linux/bpf_common.h, and what a filter returns (linux/seccomp.h). */
const [load, isEqual, isAtLeast, hasBits, give] = [0x20, 0x15, 0x35, 0x45, 0x06];
const [allow, kill, refuse, unknown] = [0x7fff0000, 0x80000000, 0x00050001, 0x00050026];
/** Offsets in `struct seccomp_data`. */
const [callNumber, architecture, firstArgument] = [0, 4, 16];

/** An array of `struct sock_filter`; undefined on other architectures. */
export function noChildren(): Buffer | undefined {
  const own = architectures[process.arch];
  if (!own || endianness() !== "LE") return undefined;
  const { arch, forks, clone } = own;
  // Each test is followed by what is returned where it holds; the last one goes past two.
  const program: (readonly [code: number, jumpTrue: number, jumpFalse: number, value: number])[] = [
    [load, 0, 0, architecture],
    [isEqual, 1, 0, arch],
    [give, 0, 0, kill],
    [load, 0, 0, callNumber],
    ...[[isAtLeast, 0, 1, x32] as const, [give, 0, 0, refuse] as const],
    ...forks.flatMap((fork) => [[isEqual, 0, 1, fork] as const, [give, 0, 0, refuse] as const]),
    // The C library then makes threads by clone, whose flags can be looked at.
    ...[[isEqual, 0, 1, clone3] as const, [give, 0, 0, unknown] as const],
    [isEqual, 0, 3, clone],
    [load, 0, 0, firstArgument],
    ...[[hasBits, 1, 0, threadFlag] as const, [give, 0, 0, refuse] as const],
    [give, 0, 0, allow],
  ];
  const bytes = Buffer.alloc(8 * program.length);
  for (const [i, [code, jumpTrue, jumpFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, 8 * i);
    bytes.writeUInt8(jumpTrue, 8 * i + 2);
    bytes.writeUInt8(jumpFalse, 8 * i + 3);
    bytes.writeUInt32LE(value, 8 * i + 4);
  }
  return bytes;
}
