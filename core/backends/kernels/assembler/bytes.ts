/**
 * Numbers as WebAssembly's binary format writes them: LEB128 integers, IEEE floats, UTF-8 names.
 * Writers append to an array of bytes; the reader walks over one.
 */

export type Bytes = number[];

/** Appends one array to another without spreading, so that length is no matter. */
export const append = (out: Bytes, bytes: ArrayLike<number>): void => {
  for (let i = 0; i < bytes.length; i++) out.push(bytes[i] ?? 0);
};

/** Unsigned LEB128 of an integer in [0, 2³²). */
export const writeUnsigned = (out: Bytes, value: number): void => {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
    throw new RangeError(`${value} is not an unsigned 32-bit integer`);
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
};

/** Signed LEB128 of an integer of 32 bits: seven at a time, until what is left is only the sign. */
export const writeSigned32 = (out: Bytes, value: number): void => {
  if ((value | 0) !== value) throw new RangeError(`${value} is not a signed 32-bit integer`);
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)) {
      out.push(low);
      return;
    }
    out.push(low | 0x80);
  }
};

/** The same of 64 bits. */
export const writeSigned64 = (out: Bytes, value: bigint): void => {
  if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} is not a signed 64-bit integer`);
  let rest = value;
  while (rest < -64n || rest > 63n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest & 0x7fn));
};

const scratch: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(8));

export const writeFloat32 = (out: Bytes, value: number): void => {
  scratch.setFloat32(0, value, true);
  for (let i = 0; i < 4; i++) out.push(scratch.getUint8(i));
};

export const writeFloat64 = (out: Bytes, value: number): void => {
  scratch.setFloat64(0, value, true);
  for (let i = 0; i < 8; i++) out.push(scratch.getUint8(i));
};

/** The UTF-8 bytes of a name, after their number. */
export const writeName = (out: Bytes, name: string): void => {
  const bytes = new TextEncoder().encode(name);
  writeUnsigned(out, bytes.length);
  append(out, bytes);
};

/** How many there are, then each in turn. */
export const writeVector = <T>(out: Bytes, items: readonly T[], write: (out: Bytes, item: T) => void): void => {
  writeUnsigned(out, items.length);
  for (const item of items) write(out, item);
};

/** Something whose length in bytes stands before it: a section, the body of a function. */
export const writeSized = (out: Bytes, write: (content: Bytes) => void): void => {
  const content: Bytes = [];
  write(content);
  writeUnsigned(out, content.length);
  append(out, content);
};

/** Reads what the writers above write, from `bytes` onwards. */
export interface ByteReader {
  position(): number;
  done(): boolean;
  byte(): number;
  unsigned(): number;
  signed(bits: 32 | 64): bigint;
  float32(): number;
  float64(): number;
  bytes(length: number): number[];
  name(): string;
  vector<T>(read: () => T): T[];
}

export const readBytes = (source: ArrayLike<number>): ByteReader => {
  let at = 0;
  const byte = (): number => {
    const value = source[at++];
    if (value === undefined) throw new RangeError(`the bytes end at ${source.length}, within a value`);
    return value;
  };
  /** The seven-bit groups of a number of `bits` bits, lowest first, and whether the last one has its sign bit set. */
  const groups = (bits: number): { value: bigint; length: bigint; negative: boolean } => {
    let value = 0n;
    for (let length = 0n; length < Math.ceil(bits / 7); ) {
      const next = byte();
      value |= BigInt(next & 0x7f) << (7n * length++);
      if (next < 0x80) return { value, length, negative: next >= 0x40 };
    }
    throw new RangeError(`a LEB128 integer before byte ${at} is longer than ${bits} bits`);
  };
  const unsigned = (): number => {
    const { value } = groups(32);
    if (value > 0xffff_ffffn) throw new RangeError(`${value} is not an unsigned 32-bit integer`);
    return Number(value);
  };
  const bytes = (length: number): number[] => Array.from({ length }, byte);
  const view = (length: number): DataView => new DataView(Uint8Array.from(bytes(length)).buffer);
  return {
    position: () => at,
    done: () => at >= source.length,
    byte,
    unsigned,
    signed: (bits) => {
      const { value, length, negative } = groups(bits);
      return negative ? value - (1n << (7n * length)) : value;
    },
    float32: () => view(4).getFloat32(0, true),
    float64: () => view(8).getFloat64(0, true),
    bytes,
    name: () => new TextDecoder().decode(Uint8Array.from(bytes(unsigned()))),
    vector: (read) => Array.from({ length: unsigned() }, read),
  };
};
