/** Every instruction: the engine takes it, and it computes what the specification says. */

import * as assembler from '../../../core/backends/kernels/assembler/index.js';
import { type Expression, encode, func, link, v128 } from '../../../core/backends/kernels/assembler/index.js';
import { laneRuns, plainRuns } from '../../../core/backends/kernels/assembler/opcodes.js';
import type { ValueType } from '../../../core/backends/kernels/assembler/types.js';
import { features } from '../../../core/backends/kernels/features.js';
import { engine, type Memory } from '../../../core/backends/wasm/engine.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { type ShapeName, shapes, type Value } from './lanes.js';
import { meanings } from './meanings.js';

type Method = (...args: unknown[]) => Expression;
const namespaces = assembler as unknown as Readonly<Record<string, Readonly<Record<string, Method>>>>;

interface Plain {
  readonly name: string;
  readonly prefix: string;
  readonly own: string;
  readonly operands: readonly ValueType[];
  readonly result: ValueType;
}

const listed = (runs: readonly (readonly [number, string, string, string, ...number[]])[]): Plain[] =>
  runs.flatMap(([, signature, prefix, names]) =>
    names
      .split(' ')
      .filter((own) => own !== '_')
      .map((own) => {
        const [operands = '', result = ''] = signature.split(' -> ');
        return {
          name: `${prefix}.${own}`,
          prefix,
          own,
          operands: operands.split(' ') as ValueType[],
          result: result as ValueType,
        };
      }),
  );

const methodOf = ({ prefix, own, name }: Plain): Method => {
  const method = namespaces[prefix]?.[own];
  if (method === undefined) throw new Error(`${name} has no function`);
  return method;
};

const access = (type: ValueType, own: 'load' | 'store'): Method =>
  methodOf({ name: `${type}.${own}`, prefix: type, own, operands: [], result: type });
const load = (type: ValueType, at: number): Expression => access(type, 'load')(at);
const store = (at: number, value: Expression): assembler.Statement =>
  access(value.type as ValueType, 'store')(at, value) as assembler.Statement;

/** A module that computes one expression of values at 0, 16 and 32 and stores it at 48. */
const sourceOf = (
  operands: readonly ValueType[],
  make: (values: readonly Expression[]) => Expression,
): assembler.ModuleSource => ({
  memory: { name: 'memory', minimum: 1 },
  exports: { run: func('run', [], 'none', () => [store(48, make(operands.map((type, i) => load(type, 16 * i))))]) },
});

const bytesOf = (type: ValueType, value: Value): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  if (type === 'i32') return shapes.i32x4.write([value, 0n, 0n, 0n]);
  if (type === 'i64') return shapes.i64x2.write([value, 0n]);
  if (type === 'f32') return shapes.f32x4.write([value, 0, 0, 0]);
  return shapes.f64x2.write([value, 0]);
};

const valueIn = (type: ValueType, bytes: Uint8Array): Value => {
  if (type === 'v128') return bytes;
  const shape = { i32: shapes.i32x4, i64: shapes.i64x2, f32: shapes.f32x4, f64: shapes.f64x2 }[type];
  return shape.read(bytes)[0] ?? 0;
};

/** Runs a module on operands. */
const start = (
  source: assembler.ModuleSource,
  types: readonly ValueType[],
  result: ValueType,
): ((...values: Value[]) => Value) => {
  const { Module, Instance } = engine();
  const instance = new Instance(new Module(encode(link(source))), {});
  const memory = new Uint8Array((instance.exports.memory as Memory).buffer);
  const run = instance.exports.run as () => void;
  return (...values) => {
    values.forEach((value, i) => {
      memory.set(bytesOf(types[i] ?? 'i32', value), 16 * i);
    });
    run();
    return valueIn(result, memory.slice(48, 64));
  };
};

const spread = (lanes: readonly (number | bigint)[], shape: ShapeName): Uint8Array => {
  const { count, write } = shapes[shape];
  return write(Array.from({ length: count }, (_, i) => lanes[i % lanes.length] ?? 0));
};

