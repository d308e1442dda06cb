/** Laws of convolution that need no oracle. */
import * as fc from 'fast-check';
import { vjp, vmap } from '../../../autograd/index.js';
import {
  add,
  type ConvOptions,
  concat,
  conv,
  convTranspose,
  flip,
  fromData,
  matmul,
  moveAxis,
  mul,
  pad,
  permute,
  reshape,
  slice,
  stack,
  sum,
  type Tensor,
  zeros,
} from '../../../core/index.js';
import { type Draw, draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const toTensor = ({ shape, data }: Draw): Tensor => fromData(data, shape, 'float64');
const dot = (a: Tensor, b: Tensor): number => sum(mul(a, b)).item();
const near = (got: number, want: number): void =>
  assert.ok(Math.abs(got - want) <= 1e-12 * (1 + Math.abs(want)), `${got} is not ${want}`);

/** A convolution of one to three spatial axes: shapes of both operands, and options of every sort. */
interface Setting {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly options: ConvOptions;
}

interface Along {
  readonly kernel: number;
  readonly extra: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: readonly [number, number];
}

const along = (largest: number): fc.Arbitrary<Along> =>
  fc.record({
    kernel: fc.integer({ min: 1, max: largest }),
    extra: fc.nat(3),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.tuple(fc.nat(2), fc.nat(2)),
  });

const settings: fc.Arbitrary<Setting> = fc
  .record({
    axes: fc.oneof(
      fc.array(along(4), { minLength: 1, maxLength: 2 }),
      fc.array(along(2), { minLength: 3, maxLength: 3 }),
    ),
    samples: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 2 }),
    filters: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ axes, samples, groups, channels, filters }) => ({
    x: [samples, channels * groups, ...axes.map(({ kernel, dilation, extra }) => dilation * (kernel - 1) + 1 + extra)],
    w: [filters * groups, channels, ...axes.map(({ kernel }) => kernel)],
    options: {
      stride: axes.map(({ stride }) => stride),
      dilation: axes.map(({ dilation }) => dilation),
      padding: axes.map(({ padding }) => padding),
      groups,
    },
  }));

const drawn = settings.chain(({ x, w, options }) =>
  fc.tuple(draw(x), draw(w), draw(x), draw(w)).map(([a, b, c, d]) => ({
    x: toTensor(a),
    w: toTensor(b),
    otherX: toTensor(c),
    otherW: toTensor(d),
    options,
  })),
);

/** Numbers of a shape, all different. */
const numbersOf = (shape: readonly number[], seed = 1): Tensor =>
  fromData(
    Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => Math.sin(seed + 1.7 * i)),
    shape,
    'float64',
  );

test('conv: both gradients are its adjoints: ⟨conv(x, w), g⟩ = ⟨x, dX⟩ = ⟨w, dW⟩', () => {
  check(
    fc.property(drawn, ({ x, w, options }) => {
      const [y, pullback] = vjp((a: Tensor, b: Tensor) => conv(a, b, options), x, w);
      const g = numbersOf(y.shape);
      const [dx, dw] = pullback(g);
      assert.equal([dx.shape, dw.shape], [x.shape, w.shape]);
      near(dot(x, dx), dot(y, g));
      near(dot(w, dw), dot(y, g));
    }),
    { numRuns: 100 },
  );
});

test('conv: it is linear in each argument', () => {
  check(
    fc.property(drawn, ({ x, w, otherX, otherW, options }) => {
      const at = (a: Tensor, b: Tensor): Tensor => conv(a, b, options);
      assertClose(at(add(mul(x, 3), otherX), w), add(mul(at(x, w), 3), at(otherX, w)));
      assertClose(at(x, add(mul(w, 3), otherW)), add(mul(at(x, w), 3), at(x, otherW)));
    }),
  );
});

test('conv: it moves with its input: shifted by the stride, the output is shifted by one', () => {
  check(
    fc.property(drawn, ({ x, w, options }) => {
      const strides = options.stride as readonly number[];
      const { groups = 1, dilation = 1 } = options;
      const valid = { stride: strides, dilation, groups };
      const shifted = pad(x, [[0, 0], [0, 0], ...strides.map((stride) => [stride, 0] as const)]);
      const y = conv(shifted, w, valid);
      const moved = slice(y, [null, null, ...strides.map(() => [1, null] as const)]);
      assertClose(moved, conv(x, w, valid), 0);
    }),
  );
});

test('conv: padding equals zeros around the input', () => {
  check(
    fc.property(drawn, ({ x, w, options: { padding, ...options } }) => {
      const pads = padding as readonly (readonly [number, number])[];
      assertClose(conv(x, w, { ...options, padding: pads }), conv(pad(x, [[0, 0], [0, 0], ...pads]), w, options), 0);
    }),
  );
});

