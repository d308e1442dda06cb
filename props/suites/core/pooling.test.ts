/** Laws of pooling that need no oracle, pooling against windows cut out one by one. */
import * as fc from 'fast-check';
import { grad, vjp, vmap } from '../../../autograd/index.js';
import {
  ArgumentError,
  type AvgPoolOptions,
  adaptiveAvgPool,
  adaptiveMaxPool,
  add,
  avgPool,
  cast,
  conv,
  fromData,
  full,
  globalAvgPool,
  type MaxPoolOptions,
  max,
  maxPool,
  mean,
  mul,
  notEqual,
  ones,
  pad,
  reshape,
  ShapeError,
  slice,
  square,
  stack,
  sum,
  type Tensor,
  windowOutputSize,
  zeros,
} from '../../../core/index.js';
import { type Draw, draw, drawDistinct } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { fails } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { indexLists } from '../../specs/tabulate.js';

const toTensor = ({ shape, data }: Draw): Tensor => fromData(data, shape, 'float64');
const total = (x: Tensor): number => sum(x).item();
const near = (got: number, want: number): void =>
  assert.ok(Math.abs(got - want) <= 1e-12 * (1 + Math.abs(want)), `${got} is not ${want}`);

interface Along {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: number;
  readonly extra: number;
}

const along = (dilations: number): fc.Arbitrary<Along> =>
  fc
    .record({
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: dilations }),
      padding: fc.nat(2),
      extra: fc.nat(3),
    })
    .map((axis) => {
      const { kernel, dilation, padding } = axis;
      const most = dilation === 1 ? kernel - 1 : Math.floor((dilation * (kernel - 1) + 1) / 2);
      return { ...axis, padding: Math.min(padding, most) };
    });

interface Setting {
  readonly shape: readonly number[];
  readonly options: Required<MaxPoolOptions>;
}

/** One to three spatial axes; each holds a window that lies inside. */
const settings = (dilations: number): fc.Arbitrary<Setting> =>
  fc
    .record({
      axes: fc.array(along(dilations), { minLength: 1, maxLength: 3 }),
      samples: fc.integer({ min: 1, max: 2 }),
      channels: fc.integer({ min: 1, max: 2 }),
      ceilMode: fc.boolean(),
    })
    .map(({ axes, samples, channels, ceilMode }) => ({
      shape: [samples, channels, ...axes.map(({ kernel, dilation, extra }) => dilation * (kernel - 1) + 1 + extra)],
      options: {
        kernel: axes.map(({ kernel }) => kernel),
        stride: axes.map(({ stride }) => stride),
        dilation: axes.map(({ dilation }) => dilation),
        padding: axes.map(({ padding }) => padding),
        ceilMode,
      },
    }));

const ofDistinct = settings(2).chain(({ shape, options }) =>
  drawDistinct(shape).map((x) => ({ x: toTensor(x), options })),
);

const ofAverage = settings(1).chain(({ shape, options: { dilation: _, ...options } }) =>
  draw(shape).map((x) => ({ x: toTensor(x), options })),
);

/** Numbers of a shape, all different and none 0. */
const weightsLike = (x: Tensor): Tensor =>
  fromData(
    Array.from({ length: x.size }, (_, i) => 1 + i / 8),
    x.shape,
    'float64',
  );

test('maxPool: every result is an element of the input, and the gradient lies on such elements only', () => {
  check(
    fc.property(ofDistinct, ({ x, options }) => {
      const [y, pullback] = vjp((at: Tensor) => maxPool(at, options), x);
      const [dx] = pullback(ones(y.shape, 'float64'));
      const winners = new Set(y.dataSync());
      const [values, gradient] = [x.dataSync(), dx.dataSync()];
      for (const [i, value] of values.entries()) assert.is(gradient[i] !== 0, winners.has(value));
      assert.ok([...winners].every((value) => value === Number.NEGATIVE_INFINITY || values.includes(value)));
    }),
  );
});

test('maxPool: the gradient has the mass of the cotangent', () => {
  check(
    fc.property(ofDistinct, ({ x, options }) => {
      const [y, pullback] = vjp((at: Tensor) => maxPool(at, options), x);
      const g = weightsLike(y);
      // A window of padding alone keeps its share.
      const reaching = cast(notEqual(y, Number.NEGATIVE_INFINITY), 'float64');
      near(total(pullback(g)[0]), total(mul(g, reaching)));
    }),
  );
});

test('maxPool: it commutes with adding a constant and with scaling by a positive one', () => {
  check(
    fc.property(ofDistinct, ({ x, options }) => {
      assertClose(maxPool(add(x, 3), options), add(maxPool(x, options), 3), 0);
      assertClose(maxPool(mul(x, 4), options), mul(maxPool(x, options), 4), 0);
    }),
  );
});

