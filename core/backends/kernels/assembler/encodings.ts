/**
 * How each instruction is written: its opcode and what follows it. Made from the tables of `opcodes.ts` and, below, the
 * instructions whose operands depend on where they stand.
 */
import {
  append,
  type ByteReader,
  type Bytes,
  writeFloat32,
  writeFloat64,
  writeSigned32,
  writeSigned64,
  writeUnsigned,
} from './bytes.js';
import { laneMemoryRuns, laneRuns, memoryRuns, plainRuns } from './opcodes.js';
import type { Instruction, ResultType, ValueType } from './types.js';

/** What follows an opcode. `labels` is a vector and one more: the targets of `br_table`. */
export type Immediate = 'u32' | 's32' | 's64' | 'f32' | 'f64' | 'byte' | 'bytes16' | 'labels';

export interface Encoding {
  readonly name: string;
  readonly opcode: number;
  readonly immediates: readonly Immediate[];
}

export const typeCodes: Record<ResultType, number> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  none: 0x40,
};

export const typeOfCode = (code: number): ResultType => {
  const found = Object.entries(typeCodes).find(([, known]) => known === code);
  if (found === undefined) throw new RangeError(`0x${code.toString(16)} is not the code of a type`);
  return found[0] as ResultType;
};

export const valueTypeOfCode = (code: number): ValueType => {
  const type = typeOfCode(code);
  if (type === 'none') throw new RangeError('a value cannot have the empty type');
  return type;
};

/** Control, variables, constants and memory as a whole. Blocks carry the code of their type as a byte. */
const special: Readonly<Record<string, readonly [opcode: number, ...immediates: Immediate[]]>> = {
  unreachable: [0x00],
  nop: [0x01],
  block: [0x02, 'byte'],
  loop: [0x03, 'byte'],
  if: [0x04, 'byte'],
  else: [0x05],
  end: [0x0b],
  br: [0x0c, 'u32'],
  br_if: [0x0d, 'u32'],
  br_table: [0x0e, 'labels'],
  return: [0x0f],
  call: [0x10, 'u32'],
  drop: [0x1a],
  select: [0x1b],
  'local.get': [0x20, 'u32'],
  'local.set': [0x21, 'u32'],
  'local.tee': [0x22, 'u32'],
  'global.get': [0x23, 'u32'],
  'global.set': [0x24, 'u32'],
  'memory.size': [0x3f, 'byte'],
  'memory.grow': [0x40, 'byte'],
  'i32.const': [0x41, 's32'],
  'i64.const': [0x42, 's64'],
  'f32.const': [0x43, 'f32'],
  'f64.const': [0x44, 'f64'],
  'memory.init': [0xfc_0008, 'u32', 'byte'],
  'data.drop': [0xfc_0009, 'u32'],
  'memory.copy': [0xfc_000a, 'byte', 'byte'],
  'memory.fill': [0xfc_000b, 'byte'],
  'v128.const': [0xfd_000c, 'bytes16'],
  'i8x16.shuffle': [0xfd_000d, 'bytes16'],
  'atomic.fence': [0xfe_0003, 'byte'],
};

type Run = readonly [first: number, signature: string, prefix: string, names: string, ...rest: number[]];

const spread = (runs: readonly Run[], immediates: readonly Immediate[]): Encoding[] =>
  runs.flatMap(([first, , prefix, names]) =>
    names
      .split(' ')
      .map((name, i) => ({ name: `${prefix}.${name}`, opcode: first + i, immediates }))
      .filter(({ name }) => !name.endsWith('._')),
  );

/** Every instruction there is. */
export const encodings: readonly Encoding[] = [
  ...Object.entries(special).map(([name, [opcode, ...immediates]]) => ({ name, opcode, immediates })),
  ...spread(plainRuns, []),
  ...spread(laneRuns, ['byte']),
  ...spread(memoryRuns, ['u32', 'u32']),
  ...spread(laneMemoryRuns, ['u32', 'u32', 'byte']),
];

const byName: ReadonlyMap<string, Encoding> = new Map(encodings.map((encoding) => [encoding.name, encoding]));
const byOpcode: ReadonlyMap<number, Encoding> = new Map(encodings.map((encoding) => [encoding.opcode, encoding]));

const writeImmediate = (out: Bytes, kind: Immediate, values: readonly (number | bigint)[], at: number): number => {
  const value = values[at] ?? 0;
  if (kind === 'u32') writeUnsigned(out, Number(value));
  else if (kind === 's32') writeSigned32(out, Number(value));
  else if (kind === 's64') writeSigned64(out, BigInt(value));
  else if (kind === 'f32') writeFloat32(out, Number(value));
  else if (kind === 'f64') writeFloat64(out, Number(value));
  else if (kind === 'byte') out.push(Number(value));
  else if (kind === 'bytes16') {
    append(out, values.slice(at, at + 16).map(Number));
    return at + 16;
  } else if (kind === 'labels') {
    writeUnsigned(out, values.length - at - 1);
    for (const label of values.slice(at)) writeUnsigned(out, Number(label));
    return values.length;
  } else kind satisfies never;
  return at + 1;
};

export const writeInstruction = (out: Bytes, { name, immediates }: Instruction): void => {
  const encoding = byName.get(name);
  if (encoding === undefined) throw new RangeError(`there is no instruction ${name}`);
  const { opcode } = encoding;
  if (opcode < 0x100) out.push(opcode);
  else {
    out.push(opcode >> 16);
    writeUnsigned(out, opcode & 0xffff);
  }
  let at = 0;
  for (const kind of encoding.immediates) at = writeImmediate(out, kind, immediates, at);
};

const readImmediate = (input: ByteReader, kind: Immediate): (number | bigint)[] => {
  switch (kind) {
    case 'u32':
      return [input.unsigned()];
    case 's32':
      return [Number(input.signed(32))];
    case 's64':
      return [input.signed(64)];
    case 'f32':
      return [input.float32()];
    case 'f64':
      return [input.float64()];
    case 'byte':
      return [input.byte()];
    case 'bytes16':
      return input.bytes(16);
    case 'labels':
      return [...input.vector(input.unsigned), input.unsigned()];
  }
};

export const readInstruction = (input: ByteReader): Instruction => {
  const first = input.byte();
  const opcode = first < 0xfc ? first : first * 0x1_0000 + input.unsigned();
  const encoding = byOpcode.get(opcode);
  if (encoding === undefined) throw new RangeError(`there is no instruction 0x${opcode.toString(16)}`);
  return { name: encoding.name, immediates: encoding.immediates.flatMap((kind) => readImmediate(input, kind)) };
};