test('conv: dilation equals a kernel with zeros between its taps, a stride every so-many-th output', () => {
  check(
    fc.property(drawn, ({ x, w, options: { dilation, stride, ...options } }) => {
      const [dilations, strides] = [dilation as readonly number[], stride as readonly number[]];
      const y = conv(x, w, { ...options, dilation: dilations, stride: strides });
      const spans = w.shape.slice(2).map((kernel, axis) => (dilations[axis] ?? 1) * (kernel - 1) + 1);
      // Each tap followed by its zeros, the last ones cut off.
      const spread = spans.reduce(
        (weight, span, axis) =>
          slice(
            reshape(
              pad(reshape(weight, [...weight.shape.slice(0, axis + 3), 1, ...weight.shape.slice(axis + 3)]), [
                ...weight.shape.slice(0, axis + 3).map(() => [0, 0] as const),
                [0, (dilations[axis] ?? 1) - 1],
                ...weight.shape.slice(axis + 3).map(() => [0, 0] as const),
              ]),
              [
                ...weight.shape.slice(0, axis + 2),
                (weight.shape[axis + 2] ?? 1) * (dilations[axis] ?? 1),
                ...weight.shape.slice(axis + 3),
              ],
            ),
            [...weight.shape.slice(0, axis + 2).map(() => null), [0, span]],
          ),
        w,
      );
      const dense = conv(x, spread, options);
      assertClose(y, slice(dense, [null, null, ...strides.map((step) => [null, null, step] as const)]));
    }),
  );
});

test('conv: a kernel of one tap equals a matrix product over the channels', () => {
  const [x, w] = [numbersOf([2, 3, 4, 5]), numbersOf([6, 3, 1, 1], 2)];
  const rows = moveAxis(x, 1, -1);
  const want = moveAxis(matmul(rows, permute(reshape(w, [6, 3]), [1, 0])), -1, 1);
  assertClose(conv(x, w), want, 1e-15);
});

test('conv: a kernel as large as the input equals a matrix product over everything', () => {
  const [x, w] = [numbersOf([2, 3, 4, 5]), numbersOf([6, 3, 4, 5], 2)];
  assertClose(reshape(conv(x, w), [2, 6]), matmul(reshape(x, [2, 60]), permute(reshape(w, [6, 60]), [1, 0])));
});

test('conv: depthwise equals a convolution of each channel, groups a convolution of each group', () => {
  const [x, w] = [numbersOf([2, 4, 6, 5]), numbersOf([8, 1, 3, 2], 2)];
  const part = (t: Tensor, axis: number, from: number, to: number): Tensor =>
    slice(t, [...t.shape.slice(0, axis).map(() => null), [from, to]]);
  const channels = [0, 1, 2, 3].map((c) => conv(part(x, 1, c, c + 1), part(w, 0, 2 * c, 2 * c + 2), { padding: 1 }));
  assertClose(conv(x, w, { groups: 4, padding: 1 }), concat(channels, 1), 0);
  const wide = numbersOf([6, 2, 3, 2], 3);
  const groups = [0, 1].map((b) => conv(part(x, 1, 2 * b, 2 * b + 2), part(wide, 0, 3 * b, 3 * b + 3), { stride: 2 }));
  assertClose(conv(x, wide, { groups: 2, stride: 2 }), concat(groups, 1), 0);
});

test('conv: with the kernel turned round it is the convolution of mathematics, which multiplies polynomials', () => {
  check(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), (m, n) => {
      const [a, b] = [numbersOf([1, 1, m]), numbersOf([1, 1, n], 2)];
      const [p, q] = [a.dataSync(), b.dataSync()];
      const product = new Array<number>(m + n - 1).fill(0);
      for (const [i, left] of p.entries())
        for (const [j, right] of q.entries()) product[i + j] = (product[i + j] ?? 0) + left * right;
      assertClose(conv(a, b, { padding: n - 1, flipKernel: true }), { shape: [1, 1, m + n - 1], data: product });
    }),
  );
  const [x, w] = [numbersOf([1, 2, 5, 4]), numbersOf([3, 2, 3, 2], 2)];
  assertClose(conv(x, w, { flipKernel: true }), conv(x, flip(w, [2, 3])), 0);
});