test('maxPool: padding equals −∞ around the input', () => {
  check(
    fc.property(ofDistinct, ({ x, options: { padding, ceilMode: _, ...options } }) => {
      const pads = (padding as readonly number[]).map((places) => [places, places] as const);
      const around = pad(x, [[0, 0], [0, 0], ...pads], { value: Number.NEGATIVE_INFINITY });
      assertClose(maxPool(x, { ...options, padding: pads }), maxPool(around, options), 0);
    }),
  );
});

test('maxPool: twice is once with a larger window', () => {
  check(
    fc.property(drawDistinct([1, 2, 7, 8]), (drawn) => {
      const x = toTensor(drawn);
      const twice = maxPool(maxPool(x, { kernel: 2, stride: 1 }), { kernel: 3, stride: 1 });
      assertClose(twice, maxPool(x, { kernel: 4, stride: 1 }), 0);
    }),
  );
});

test('maxPool: it is piecewise linear: the second derivative is that of what follows it', () => {
  // f = Σ max², f′ = 2·max at the winner, f″ = 2 there.
  const x = fromData([1, 4, 3, 2], [1, 1, 4], 'float64');
  const gradient = grad((at: Tensor) => sum(square(maxPool(at, { kernel: 2 }))));
  assert.equal(Array.from(gradient(x).dataSync()), [0, 8, 6, 0]);
  assert.equal(Array.from(grad((at: Tensor) => sum(gradient(at)))(x).dataSync()), [0, 2, 2, 0]);
});

test('avgPool: without padding in the count the gradient has the mass of the cotangent', () => {
  check(
    fc.property(ofAverage, ({ x, options }) => {
      const [y, pullback] = vjp((at: Tensor) => avgPool(at, { ...options, countIncludePad: false }), x);
      const g = weightsLike(y);
      near(total(pullback(g)[0]), total(g));
    }),
  );
});

test('avgPool: the mean of a constant is the constant, unless padding counts', () => {
  check(
    fc.property(ofAverage, ({ x, options }) => {
      const constant = full(x.shape, 3, 'float64');
      const y = avgPool(constant, { ...options, countIncludePad: false });
      assertClose(y, full(y.shape, 3, 'float64'));
      const whole = avgPool(constant, { ...options, padding: 0 });
      assertClose(whole, full(whole.shape, 3, 'float64'));
    }),
  );
});

test('avgPool: it equals a convolution of each channel with a constant kernel', () => {
  check(
    fc.property(ofAverage, ({ x, options: { ceilMode: _, kernel, ...options } }) => {
      const [, channels = 0] = x.shape;
      const taps = kernel as readonly number[];
      const count = taps.reduce((product, size) => product * size, 1);
      const w = full([channels, 1, ...taps], 1 / count, 'float64');
      assertClose(avgPool(x, { kernel, ...options }), conv(x, w, { ...options, groups: channels }));
    }),
  );
});

test('avgPool: a divisor of 1 gives the sums, and any other divides them', () => {
  const x = weightsLike(zeros([1, 1, 4, 4]));
  const sums = avgPool(x, { kernel: 2, divisor: 1 });
  assertClose(sums, mul(avgPool(x, { kernel: 2 }), 4), 0);
  assertClose(
    avgPool(x, { kernel: 3, stride: 2, padding: 1, divisor: -8 }),
    mul(avgPool(x, { kernel: 3, stride: 2, padding: 1, divisor: 1 }), -0.125),
    0,
  );
});

/** Windows of adaptive pooling cut out one by one. */
const cutOut = (x: Tensor, outputs: readonly number[], f: (window: Tensor) => Tensor): Tensor => {
  const spatial = x.shape.slice(2);
  const windows = indexLists(outputs).map((list) =>
    f(
      slice(x, [
        null,
        null,
        ...list.map((i, axis) => {
          const [size, count] = [spatial[axis] ?? 1, outputs[axis] ?? 1];
          return [Math.floor((i * size) / count), Math.ceil(((i + 1) * size) / count)] as const;
        }),
      ]),
    ),
  );
  return reshape(stack(windows, 2), [...x.shape.slice(0, 2), ...outputs]);
};

const adaptiveCases = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 3 })
  .map((axes) => (axes.length === 3 ? axes.map(([size, outputs]) => [Math.min(size, 4), Math.min(outputs, 3)]) : axes))
  .chain((axes) =>
    drawDistinct([1, 2, ...axes.map(([size = 1]) => size)]).map((x) => ({
      x: toTensor(x),
      outputs: axes.map(([, outputs = 1]) => outputs),
    })),
  );

