/**
 * Every function along axes takes `axis` or `axes`, a number or a list, counted from either end, and means the same by all of them.
 * Where one axis makes sense, a list of one stands for it and a longer one is refused.
 */

import * as g from '../../../autograd/index.js';
import * as nn from '../../../nn/index.js';
import { accuracyMetric } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

/** A tensor of rank 3 whose axes differ in size, all even, and whose numbers are distinct. */
const shape = [2, 4, 6] as const;
const x = g.reshape(g.cast(g.permutation(g.key(3), 48), 'float32'), shape);
const flags = g.greater(x, 20);
/** Indices of the shape of `x`, good along any axis. */
const places = g.cast(g.remainder(x, 2), 'int32');

/** How an axis was written: alone or as an option. */
type Written = number | readonly number[] | Readonly<Record<string, unknown>>;
type Call = (axis: never) => unknown;

/** Functions that reduce or move along several axes at once, and those along a single one. */
const several = {
  sum: (a: g.AxesOptions) => g.sum(x, a),
  mean: (a: g.AxesOptions) => g.mean(x, a),
  max: (a: g.AxesOptions) => g.max(x, a),
  min: (a: g.AxesOptions) => g.min(x, a),
  prod: (a: g.AxesOptions) => g.prod(g.div(x, 24), a),
  variance: (a: g.AxesOptions) => g.variance(x, a),
  std: (a: g.AxesOptions) => g.std(x, a),
  norm: (a: g.AxesOptions) => g.norm(x, { p: 3, ...a }),
  logsumexp: (a: g.AxesOptions) => g.logsumexp(x, a),
  countNonZero: (a: g.AxesOptions) => g.countNonZero(x, a),
  any: (a: g.AxesOptions) => g.any(flags, a),
  all: (a: g.AxesOptions) => g.all(flags, { keepDims: true, ...a }),
  cosineSimilarity: (a: g.AxesOptions) => nn.cosineSimilarity(x, g.add(x, 1), a),
  flip: (a: g.AxesArgument) => g.flip(x, a),
  roll: (a: g.AxesArgument) => g.roll(x, 1, a),
  squeeze: (a: g.AxesArgument) =>
    g.squeeze(
      g.slice(x, [
        [0, 1],
        [0, 1],
        [0, 1],
      ]),
      a,
    ),
} as const;

const single = {
  argmax: (a: g.AxisOptions) => g.argmax(x, a),
  argmin: (a: g.AxisOptions) => g.argmin(x, a),
  median: (a: g.AxisOptions) => g.median(x, a),
  quantile: (a: g.AxisOptions) => g.quantile(x, 0.3, a),
  sort: (a: g.AxisOptions) => g.sort(x, a).values,
  argsort: (a: g.AxisOptions) => g.argsort(x, { descending: true, ...a }),
  topk: (a: g.AxisOptions) => g.topk(x, 1, a).values,
  maxout: (a: g.AxisOptions) => nn.maxout(x, { pieces: 2, ...a }),
  glu: (a: g.AxisOptions) => nn.glu(x, a),
  sliceNorms: (a: g.AxisOptions) => nn.sliceNorms(x, a),
  sliceMask: (a: g.AxisOptions) => nn.sliceMask(x, 0.5, a),
  parallel: (a: g.AxisOptions) => nn.parallel([(y) => y, nn.relu], a).apply({ params: [null, null] }, x)[0],
  denseBlock: (a: g.AxisOptions) => nn.denseBlock([nn.relu], a).apply({ params: [null] }, x)[0],
  ensemble: (a: g.AxisOptions) =>
    nn.ensemble([(y) => y, nn.relu], { average: 'probabilities', ...a }).apply({ params: [null, null] }, x)[0],
  accuracyMetric: (a: g.AxisOptions) => {
    const metric = accuracyMetric(a);
    return g.tensor(Number(metric.result(metric.update(metric.init(), x, x, 2) as never)));
  },
  softmax: (a: g.AxisArgument) => g.softmax(x, a),
  logSoftmax: (a: g.AxisArgument) => g.logSoftmax(x, a),
  softmin: (a: g.AxisArgument) => nn.softmin(x, a),
  maskedSoftmax: (a: g.AxisArgument) => nn.functional.maskedSoftmax(x, flags, a),
  cumsum: (a: g.AxisArgument) => g.cumsum(x, a),
  cumprod: (a: g.AxisArgument) => g.cumprod(g.div(x, 24), a),
  recurrence: (a: g.AxisArgument) => g.recurrence(g.full([], 0.5), x, a),
  concat: (a: g.AxisArgument) => g.concat([x, x], a),
  split: (a: g.AxisArgument) => g.split(x, 1, a)[1] as g.Tensor,
  repeatInterleave: (a: g.AxisArgument) => g.repeatInterleave(x, 2, a),
  take: (a: g.AxisArgument) => g.take(x, [1, 0, 1], a),
  gather: (a: g.AxisArgument) => g.gather(x, places, a),
  scatterAdd: (a: g.AxisArgument) => g.scatterAdd(x, places, x, a),
  indexSelect: (a: g.AxisArgument) => g.indexSelect(x, [1], a),
} as const;

