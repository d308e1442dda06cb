/** What follows a product and is done to its sums in registers: what the plan takes, what it leaves, and that every bit is kept. */
import * as fc from 'fast-check';
import {
  add,
  compile,
  conv,
  foldIn,
  fromData,
  key,
  matmul,
  mul,
  normal,
  relu,
  reshape,
  sub,
  sum,
  type Tensor,
  trace,
  transpose,
  zeros,
} from '../../../autograd/index.js';
import { describeUnit } from '../../../core/backends/common/describe.js';
import { stridesUnder } from '../../../core/backends/common/epilogues.js';
import { plan } from '../../../core/backends/common/plan.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import type { FloatDtype } from '../../../core/base/dtype.js';
import { sizeOf, stridesOf } from '../../../core/base/shape.js';
import { removeDeadCode } from '../../../core/program/passes/dead-code.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { useBackend } from '../../runner/world.js';

const backend = createWasmBackend({ threadPatience: 20_000 });
useBackend(backend);

type Step = (...x: readonly Tensor[]) => readonly Tensor[];

const product = (a: Tensor | undefined, b: Tensor | undefined): Tensor => matmul(a as Tensor, b as Tensor) as Tensor;

/** What happens to the products of a function, in the words of its plan. */
const unitsOf = (f: Step, shapes: readonly (readonly number[])[]): readonly string[] =>
  plan(removeDeadCode(trace(f)(...shapes.map((shape) => zeros(shape))))).units.map(describeUnit);

const bitsOf = (ys: readonly Tensor[]): readonly number[][] => ys.map((y) => Array.from(y.dataSync()));

const assertSame = (got: readonly number[][], want: readonly number[][], what: string): void => {
  assert.is(got.length, want.length, what);
  want.forEach((values, k) => {
    assert.is(got[k]?.length, values.length, what);
    values.forEach((value, i) => {
      if (!Object.is(got[k]?.[i], value))
        assert.unreachable(`${what}: output ${k}, element ${i}: ${got[k]?.[i]}, not ${value}`);
    });
  });
};

/** Compiled, the bits of one operation at a time; and the same when its arguments are given away. */
const assertSameBits = (f: Step, args: readonly Tensor[], what = ''): void => {
  const want = bitsOf(f(...args));
  assertSame(bitsOf(compile(f)(...args)), want, what);
  const copies = args.map((x) => add(x, 0) as Tensor);
  assertSame(bitsOf(compile(f, { donate: args.map((_, i) => i) })(...copies)), want, `${what}, donated`);
};

const random = (shapes: readonly (readonly number[])[], dtype: FloatDtype = 'float32', seed = 0): Tensor[] =>
  shapes.map((shape, i) => normal(foldIn(key(seed), i), shape, { dtype }));

test('epilogues: factor, bias and rectifier of a layer are part of its product', () => {
  const layer: Step = (x, w, b) => [relu(add(mul(product(x, w), 0.25), b as Tensor))];
  assert.equal(unitsOf(layer, [[5, 3], [3, 7], [7]]), [
    'matmul(f32[5,3], f32[3,7], f32[7]) then mul, add, relu → f32[5,7]',
  ]);
  const residual: Step = (x, w) => [sub(x as Tensor, mul(product(x, w), 2))];
  assert.equal(
    unitsOf(residual, [
      [5, 3],
      [3, 3],
    ]),
    ['matmul(f32[5,3], f32[3,3], f32[5,3]) then mul, sub → f32[5,3]'],
  );
  const sequences: Step = (x, w, b) => [
    relu(add(reshape(product(reshape(x as Tensor, [10, 3]), w), [2, 5, 7]), b as Tensor)),
  ];
  assert.equal(unitsOf(sequences, [[2, 5, 3], [3, 7], [7]]), [
    'matmul(f32[10,3], f32[3,7], f32[7]) then add, relu → f32[10,7]',
  ]);
});

test('epilogues: a product that is wanted itself, or by others, is left alone', () => {
  const both: Step = (x, w, b) => {
    const y = product(x, w);
    return [y, add(y, b as Tensor)];
  };
  const twice: Step = (x, w) => {
    const y = product(x, w);
    return [mul(y, y)];
  };
  const summed: Step = (x, w, b) => {
    const y = add(product(x, w), b as Tensor) as Tensor;
    return [y, sum(y, { axes: 0 })];
  };
  for (const f of [both, twice, summed])
    assert.is(unitsOf(f, [[5, 3], [3, 7], [7]])[0], 'matmul(f32[5,3], f32[3,7]) → f32[5,7]');
});