test('adaptive pooling: window i covers ⌊i·in/out⌋ to ⌈(i + 1)·in/out⌉, and gradients add where windows overlap', () => {
  check(
    fc.property(adaptiveCases, ({ x, outputs }) => {
      const axes = outputs.map((_, axis) => axis + 2);
      const pairs = [
        [(at: Tensor) => adaptiveAvgPool(at, outputs), (window: Tensor) => mean(window, { axes })],
        [(at: Tensor) => adaptiveMaxPool(at, outputs), (window: Tensor) => max(window, { axes })],
      ] as const;
      for (const [pool, reduce] of pairs) {
        const [y, pullback] = vjp(pool, x);
        const [want, back] = vjp((at: Tensor) => cutOut(at, outputs, reduce), x);
        assertClose(y, want);
        const g = weightsLike(y);
        assertClose(pullback(g)[0], back(g)[0]);
      }
    }),
    { numRuns: 60 },
  );
});

test('adaptive pooling: the size of the input gives the input, a divisor of it plain pooling, 1 everything', () => {
  const x = weightsLike(zeros([2, 3, 6, 4]));
  for (const pool of [adaptiveAvgPool, adaptiveMaxPool]) {
    assertClose(pool(x, [6, 4]), x, 0);
    assertClose(pool(x, [null, null]), x, 0);
  }
  assertClose(adaptiveAvgPool(x, [3, 2]), avgPool(x, { kernel: 2 }), 0);
  assertClose(adaptiveMaxPool(x, [3, 2]), maxPool(x, { kernel: 2 }), 0);
  assertClose(adaptiveAvgPool(x, [3, null]), avgPool(x, { kernel: [2, 1] }), 0);
  assertClose(reshape(adaptiveAvgPool(x, 1), [2, 3]), globalAvgPool(x));
});

test('globalAvgPool: the mean of each channel for one to three spatial axes', () => {
  for (const shape of [
    [2, 3, 5],
    [2, 3, 5, 4],
    [2, 3, 5, 4, 2],
  ]) {
    const x = weightsLike(zeros(shape));
    assertClose(globalAvgPool(x), mean(reshape(x, [2, 3, x.size / 6]), { axes: 2 }));
  }
});

test('pooling: under vmap it equals the loop over examples, and an empty batch or no channels give empty results', () => {
  const options: MaxPoolOptions = { kernel: 2, stride: 1, padding: 1 };
  const x = weightsLike(zeros([3, 2, 1, 4, 3]));
  const examples = [0, 1, 2].map((i) => reshape(slice(x, [[i, i + 1]]), [2, 1, 4, 3]));
  const pools: readonly ((at: Tensor) => Tensor)[] = [
    (at) => maxPool(at, options),
    (at) => avgPool(at, options as AvgPoolOptions),
    (at) => adaptiveMaxPool(at, [3, 2]),
    (at) => adaptiveAvgPool(at, [3, 2]),
    globalAvgPool,
  ];
  for (const pool of pools) {
    assertClose(vmap(pool)(x), stack(examples.map(pool)), 0);
    for (const shape of [
      [0, 2, 4, 3],
      [2, 0, 4, 3],
    ]) {
      const y = pool(zeros(shape));
      assert.equal(y.shape.slice(0, 2), shape.slice(0, 2));
      assert.equal(grad((at: Tensor) => sum(pool(at)))(zeros(shape)).shape, shape);
    }
  }
});

test('windowOutputSize: the sizes that pooling and convolution give', () => {
  check(
    fc.property(settings(2), ({ shape, options }) => {
      const y = maxPool(zeros(shape), options);
      const sizes = shape.slice(2).map((size, axis) => {
        const at = (values: unknown): number => (values as readonly number[])[axis] ?? 0;
        return windowOutputSize(size, {
          kernel: at(options.kernel),
          stride: at(options.stride),
          dilation: at(options.dilation),
          padding: [at(options.padding), at(options.padding)],
          ceilMode: options.ceilMode,
        });
      });
      assert.equal(y.shape.slice(2), sizes);
    }),
  );
  assert.is(windowOutputSize(7, { kernel: 3, padding: [0, 2], stride: 2 }), 4);
  assert.is(windowOutputSize(7, { kernel: 3, padding: 'valid' }), 5);
  fails(
    () => windowOutputSize(3, { kernel: 4 }),
    ShapeError,
    'windowOutputSize: the kernel spans 4 places along spatial axis 0, the padded input has 3 (shapes [3] · [4]); pad more, or take a smaller kernel or dilation',
  );
  fails(
    () => windowOutputSize(3.5, { kernel: 2 }),
    ArgumentError,
    'windowOutputSize: size 3.5; give a whole number ≥ 0, or a list of 1, one a spatial axis',
  );
});
