/** Reductions, scans and softmax: known values, axes, empty lanes, element types and errors. */
import * as fc from 'fast-check';
import { grad, vmap } from '../../../autograd/index.js';
import {
  ArgumentError,
  AxisError,
  add,
  all,
  any,
  argmax,
  argmin,
  countNonZero,
  cumprod,
  cumsum,
  type Dtype,
  DtypeError,
  fromData,
  full,
  logSoftmax,
  logsumexp,
  max,
  mean,
  min,
  type NestedNumbers,
  norm,
  permute,
  prod,
  type ReduceOptions,
  recurrence,
  ShapeError,
  softmax,
  std,
  sum,
  type Tensor,
  tensor,
  variance,
  zeros,
} from '../../../core/index.js';
import { shapeWithAxes, shapeWithAxis } from '../../arbitraries/shapes.js';
import { draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

type Reduce = (x: Tensor, options?: ReduceOptions) => Tensor;

const f64 = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'float64' });

const close = (got: Tensor, want: readonly number[], tolerance = 1e-12): void => {
  const numbers = [...got.dataSync()];
  assert.is(numbers.length, want.length);
  for (const [i, expected] of want.entries())
    assert.ok(
      Math.abs((numbers[i] ?? Number.NaN) - expected) <= tolerance * Math.max(1, Math.abs(expected)),
      `element ${i} of [${numbers.join(', ')}] should be ${expected}`,
    );
};

/** The error that `f` throws, checked to be of the given class. */
const thrown = (kind: new (...details: never[]) => Error, f: () => unknown): Error => {
  try {
    f();
  } catch (error) {
    assert.instance(error, kind);
    return error as Error;
  }
  throw new Error(`${kind.name} was not thrown`);
};

const reductions: Record<string, Reduce> = {
  sum,
  mean,
  prod,
  max,
  min,
  variance,
  std,
  logsumexp,
  norm,
  any,
  all,
  countNonZero,
};

/** 0, 1, …, 11 as [2, 2, 3]. */
const cube = f64([
  [
    [0, 1, 2],
    [3, 4, 5],
  ],
  [
    [6, 7, 8],
    [9, 10, 11],
  ],
]);

test('reductions: sums over one axis, several, all and none', () => {
  assert.is(sum(cube).item(), 66);
  assert.equal(sum(cube, { axes: 0 }).toArray(), [
    [6, 8, 10],
    [12, 14, 16],
  ]);
  assert.equal(sum(cube, { axes: -1 }).toArray(), [
    [3, 12],
    [21, 30],
  ]);
  assert.equal(sum(cube, { axes: [0, 2] }).toArray(), [24, 42]);
  assert.equal(sum(cube, { axes: [-1, 0] }).toArray(), [24, 42]);
  assert.equal(sum(cube, { axes: [1, 2] }).toArray(), [15, 51]);
  assert.equal(sum(cube, { axes: [] }).toArray(), cube.toArray());
  assert.is(sum(cube, { axes: null }).item(), 66);
});

test('reductions: known values of every reduction', () => {
  const x = f64([
    [4, 0, 2],
    [1, 3, 5],
  ]);
  const rows = { axes: 1 };
  assert.equal(mean(x, rows).toArray(), [2, 3]);
  assert.equal(prod(x, rows).toArray(), [0, 15]);
  assert.equal(max(x, rows).toArray(), [4, 5]);
  assert.equal(min(x, rows).toArray(), [0, 1]);
  assert.equal(variance(x, rows).toArray(), [4, 4]);
  assert.equal(std(x, rows).toArray(), [2, 2]);
  close(variance(x, { ...rows, correction: 0 }), [8 / 3, 8 / 3]);
  close(logsumexp(x, rows), [Math.log(Math.exp(4) + 1 + Math.exp(2)), Math.log(Math.E + Math.exp(3) + Math.exp(5))]);
  assert.equal(any(x, rows).toArray(), [1, 1]);
  assert.equal(all(x, rows).toArray(), [0, 1]);
  assert.equal(countNonZero(x, rows).toArray(), [2, 3]);
  assert.equal(argmax(x, { axis: 1 }).toArray(), [0, 2]);
  assert.equal(argmin(x, { axis: 1 }).toArray(), [1, 0]);
});

