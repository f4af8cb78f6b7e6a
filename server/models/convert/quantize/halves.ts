// Numbers of 16 bits, both ways: IEEE's halves, and bfloat16, which is the upper half of a 32-bit float. Rounds to nearest,
// ties to even, as the processors do.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of the half that is nearest; infinite where it is too large. */
export function toHalf(value: number): number {
  float[0] = value;
  return halfOfBits(bits[0] ?? 0);
}

export function fromHalf(half: number): number {
  return halves[half] ?? 0;
}

function halfOfBits(pattern: number): number {
  const sign = (pattern >>> 16) & 0x8000;
  const size = pattern & 0x7fff_ffff;
  if (size > 0x7f80_0000) return sign | 0x7e00;
  // Half a step beyond the largest, 65,504.
  if (size >= 0x477f_f000) return sign | 0x7c00;
  if (size >= 0x3880_0000) return sign | ((size - 0x3800_0000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  // Less than the smallest normal one: a multiple of 2^-24.
  if (size < 0x3300_0000) return sign;
  const shift = 126 - (size >>> 23);
  const mantissa = (size & 0x7f_ffff) | 0x80_0000;
  return sign | ((mantissa + (1 << (shift - 1)) - 1 + ((mantissa >>> shift) & 1)) >>> shift);
}

const halves = Float32Array.from({ length: 2 ** 16 }, (_, half) => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});

export function halvesToFloats(source: Uint16Array, target: Float32Array, count: number): void {
  for (let i = 0; i < count; i++) target[i] = fromHalf(source[i] ?? 0);
}

export function bfloatsToFloats(source: Uint16Array, target: Float32Array, count: number): void {
  const patterns = new Uint32Array(target.buffer, target.byteOffset, count);
  for (let i = 0; i < count; i++) patterns[i] = (source[i] ?? 0) << 16;
}

export function floatsToHalves(source: Float32Array, target: Uint8Array, count: number): void {
  const patterns = new Uint32Array(source.buffer, source.byteOffset, count);
  const halfs = new Uint16Array(target.buffer, target.byteOffset, count);
  for (let i = 0; i < count; i++) halfs[i] = halfOfBits(patterns[i] ?? 0);
}

/** A number that is none stays none: the worker refuses it before. */
export function floatsToBfloats(source: Float32Array, target: Uint8Array, count: number): void {
  const patterns = new Uint32Array(source.buffer, source.byteOffset, count);
  const bfloats = new Uint16Array(target.buffer, target.byteOffset, count);
  for (let i = 0; i < count; i++) {
    const pattern = patterns[i] ?? 0;
    bfloats[i] = (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
  }
}