test('conv: more axes of size 1 change nothing', () => {
  const [x, w] = [numbersOf([2, 4, 7]), numbersOf([4, 2, 3], 2)];
  const line = conv(x, w, { stride: 2, padding: 1, groups: 2 });
  const plane = conv(reshape(x, [2, 4, 1, 7]), reshape(w, [4, 2, 1, 3]), {
    stride: [1, 2],
    padding: [0, 1],
    groups: 2,
  });
  const space = conv(reshape(x, [2, 4, 7, 1, 1]), reshape(w, [4, 2, 3, 1, 1]), {
    stride: [2, 1, 1],
    padding: [1, 0, 0],
    groups: 2,
  });
  assertClose(reshape(plane, line.shape), line, 0);
  assertClose(reshape(space, line.shape), line, 0);
});

test('conv: vmap over either argument or both equals the loop over examples, bit for bit', () => {
  check(
    fc.property(drawn, ({ x, w, otherX, otherW, options }) => {
      const f = (a: Tensor, b: Tensor): Tensor => conv(a, b, options);
      const [xs, ws] = [stack([x, otherX]), stack([w, otherW])];
      assertClose(vmap(f)(xs, ws), stack([f(x, w), f(otherX, otherW)]), 0);
      assertClose(vmap((a: Tensor) => f(a, w))(xs), stack([f(x, w), f(otherX, w)]), 0);
      assertClose(vmap((b: Tensor) => f(x, b))(ws), stack([f(x, w), f(x, otherW)]), 0);
    }),
  );
});

test('conv: vmap over an empty batch gives an empty batch of results and gradients', () => {
  const pull = (x: Tensor, w: Tensor): readonly Tensor[] => {
    const [y, pullback] = vjp((a: Tensor, b: Tensor) => conv(a, b, { groups: 2 }), x, w);
    return [y, ...pullback(y)];
  };
  const got = vmap(pull)(zeros([0, 2, 4, 5]), zeros([0, 6, 2, 3]));
  assert.equal(
    got.map(({ shape }) => shape),
    [
      [0, 2, 6, 3],
      [0, 2, 4, 5],
      [0, 6, 2, 3],
    ],
  );
});

test('convTranspose: it is the adjoint of the convolution with the same weight and options', () => {
  check(
    fc.property(drawn, fc.boolean(), ({ x, w, options }, both) => {
      const y = conv(x, w, options);
      const {
        stride,
        padding,
        dilation,
        groups = 1,
      } = options as Required<Omit<ConvOptions, 'padding'>> & {
        readonly padding: readonly (readonly [number, number])[];
      };
      // What the stride dropped at the end of each axis.
      const outputPadding = y.shape.slice(2).map((count, axis) => {
        const [low, high] = padding[axis] ?? [0, 0];
        const span = ((dilation as readonly number[])[axis] ?? 1) * ((w.shape[axis + 2] ?? 1) - 1) + 1;
        const step = (stride as readonly number[])[axis] ?? 1;
        return (x.shape[axis + 2] ?? 0) + low + high - span - (count - 1) * step;
      });
      const g = numbersOf(y.shape);
      const back = convTranspose(g, w, { stride, padding, dilation, groups, outputPadding });
      assert.equal(back.shape, x.shape);
      near(dot(x, back), dot(y, g));
      if (both) assertClose(vjp((a: Tensor) => conv(a, w, options), x)[1](g)[0], back, 0);
    }),
    { numRuns: 60 },
  );
});

test('convTranspose: out = (in − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1', () => {
  const shape = (size: number, kernel: number, options: object): readonly number[] =>
    convTranspose(zeros([1, 2, size, size]), zeros([2, 3, kernel, kernel]), options).shape;
  assert.equal(shape(3, 3, {}), [1, 3, 5, 5]);
  assert.equal(shape(3, 3, { stride: 2, padding: 1, outputPadding: [1, 0] }), [1, 3, 6, 5]);
  assert.equal(
    shape(4, 3, {
      stride: [2, 3],
      dilation: [2, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
    [1, 3, 10, 10],
  );
});

test('convTranspose: places that only the output padding adds hold what the kernel writes there, else 0', () => {
  const x = fromData([1, 2], [1, 1, 2], 'float64');
  const w = fromData([1, 10], [1, 1, 2], 'float64');
  const row = (options: object): number[] => Array.from(convTranspose(x, w, options).dataSync());
  assert.equal(row({ stride: 3 }), [1, 10, 0, 2, 20]);
  assert.equal(row({ stride: 3, outputPadding: 2 }), [1, 10, 0, 2, 20, 0, 0]);
  assert.equal(row({ stride: 3, padding: 1 }), [10, 0, 2]);
  assert.equal(row({ stride: 3, padding: 1, outputPadding: 2 }), [10, 0, 2, 20, 0]);
  // Wider than the stride, which the dilation allows.
  assert.equal(row({ dilation: 4, outputPadding: 3 }), [1, 2, 0, 0, 10, 20, 0, 0, 0]);
});
