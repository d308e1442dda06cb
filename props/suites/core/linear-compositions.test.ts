/**
 * Compositions that only move numbers, as linear maps: ⟨f(x), u⟩ = ⟨x, fᵀu⟩ = ⟨f′(x)·x, u⟩, the same numbers under
 * batching, and the same places whatever the element type.
 */
import * as fc from 'fast-check';
import { jvp, vjp, vmap } from '../../../autograd/index.js';
import {
  broadcastTensors,
  cast,
  concat,
  type Dtype,
  diagEmbed,
  diagonal,
  flatten,
  fromData,
  index,
  indexSelect,
  maskedFill,
  meshgrid,
  moveAxis,
  mul,
  pad,
  ravel,
  repeatInterleave,
  reshape,
  roll,
  slice,
  split,
  squeeze,
  stack,
  sum,
  type Tensor,
  take,
  takeFlat,
  tensor,
  tile,
  transpose,
  tril,
  triu,
  unsqueeze,
} from '../../../core/index.js';
import { type Draw, draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const toTensor = ({ shape, data }: Draw): Tensor => fromData(data, shape, 'float64');

/** Functions of a tensor with two axes at least and no zero-length ones. */
const compositions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  broadcastTensors: (x) => broadcastTensors(x, tensor([[[0]], [[0]]]))[0] ?? x,
  diagEmbed: (x) => diagEmbed(x, -1),
  diagonal: (x) => diagonal(x, { offset: 1, axis0: -1, axis1: 0 }),
  flatten: (x) => flatten(x, 0),
  index: (x) => index(x, [null, null, -2], null, '...', -1),
  indexSelect: (x) => indexSelect(x, [0, -1, 0], 1),
  maskedFill: (x) => maskedFill(x, reshape(tensor([true, false]), [2, ...x.shape.slice(1).map(() => 1)]), 0),
  meshgrid: (x) => meshgrid([ravel(x), tensor([0, 0])], { indexing: 'xy' })[0] ?? x,
  moveAxis: (x) => moveAxis(x, 0, -1),
  'pad, by cropping': (x) => pad(x, [[-1, 2], ...x.shape.slice(1).map(() => [0, -1] as const)]),
  'pad, mirrored': (x) =>
    pad(
      x,
      x.shape.map((size) => [size - 1, Math.min(1, size - 1)] as const),
      { mode: 'reflect' },
    ),
  'pad, replicated': (x) =>
    pad(
      x,
      x.shape.map(() => [2, 1] as const),
      { mode: 'replicate' },
    ),
  repeatInterleave: (x) => repeatInterleave(x, 3, 1),
  'repeatInterleave, by counts': (x) =>
    repeatInterleave(
      x,
      x.shape.slice(0, 1).flatMap((n) => Array.from({ length: n }, (_, i) => i % 3)),
    ),
  roll: (x) => roll(x, [1, -2], [0, 1]),
  'roll, flattened': (x) => roll(x, 2),
  slice: (x) =>
    slice(x, [
      [1, null],
      [null, null, -2],
    ]),
  split: (x) => concat(split(x, 1, 1).toReversed(), 1),
  squeeze: (x) => squeeze(unsqueeze(x, 1), 1),
  stack: (x) => stack([x, x], 1),
  take: (x) =>
    take(
      x,
      [
        [0, -1],
        [0, 0],
      ],
      1,
    ),
  takeFlat: (x) => takeFlat(x, [[0, -1, 0]]),
  tile: (x) => tile(x, [2, 1, 3]),
  transpose: (x) => transpose(x, 0, -1),
  tril: (x) => tril(x, -1),
  triu: (x) => triu(x, 1),
};

const matrices = fc.oneof(
  fc.tuple(fc.constant(2), fc.integer({ min: 1, max: 4 })),
  fc.tuple(fc.constant(2), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
);

/** A tensor like `x` with other numbers, all different. */
const weightsLike = (x: Tensor): Draw => ({
  shape: x.shape,
  data: Array.from({ length: x.size }, (_, i) => Math.cos(1 + 2.7 * i)),
});

const dot = (a: Tensor, b: Tensor): number => sum(mul(a, b)).item();

for (const [name, f] of Object.entries(compositions)) {
  test(`${name}: forward and backward agree as linear maps, and with a batch of examples`, () => {
    check(
      fc.property(matrices.chain(draw), (drawn) => {
        const x = toTensor(drawn);
        const [y, pullback] = vjp(f, x);
        const u = toTensor(weightsLike(y));
        const [back] = pullback(u);
        const [, pushed] = jvp(f, [x], [x]);
        assertClose(pushed, y, 0);
        assert.ok(Math.abs(dot(y, u) - dot(x, back)) <= 1e-12 * (1 + Math.abs(dot(y, u))));
        const other = toTensor(weightsLike(x));
        assertClose(vmap(f)(stack([x, other])), stack([f(x), f(other)]), 0);
      }),
      { numRuns: 25 },
    );
  });

  test(`${name}: moves numbers of every element type alike`, () => {
    check(
      fc.property(matrices, fc.constantFrom<Dtype>('float32', 'int32', 'bool'), (shape, dtype) => {
        const size = shape.reduce((product, n) => product * n, 1);
        const x = toTensor({ shape, data: Array.from({ length: size }, (_, i) => (dtype === 'bool' ? i % 2 : i)) });
        const y = f(cast(x, dtype));
        assert.is(y.dtype, dtype);
        assertClose(y, f(x), 0);
      }),
      { numRuns: 10 },
    );
  });
}