/** Functions whose axis is one of the result, which has one more. */
const inserted = {
  stack: (a: g.AxisArgument) => g.stack([x, x], a),
  unsqueeze: (a: g.AxisArgument) => g.unsqueeze(x, a),
} as const;

/** Functions that take an axis alone, too. */
const alone: ReadonlySet<string> = new Set([
  'flip',
  'roll',
  'squeeze',
  'softmax',
  'logSoftmax',
  'softmin',
  'maskedSoftmax',
  'cumsum',
  'cumprod',
  'recurrence',
  'concat',
  'split',
  'repeatInterleave',
  'take',
  'gather',
  'scatterAdd',
  'indexSelect',
  'stack',
  'unsqueeze',
]);

const run = (f: Call, axis: Written): g.Tensor => (f as (axis: Written) => g.Tensor)(axis);

const families: readonly (readonly [Readonly<Record<string, Call>>, rank: number])[] = [
  [several, 3],
  [single, 3],
  [inserted, 4],
];

const message = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    assert.ok(error instanceof g.TapegradError, String(error));
    return `${error.name}: ${error.message}`;
  }
  return 'nothing was thrown';
};

test('axes: a number, a list of one, either name and a count from either end give the same bits', () => {
  for (const [functions, rank] of families)
    for (const [name, f] of Object.entries(functions))
      for (let axis = 0; axis < rank; axis++) {
        const wanted = run(f, { axis });
        const ways: Written[] = [{ axis: axis - rank }, { axis: [axis] }, { axes: axis }, { axes: [axis - rank] }];
        if (alone.has(name)) ways.push(axis, axis - rank, [axis]);
        for (const way of ways) {
          const found = run(f, way);
          assert.equal(found.shape, wanted.shape, `${name} ${JSON.stringify(way)}`);
          assert.equal(found.dataSync(), wanted.dataSync(), `${name} ${JSON.stringify(way)}`);
        }
      }
});

test('axes: several are a set where several make sense, and refused where one does', () => {
  for (const [name, f] of Object.entries(several)) {
    const wanted = run(f, { axis: [0, 2] });
    for (const way of [{ axes: [0, 2] }, { axis: [-1, 0] }, { axes: [2, -3] }])
      assert.equal(run(f, way).dataSync(), wanted.dataSync(), `${name} ${JSON.stringify(way)}`);
  }
  for (const functions of [single, inserted])
    for (const [name, f] of Object.entries(functions))
      for (const list of [[0, 1], []])
        for (const way of [{ axis: list }, { axes: list }])
          assert.match(
            message(() => run(f, way)),
            new RegExp(`^ArgumentError: ${name}: there are ${list.length} axes`),
            name,
          );
});

test('axes: both names at once are refused in the name of the function', () => {
  for (const [functions] of families)
    for (const [name, f] of Object.entries(functions))
      assert.match(
        message(() => run(f, { axis: 0, axes: 0 })),
        new RegExp(`^ArgumentError: ${name}: both axis and axes are given`),
      );
});

test('axes: one out of range is named, with the function', () => {
  for (const [functions, rank] of families)
    for (const [name, f] of Object.entries(functions))
      for (const axis of [rank, -rank - 1, 0.5, Number.NaN])
        assert.match(
          message(() => run(f, { axis })),
          new RegExp(`^AxisError: ${name}( \\(.*\\))?: axis ${axis} is out of range`),
        );
});

test('axes: a misspelt name beside the axis is refused, and null stands for all where there is no axis', () => {
  for (const [functions] of families)
    for (const [name, f] of Object.entries(functions))
      assert.match(
        message(() => run(f, { axiss: 0 })),
        new RegExp(`^ArgumentError: ${name}: there is no option axiss; did you mean axis\\?`),
      );
  assert.equal(g.sum(x, { axis: null }).item(), g.sum(x).item());
  assert.equal(g.sum(x, { axes: null }).item(), g.sum(x).item());
  assert.equal(g.argmax(x, { axis: null }).item(), g.argmax(x).item());
});