test('norm: 1, 2, any other p, the largest and the smallest, and the count', () => {
  const x = f64([3, 0, -4]);
  assert.is(norm(x).item(), 5);
  assert.is(norm(x, { p: 1 }).item(), 7);
  close(norm(x, { p: 3 }), [91 ** (1 / 3)]);
  close(norm(f64([1, 2]), { p: -1 }), [2 / 3]);
  assert.is(norm(x, { p: -1 }).item(), 0);
  assert.is(norm(x, { p: 'inf' }).item(), 4);
  assert.is(norm(x, { p: Number.POSITIVE_INFINITY }).item(), 4);
  assert.is(norm(x, { p: Number.NEGATIVE_INFINITY }).item(), 0);
  assert.is(norm(x, { p: 0 }).item(), 2);
  assert.equal(
    norm(
      f64([
        [3, 4],
        [6, 8],
      ]),
      { axes: -1, keepDims: true },
    ).toArray(),
    [[5], [10]],
  );
});

test('reductions: keepDims leaves size 1 in place, whatever the axes', () => {
  check(
    fc.property(shapeWithAxes({ minSize: 1 }), ({ shape, axes }) => {
      const x = full(shape, 2, 'float64');
      for (const reduce of Object.values(reductions)) {
        const kept = reduce(x, { axes, keepDims: true });
        const dropped = reduce(x, { axes });
        assert.equal(
          kept.shape,
          shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
        );
        assert.equal(
          dropped.shape,
          shape.filter((_, axis) => !axes.includes(axis)),
        );
        assert.equal([...kept.dataSync()], [...dropped.dataSync()]);
      }
    }),
    { numRuns: 30 },
  );
});