const integerCorners = (bits: number): bigint[] => [
  0n,
  1n,
  -1n,
  -(1n << BigInt(bits - 1)),
  (1n << BigInt(bits - 1)) - 1n,
  BigInt.asIntN(bits, 0x0123_4567_89ab_cdefn),
  7n,
  -100n,
];
const floatCorners = [0, -0, 1, -1, 0.5, -1.5, 2.5, 1e9, -3e10, Number.NaN, Infinity, -Infinity, 1 / 3];

/** Operands that reach the corners of an instruction's definition. */
const corners = (type: ValueType, prefix: string): Value[] => {
  if (type === 'i32') return integerCorners(32);
  if (type === 'i64') return integerCorners(64);
  if (type === 'f32') return floatCorners.map(Math.fround);
  if (type === 'f64') return floatCorners;
  const shape = (prefix === 'v128' ? 'i8x16' : prefix) as ShapeName;
  const lanes = shape.startsWith('f') ? floatCorners : integerCorners(shapes[shape].bits);
  return lanes.flatMap((_, i) => spread([...lanes.slice(i), ...lanes.slice(0, i)], shape));
};

/** Operands for which everybody agrees: no traps, and no freedom of relaxed instructions. */
const mild = (type: ValueType, prefix: string, position: number, own: string): Value[] => {
  if (type === 'i32' || type === 'i64') return [1n, 3n, 100n];
  if (type === 'f32' || type === 'f64') return [0, 1.5, 100.25];
  if (own === 'relaxed_laneselect' && position === 2)
    return [Uint8Array.from({ length: 16 }, (_, i) => (i < 8 ? 255 : 0))];
  const float =
    prefix.startsWith('f') || own.includes('_f32x4_') ? 'f32x4' : own.includes('_f64x2_') ? 'f64x2' : 'i8x16';
  const shape = prefix === 'f64x2' ? 'f64x2' : float;
  return shape === 'i8x16'
    ? [spread([3n, 0n, 15n, 7n, 12n], shape), spread([1n, 2n, 3n], shape)]
    : [spread([3, 1.5, 15, 7], shape), spread([2, 4, 0.25, 9], shape)];
};

const isRelaxed = ({ own }: Plain): boolean => own.includes('relaxed');
/** Division by zero and conversions out of range trap. */
const canTrap = ({ own, prefix }: Plain): boolean =>
  /^(div|rem)_/.test(own) || (/^i(32|64)$/.test(prefix) && /^trunc_f/.test(own));

const shapeOfOperand = ({ prefix, own }: Plain): string => {
  const named = /(?<shape>[if]\d+x\d+)/.exec(own)?.groups?.shape;
  return named ?? prefix;
};

/** All tuples of operands, but of three operands only some. */
const tuples = (pools: readonly Value[][]): Value[][] =>
  pools.length < 3
    ? pools.reduce<Value[][]>((found, pool) => found.flatMap((rest) => pool.map((value) => [...rest, value])), [[]])
    : (pools[0] ?? []).map((_, i) => pools.map((pool, k) => pool[(i * (k + 1) + k) % pool.length] ?? 0n));

const isNaNLane = (lane: number | bigint | undefined): boolean => typeof lane === 'number' && Number.isNaN(lane);

/** Equal bits, but that any NaN is as good as another. */
const same = (got: Value, want: Value): boolean => {
  if (!(got instanceof Uint8Array) || !(want instanceof Uint8Array)) return Object.is(got, want);
  if (got.length !== want.length) return false;
  if (got.every((byte, i) => byte === want[i])) return true;
  return [shapes.f32x4, shapes.f64x2].some(({ read }) => {
    const wanted = read(want);
    return read(got).every((lane, i) => Object.is(lane, wanted[i]) || (isNaNLane(lane) && isNaNLane(wanted[i])));
  });
};

const plain = listed(plainRuns);