test('epilogues: an addend that is computed after the product is waited for', () => {
  const cell: Step = (x, h, w, v, b) => [relu(add(add(product(x, w), product(h, v)), b as Tensor))];
  const shapes = [[4, 3], [4, 6], [3, 6], [6, 6], [6]];
  assertSameBits(cell, random(shapes));
  const late: Step = (x, w, v) => [add(product(x, w), product(v, w))];
  assert.equal(
    unitsOf(late, [
      [4, 3],
      [3, 6],
      [4, 3],
    ]).length,
    2,
  );
  assertSameBits(
    late,
    random([
      [4, 3],
      [3, 6],
      [4, 3],
    ]),
  );
});

test('epilogues: a parameter that is given away is updated in its place', () => {
  const step: Step = (p, x, g) => [sub(p as Tensor, mul(product(transpose(x as Tensor), g), 0.125))];
  const args = random([
    [9, 14],
    [6, 9],
    [6, 14],
  ]);
  assertSameBits(step, args);
  const given = compile(step, { donate: [0] });
  given(add(args[0] as Tensor, 0) as Tensor, args[1] as Tensor, args[2] as Tensor);
  assert.match(String(given), /matmul\(.*\) then mul, sub .* → y0=x0/);
  // What the product reads cannot make room for it, even if it is added, too.
  const own: Step = (p) => [add(product(p, p), p as Tensor)];
  assertSameBits(own, random([[8, 8]]));
});

test('epilogues: the same bits as one operation after another, for all sizes, broadcasts and types', () => {
  const size = fc.integer({ min: 1, max: 20 });
  check(
    fc.property(
      fc.record({ m: size, n: size, k: fc.oneof(size, fc.constantFrom(0, 513, 600)) }),
      fc.constantFrom<readonly number[]>([], [2], [9], [2, 3]),
      fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      fc.constantFrom(null, 0.5, -1.25, -0),
      fc.constantFrom('none', 'row', 'column', 'number', 'whole', 'last', 'batch') as fc.Arbitrary<string>,
      fc.constantFrom('add', 'added', 'sub', 'subtracted') as fc.Arbitrary<string>,
      fc.constantFrom<FloatDtype>('float32', 'float64'),
      fc.nat(1000),
      ({ m, n, k }, batch, [transposeA, transposeB, rectify], scale, kind, order, dtype, seed) => {
        const addend: Readonly<Record<string, readonly number[]>> = {
          row: [n],
          column: [m, 1],
          number: [],
          whole: [...batch, m, n],
          last: [m, n],
          batch: [...batch, 1, 1],
        };
        const shape = addend[kind];
        const f: Step = (a, b, d) => {
          let y = product(transposeA ? transpose(a as Tensor) : a, transposeB ? transpose(b as Tensor) : b);
          if (scale !== null) y = mul(y, scale);
          if (d !== undefined)
            y = { add: () => add(y, d), added: () => add(d, y), sub: () => sub(y, d), subtracted: () => sub(d, y) }[
              order as 'add'
            ]() as Tensor;
          return [rectify ? relu(y) : y];
        };
        const shapes = [
          [...batch, ...(transposeA ? [k, m] : [m, k])],
          transposeB ? [n, k] : [k, n],
          ...(shape === undefined ? [] : [shape]),
        ];
        assertSameBits(f, random(shapes, dtype, seed), kind);
      },
    ),
    { numRuns: 80 },
  );
});

test('epilogues: the same bits on two threads, whichever way they divide the product', () => {
  const layer: Step = (x, w, b) => [relu(add(product(x, w), b as Tensor))];
  const cases = [
    [[301, 70], [70, 93], [93]],
    [[37, 600], [600, 211], [211]],
    [
      [37, 300],
      [300, 211],
      [37, 211],
    ],
    [
      [20, 60, 50],
      [50, 61],
      [20, 60, 61],
    ],
  ];
  const convolution: Step = (x, w, b) => [
    relu(add(conv(x as Tensor, w as Tensor, { padding: 1 }), reshape(b as Tensor, [-1, 1, 1]))),
  ];
  const filters = [
    [[9, 3, 40, 41], [21, 3, 3, 3], [21]],
    [[9, 16, 20, 21], [21, 16, 3, 3], [21]],
  ];
  const results = (threads: number): readonly (readonly number[][])[] => {
    backend.threads.resize(threads);
    return [
      ...cases.map((shapes) => bitsOf(compile(layer)(...random(shapes)))),
      ...filters.map((shapes) => bitsOf(compile(convolution)(...random(shapes)))),
    ];
  };
  try {
    const alone = results(1);
    results(2).forEach((got, i) => {
      assertSame(got, alone[i] ?? [], `${cases[i]?.join('; ')}`);
    });
  } finally {
    backend.threads.resize(1);
  }
});