test('reductions: lanes in one piece and scattered lanes agree to the bit', () => {
  check(
    fc.property(
      shapeWithAxes({ minRank: 1, minSize: 1 }).chain(({ shape, axes }) => fc.tuple(draw(shape), fc.constant(axes))),
      ([{ shape, data }, axes]) => {
        const x = fromData(Float64Array.from(data), shape);
        const order = [...shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
        const behind = axes.map((_, i) => shape.length - axes.length + i);
        for (const reduce of Object.values(reductions))
          assert.equal(reduce(x, { axes }).toArray(), reduce(permute(x, order), { axes: behind }).toArray());
      },
    ),
    { numRuns: 50 },
  );
});

test('reductions: a scalar reduces to itself', () => {
  const x = f64(3);
  for (const reduce of [sum, mean, prod, max, min, logsumexp, norm]) assert.is(reduce(x).item(), 3);
  assert.is(variance(x, { correction: 0 }).item(), 0);
  assert.is(argmax(x).item(), 0);
  assert.is(grad((z: Tensor) => max(z))(x).item(), 1);
});

test('reductions: an empty lane gives the neutral element, NaN for a mean, an error for an extremum', () => {
  const x = zeros([2, 0], 'float64');
  const empty: readonly (readonly [Reduce, NestedNumbers])[] = [
    [sum, [0, 0]],
    [prod, [1, 1]],
    [logsumexp, [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    [mean, [Number.NaN, Number.NaN]],
    [variance, [Number.NaN, Number.NaN]],
    [norm, [0, 0]],
    [any, [0, 0]],
    [all, [1, 1]],
  ];
  for (const [reduce, want] of empty) assert.equal(reduce(x, { axes: 1 }).toArray(), want);
  for (const reduce of [max, min, argmax, argmin, (z: Tensor) => norm(z, { p: 'inf' })])
    assert.match(
      thrown(ShapeError, () => reduce(x)).message,
      /an empty set of numbers has none \(shape \[2,0\]\); reduce over/,
    );
});

test('reductions: no lanes at all is no error', () => {
  const x = zeros([0, 3], 'float64');
  for (const reduce of Object.values(reductions)) assert.equal(reduce(x, { axes: 1 }).shape, [0]);
  assert.equal(argmax(x, { axis: 1 }).shape, [0]);
  assert.equal(softmax(x, 0).shape, [0, 3]);
  assert.equal(cumprod(x, 0).shape, [0, 3]);
  assert.equal(grad((z: Tensor) => sum(prod(z, { axes: 0 })))(x).shape, [0, 3]);
  assert.equal(grad((z: Tensor) => sum(max(z, { axes: 1 })))(x).shape, [0, 3]);
});

test('reductions: the element type of the result', () => {
  const integers = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { dtype: 'int32' },
  );
  const booleans = tensor([true, false, true]);
  const dtypes = (...results: readonly Tensor[]): Dtype[] => results.map(({ dtype }) => dtype);
  assert.equal(dtypes(sum(integers), prod(integers), max(integers), cumsum(integers, 0), argmax(integers)), [
    'int32',
    'int32',
    'int32',
    'int32',
    'int32',
  ]);
  assert.equal(dtypes(sum(booleans), prod(booleans), cumsum(booleans, 0), countNonZero(booleans)), [
    'int32',
    'int32',
    'int32',
    'int32',
  ]);
  assert.equal(dtypes(max(booleans), any(integers), all(booleans)), ['bool', 'bool', 'bool']);
  assert.equal(dtypes(mean(booleans), mean(integers), mean(cube), std(cube)), [
    'float32',
    'float32',
    'float64',
    'float64',
  ]);
  assert.equal([sum(booleans).item(), max(booleans).item(), min(booleans).item(), prod(booleans).item()], [2, 1, 0, 0]);
  assert.is(mean(integers).item(), 2.5);
  assert.equal(max(integers, { axes: 0 }).toArray(), [3, 4]);
});

test('reductions: axes out of range or named twice, in the name of the operation called', () => {
  for (const [name, reduce] of Object.entries(reductions)) {
    assert.match(
      thrown(AxisError, () => reduce(cube, { axes: 3 })).message,
      new RegExp(`^${name}: axis 3 is out of range for rank 3`),
    );
    assert.match(
      thrown(AxisError, () => reduce(cube, { axes: [1, -2] })).message,
      new RegExp(`^${name}: axis 1 is named twice`),
    );
  }
  assert.match(thrown(AxisError, () => argmax(cube, { axis: -4 })).message, /^argmax: axis -4/);
  assert.match(thrown(AxisError, () => softmax(f64(1))).message, /^softmax: .*a scalar has no axes/);
});

test('reductions: what needs floats says so', () => {
  const x = tensor([1, 2], { dtype: 'int32' });
  for (const [name, reduce] of Object.entries({
    logsumexp,
    variance,
    std,
    norm,
    softmax: (z: Tensor) => softmax(z),
    logSoftmax: (z: Tensor) => logSoftmax(z),
  }))
    assert.match(
      thrown(DtypeError, () => reduce(x)).message,
      new RegExp(`^${name}: does not take int32.*cast\\(x, 'float32'\\)`),
    );
  thrown(ArgumentError, () => norm(f64([1]), { p: Number.NaN }));
});

test('max, min, argmax, argmin: a NaN wins, the first of equals is named', () => {
  const x = f64([
    [1, Number.NaN, Number.NaN],
    [2, 2, 1],
  ]);
  assert.equal(max(x, { axes: 1 }).toArray(), [Number.NaN, 2]);
  assert.equal(min(x, { axes: 1 }).toArray(), [Number.NaN, 1]);
  assert.equal(argmax(x, { axis: 1 }).toArray(), [1, 0]);
  assert.equal(argmin(x, { axis: 1 }).toArray(), [1, 2]);
  assert.is(argmax(f64([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).item(), 0);
  assert.is(max(f64([Number.NEGATIVE_INFINITY])).item(), Number.NEGATIVE_INFINITY);
});

test('argmax: without an axis it counts through the flattened tensor', () => {
  const x = f64([
    [1, 9],
    [3, 2],
  ]);
  assert.is(argmax(x).item(), 1);
  assert.is(argmin(x).item(), 0);
  assert.equal(argmax(x, { keepDims: true }).toArray(), [[1]]);
  assert.equal(argmax(x, { axis: -1, keepDims: true }).toArray(), [[1], [0]]);
});

test('cumsum, cumprod: known values, either way, along any axis', () => {
  const x = f64([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  assert.equal(cumsum(x, 0).toArray(), [
    [1, 2],
    [4, 6],
    [9, 12],
  ]);
  assert.equal(cumsum(x, -1).toArray(), [
    [1, 3],
    [3, 7],
    [5, 11],
  ]);
  assert.equal(cumsum(x, 0, { reverse: true }).toArray(), [
    [9, 12],
    [8, 10],
    [5, 6],
  ]);
  assert.equal(cumprod(x, 0).toArray(), [
    [1, 2],
    [3, 8],
    [15, 48],
  ]);
  assert.equal(cumprod(x, 1, { reverse: true }).toArray(), [
    [2, 2],
    [12, 4],
    [30, 6],
  ]);
  assert.match(thrown(AxisError, () => cumsum(x, 2)).message, /^cumsum: axis 2/);
});

test('recurrence: a filter, its mirror image, and broadcasting', () => {
  assert.equal(recurrence(full([3], 0.5, 'float64'), f64([8, 0, 4]), 0).toArray(), [8, 4, 6]);
  assert.equal(recurrence(full([3], 0.5, 'float64'), f64([4, 0, 8]), 0, { reverse: true }).toArray(), [6, 4, 8]);
  assert.equal(
    recurrence(
      f64(1),
      f64([
        [1, 2],
        [3, 4],
      ]),
      0,
    ).toArray(),
    cumsum(
      f64([
        [1, 2],
        [3, 4],
      ]),
      0,
    ).toArray(),
  );
  assert.equal(recurrence(f64([Number.NaN, 2]), f64([1, 1]), 0).toArray(), [1, 3]);
  thrown(ShapeError, () => recurrence(f64([1, 2]), f64([1, 2, 3]), 0));
  assert.match(
    thrown(DtypeError, () => recurrence(tensor([1]), f64([1]), 0)).message,
    /^recurrence: float32 and float64 do not mix/,
  );
});

test('softmax: positive, sums to 1, does not see a shift; logSoftmax is its logarithm', () => {
  check(
    fc.property(
      shapeWithAxis({ minSize: 1 }).chain(({ shape, axis }) => fc.tuple(draw(shape), fc.constant(axis))),
      ([{ shape, data }, axis]) => {
        const x = fromData(Float64Array.from(data), shape);
        const y = softmax(x, axis);
        const total = sum(y, { axes: axis });
        close(
          total,
          Array.from(total.dataSync(), () => 1),
        );
        close(softmax(add(x, 3), axis), [...y.dataSync()]);
        close(logSoftmax(x, axis), Array.from(y.dataSync(), Math.log));
      },
    ),
    { numRuns: 50 },
  );
});

test('reductions: batched, they reduce each example', () => {
  const rows = f64([
    [4, 0, 2],
    [1, 3, 5],
  ]);
  for (const reduce of Object.values(reductions))
    assert.equal(vmap((row: Tensor) => reduce(row))(rows).toArray(), reduce(rows, { axes: 1 }).toArray());
  assert.equal(vmap((row: Tensor) => argmax(row))(rows).toArray(), [0, 2]);
  assert.equal(vmap((row: Tensor) => cumprod(row, 0))(rows).toArray(), cumprod(rows, 1).toArray());
  assert.equal(vmap((row: Tensor) => recurrence(row, f64([1, 1, 1]), -1))(rows).toArray(), [
    [1, 1, 3],
    [1, 4, 21],
  ]);
});