test('instructions: every one validates where the engine has its proposal, and only there', () => {
  for (const entry of [...plain, ...listed(laneRuns)]) {
    const lane = entry.own.includes('lane') && !isRelaxed(entry) ? [1] : [];
    const source = sourceOf(entry.operands, (values) => methodOf(entry)(...lane, ...values));
    assert.is(engine().validate(encode(link(source))), !isRelaxed(entry) || features().relaxedSimd, entry.name);
  }
});

test('instructions: every one computes what its lanes in plain JavaScript compute', () => {
  for (const entry of plain.filter((candidate) => !isRelaxed(candidate) || features().relaxedSimd)) {
    const meaning = meanings.get(entry.name);
    if (meaning === undefined) throw new Error(`${entry.name} has no meaning to be held against`);
    const run = start(
      sourceOf(entry.operands, (values) => methodOf(entry)(...values)),
      entry.operands,
      entry.result,
    );
    const gentle = isRelaxed(entry) || canTrap(entry);
    const pools = entry.operands.map((type, i) =>
      gentle ? mild(type, entry.prefix, i, entry.own) : corners(type, shapeOfOperand(entry)),
    );
    for (const operands of tuples(pools)) {
      const [got, want] = [run(...operands), meaning(...operands)];
      assert.ok(same(got, want), `${entry.name}(${operands.join('; ')}) is ${got}, not ${want}`);
    }
  }
});

test('instructions: lanes are read and replaced one at a time', () => {
  for (const entry of listed(laneRuns)) {
    const shape = shapes[entry.prefix as ShapeName];
    const lanes = Array.from({ length: shape.count }, (_, i) =>
      entry.prefix.startsWith('f') ? i - 1.5 : BigInt(i - 3),
    );
    const vector = shape.write(lanes);
    for (let lane = 0; lane < shape.count; lane++) {
      const run = start(
        sourceOf(entry.operands, (values) => methodOf(entry)(lane, ...values)),
        entry.operands,
        entry.result,
      );
      const fresh = entry.prefix.startsWith('f') ? 42.5 : 42n;
      const value = lanes[lane] ?? 0n;
      const want = entry.own.startsWith('replace')
        ? shape.write(lanes.with(lane, fresh))
        : entry.own.endsWith('_u')
          ? BigInt.asUintN(shape.bits, BigInt(value))
          : value;
      const got = entry.own.startsWith('replace') ? run(vector, fresh) : run(vector);
      assert.ok(same(got, want), `${entry.name} ${lane} is ${got}, not ${want}`);
    }
  }
});

test('instructions: a shuffle takes bytes from both operands', () => {
  const lanes = [0, 16, 1, 17, 31, 15, 30, 14, 2, 2, 2, 2, 18, 18, 18, 18];
  const run = start(
    sourceOf(['v128', 'v128'], ([a, b]) =>
      assembler.i8x16.shuffle(lanes, a as Expression<'v128'>, b as Expression<'v128'>),
    ),
    ['v128', 'v128'],
    'v128',
  );
  const [a, b] = [Uint8Array.from({ length: 16 }, (_, i) => i + 1), Uint8Array.from({ length: 16 }, (_, i) => 200 + i)];
  assert.equal(
    run(a, b),
    Uint8Array.from(lanes, (lane) => (lane < 16 ? lane + 1 : 200 + lane - 16)),
  );
  assert.throws(() => assembler.i8x16.shuffle([32], v128.load(0), v128.load(0)), /16 numbers from 0 to 31/);
});

test('instructions: an operand of another type is refused by the compiler, and at run time where types were forgotten', () => {
  const vector = v128.load(0);
  // @ts-expect-error a vector where an integer is wanted
  assert.throws(() => assembler.i32.add(1, vector), /type v128 stands where i32 is wanted/);
  // @ts-expect-error an integer where a vector is wanted
  assert.throws(() => assembler.f32x4.add(vector, assembler.i32.const(1)), /type i32 stands where v128 is wanted/);
  // @ts-expect-error a function's result must be what it says
  func('wrong', [], 'f32', () => [vector]);
  // @ts-expect-error there is no such instruction
  assert.type(assembler.i32.sqrt, 'undefined');
});
