/** What is given views of larger tensors: every primitive, and functions in which a plan reads them where they lie. */
import * as fc from 'fast-check';
import { isFloat } from '../../../core/base/dtype.js';
import { bindAll } from '../../../core/dispatch/interpreter.js';
import {
  add,
  cast,
  conv,
  type Dtype,
  div,
  exp,
  fromData,
  less,
  matmul,
  max,
  mul,
  neg,
  permute,
  relu,
  reshape,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  where,
} from '../../../core/index.js';
import * as table from '../../../core/primitives/table.js';
import type { Primitive } from '../../../core/program/primitive.js';
import { tensorOf } from '../../arbitraries/tensors.js';
import type { Report } from '../../laws/report.js';
import { type ViewKind, viewsLaw } from '../../laws/views.js';
import { numbersFrom } from '../../numbers.js';
import { type PrimitiveName, specs } from '../../specs/index.js';
import type { Case } from '../../specs/spec.js';

const primitives = new Map<string, Primitive>(Object.entries(table));

const dtypes = ['float32', 'float64'] as const;

/** The primitives that have operands. */
export const withOperands: readonly PrimitiveName[] = (Object.keys(specs) as PrimitiveName[]).filter(
  (name) => name !== 'full' && name !== 'iota',
);

/** Calls with elements to compare, and a seed. */
export const callsOf = (name: PrimitiveName): fc.Arbitrary<[Case, number]> =>
  fc.tuple(
    specs[name].cases.filter(({ inputs }) => inputs.every(({ data }) => data.length > 0)),
    fc.nat(1000),
  );

/** One call, its operands views of one kind. */
export const primitiveLaw = (name: PrimitiveName, [call, seed]: readonly [Case, number], kind: ViewKind): Report => {
  const args = call.inputs.map((input) => {
    const x = tensorOf(input);
    return isFloat(x.dtype) ? cast(x, dtypes[seed % 2] as Dtype) : x;
  });
  const primitive = primitives.get(name) as Primitive;
  return viewsLaw((...xs: Tensor[]) => bindAll(primitive, xs, call.params), args, { seed, kinds: [kind] });
};

/** Numbers between −2 and 2. */
const noise = (shape: readonly number[], seed: number, dtype: Dtype): Tensor => {
  const next = numbersFrom(seed);
  const length = shape.reduce((product, size) => product * size, 1);
  return fromData(
    Float64Array.from({ length }, () => (dtype === 'bool' ? Number(next() > 0) : 2 * next())),
    shape,
    dtype,
  );
};

/** As many as a composition has shapes; none asks for more. */
type Operands = [x: Tensor, y: Tensor, z: Tensor, fourth: Tensor, fifth: Tensor, ...others: Tensor[]];

/** A function of tensors of such shapes. */
export interface Composition {
  readonly shapes: fc.Arbitrary<readonly (readonly number[])[]>;
  readonly f: (...args: Operands) => readonly Tensor[];
  /** The types of operands that are not of the type that is drawn. */
  readonly types?: Readonly<Record<number, Dtype>>;
}

/** Loops, on lines around the width of a vector and what is broadcast to them. */
const loops: Composition = {
  shapes: fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 19 }))
    .chain(([m, n]) => fc.constantFrom([n], [m, 1], [1, 1], [m, n]).map((z) => [[m, n], [m, n], z, [m, n], [m, n]])),
  types: { 3: 'bool', 4: 'int32' },
  f: (x, y, z, condition, whole) => {
    const other = x.shape.toReversed();
    return [
      add(mul(x, y), z),
      where(condition, sub(x, z), cast(whole, x.dtype)),
      where(less(x, y), z, relu(y)),
      exp(div(x, z)),
      sum(mul(x, y), { axes: 1 }),
      sum(sub(x, z), { axes: 0 }),
      max(add(x, y), { axes: 1 }),
      add(cast(condition, 'int32'), whole),
      // Neighbours in one tensor, and views under other shapes.
      sub(slice(x, [null, [1, null]]), slice(x, [null, [0, -1]])),
      exp(reshape(x, [1, ...x.shape.slice(0, 1), 1, ...x.shape.slice(1)])),
      add(reshape(x, other), reshape(y, other)),
      mul(permute(x, [1, 0]), reshape(y, other)),
    ];
  },
};

/** Products, and what is added to them: a row, a column, a number, as much, and more. */
const products: Composition = {
  shapes: fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 19 }))
    .map(([m, k, n]) => [[m, k], [k, n], [n], [m, 1], [], [m, n], [3, 1, n], [m, 2, n]]),
  f: (x, y, ...others) => {
    const residual = others.at(-1) as Tensor;
    return [
      // Each a product of its own, with nobody else who reads it, so that it may finish what follows.
      ...others.slice(0, -1).map((z, i) => relu(add(matmul(mul(x, i + 2), y), z))),
      ...others.slice(0, -1).map((z, i) => sub(z, mul(matmul(x, mul(y, i + 2)), 0.5))),
      matmul(x, y),
      // A residual that is as large as the products, lies in another order, and is wanted no more, nor are they.
      matmul(
        add(matmul(stack([x, x]), stack([y, neg(y)])), permute(mul(residual, residual), [1, 0, 2])),
        permute(y, [1, 0]),
      ),
    ];
  },
};

const convolutions: Composition = {
  shapes: fc
    .record({
      channels: fc.integer({ min: 1, max: 5 }),
      filters: fc.integer({ min: 1, max: 9 }),
      taps: fc.integer({ min: 1, max: 3 }),
      size: fc.integer({ min: 3, max: 9 }),
    })
    .map(({ channels, filters, taps, size }) => [
      [2, channels, size, size + 1],
      [filters, channels, taps, 3],
      [filters],
      [filters + 2],
    ]),
  f: (x, w, bias, more) => [
    relu(add(conv(x, w, { padding: 1 }), reshape(bias, [1, -1, 1, 1]))),
    sub(conv(x, w, { stride: 2 }), reshape(bias, [-1, 1, 1])),
    add(conv(x, w, { padding: 2 }), reshape(slice(mul(more, more), [[1, -1]]), [-1, 1, 1])),
  ],
};

export const compositions: Readonly<Record<string, Composition>> = { loops, products, convolutions };

/** Shapes and a seed for a composition. */
export const drawsOf = ({ shapes }: Composition): fc.Arbitrary<[readonly (readonly number[])[], number]> =>
  fc.tuple(shapes, fc.nat(1000));

/** One composition at operands that are views of one kind. */
export const compositionLaw = (
  { f, types = {} }: Composition,
  [shapes, seed]: readonly [readonly (readonly number[])[], number],
  kind: ViewKind,
): Report => {
  const dtype = dtypes[seed % 2] as Dtype;
  const args = shapes.map((shape, i) =>
    cast(noise(shape, seed + i, types[i] === 'bool' ? 'bool' : dtype), types[i] ?? dtype),
  );
  return viewsLaw(f, args as Operands, { seed, kinds: [kind] });
};