test('epilogues: bias and rectifier of a convolution are part of it, with the same bits, even where numbers are not finite', () => {
  const layer =
    (groups: number, padding: number, rectify: boolean, biased: boolean): Step =>
    (x, w, b) => {
      let y = conv(x as Tensor, w as Tensor, { groups, padding }) as Tensor;
      if (biased) y = add(y, reshape(b as Tensor, [-1, 1, 1])) as Tensor;
      return [rectify ? relu(y) : y];
    };
  assert.equal(unitsOf(layer(1, 1, true, true), [[2, 3, 8, 8], [5, 3, 3, 3], [5]]), [
    'conv(f32[2,3,8,8], f32[5,3,3,3], f32[5,1,1]) then add, relu → f32[2,5,8,8]',
  ]);
  const kernels = [
    // Read tap by tap, by transforms, one channel a filter, by patches, a product.
    { channels: 3, filters: 7, kernel: 3, groups: 1 },
    { channels: 13, filters: 14, kernel: 3, groups: 1 },
    { channels: 16, filters: 26, kernel: 5, groups: 2 },
    { channels: 26, filters: 28, kernel: 3, groups: 2 },
    { channels: 6, filters: 6, kernel: 3, groups: 6 },
    { channels: 3, filters: 5, kernel: 1, groups: 1 },
  ];
  const specials = [null, Number.NaN, Infinity, -Infinity];
  check(
    fc.property(
      fc.constantFrom(...kernels),
      fc.record({ samples: fc.integer({ min: 1, max: 3 }), size: fc.integer({ min: 5, max: 12 }), padding: fc.nat(2) }),
      fc.constantFrom([true, true], [true, false], [false, true]),
      fc.record({ inImage: fc.constantFrom(...specials), inFilter: fc.constantFrom(...specials) }),
      fc.constantFrom<FloatDtype>('float32', 'float64'),
      ({ channels, filters, kernel, groups }, { samples, size, padding }, [rectify, biased], special, dtype) => {
        const shapes = [[samples, channels, size, size + 1], [filters, channels / groups, kernel, kernel], [filters]];
        const [x, w, b] = random(shapes, dtype) as [Tensor, Tensor, Tensor];
        const changed = (t: Tensor, value: number | null): Tensor => {
          const data = t.dataSync().slice() as Float32Array<ArrayBuffer>;
          if (value !== null) data[data.length >> 1] = value;
          return fromData(data, t.shape, dtype);
        };
        const args = [changed(x, special.inImage), changed(w, special.inFilter), b];
        assertSameBits(layer(groups, padding, rectify === true, biased === true), args, `${kernel}, ${groups} groups`);
      },
    ),
    { numRuns: 40 },
  );
});

test('epilogues: strides under another shape lead to the same elements, or there are none', () => {
  /** Where each element is, in order. */
  const places = (shape: readonly number[], strides: readonly number[]): number[] =>
    shape.reduce<number[]>(
      (found, size, axis) =>
        found.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * (strides[axis] ?? 0))),
      [0],
    );
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  check(
    fc.property(sizes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), sizes, (shape, kept, other) => {
      const strides = stridesOf(shape).map((stride, axis) => (kept[axis] === true ? stride : 0));
      const joined = [shape.slice(0, -1).reduce((a, b) => a * b, 1), shape.at(-1) ?? 1];
      for (const target of [joined, [...shape, 1], [1, ...shape], [sizeOf(shape)], other]) {
        const found = stridesUnder(shape, strides, target);
        if (sizeOf(target) !== sizeOf(shape)) assert.is(found, null);
        else if (found !== null) assert.equal(places(target, found), places(shape, strides));
      }
      assert.ok(stridesUnder(shape, stridesOf(shape), joined) !== null);
    }),
    { numRuns: 90 },
  );
  assert.equal(stridesUnder([2, 5, 7], [0, 0, 1], [10, 7]), [0, 1]);
  assert.is(stridesUnder([2, 5, 7], [7, 0, 1], [10, 7]), null);
});
