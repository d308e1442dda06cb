/** Samplers at extreme parameters: every draw lies in the support, tails are those of the distribution, and streams stay. */

import { compile, vmap } from '../../../autograd/index.js';
import { below, roundedDown, roundedUp } from '../../../core/base/floats.js';
import {
  ArgumentError,
  add,
  arange,
  bernoulli,
  categorical,
  DtypeError,
  exponential,
  type FloatDtype,
  foldIn,
  fromData,
  full,
  gumbel,
  type Key,
  key,
  log,
  normal,
  randomIntegers,
  type SampleOptions,
  type Shape,
  splitKey,
  stack,
  type Tensor,
  tensor,
  truncatedNormal,
  uniform,
  where,
  zeros,
} from '../../../core/index.js';
import { fineUniform } from '../../../core/random/draws.js';
import {
  complementaryErrorFunction,
  errorFunction,
  inverseErrorFunction,
} from '../../../core/rules/scalar/error-function.js';
import { assertLaw, distributionLaw } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const dtypes = ['float32', 'float64'] as const;
const infinity = Number.POSITIVE_INFINITY;

/** The share of a normal distribution's mass within [min, max] that lies below x, by the trapezoidal rule from either end. */
const truncated = (min: number, max: number): { below: (x: number) => number; above: (x: number) => number } => {
  const mode = Math.min(Math.max(0, min), max);
  const width = 38 / Math.max(Math.abs(mode), 1);
  const [low, high] = [Math.max(min, mode - width), Math.min(max, mode + width)];
  const cells = 4000;
  const step = (high - low) / cells;
  const weight = (x: number): number => Math.exp(-((x - mode) * (x + mode)) / 2);
  const mass = Array.from({ length: cells }, (_, i) => (weight(low + i * step) + weight(low + (i + 1) * step)) / 2);
  const sums = (cellsInOrder: readonly number[]): number[] => {
    let sum = 0;
    return [0, ...cellsInOrder.map((cell) => (sum += cell))];
  };
  const [up, down] = [sums(mass), sums(mass.toReversed())];
  const total = up[cells] as number;
  const at = (table: readonly number[], place: number): number => {
    const i = Math.min(Math.max(Math.floor(place), 0), cells - 1);
    const [from, to] = [table[i] as number, table[i + 1] as number];
    return Math.min(Math.max((from + (to - from) * (place - i)) / total, 0), 1);
  };
  return { below: (x) => at(up, (x - low) / step), above: (x) => at(down, (high - x) / step) };
};

test('truncatedNormal: draws are those of the distribution, in the middle and in tails', () => {
  const n = 4000;
  for (const dtype of dtypes)
    for (const [min, max] of [
      [-2, 2],
      [-1, 0.5],
      [1.9, infinity],
      [2, 3],
      [3, 4],
      [5, 6],
      [-6, -5],
      [-infinity, -7],
      [10, 11],
      [-20, -19.9],
      [20, infinity],
      [40, 41],
      [-1000, -999],
      [-40, 40],
      [-infinity, infinity],
      [0, 1e-6],
    ] as const) {
      // Out there float32 has a dozen numbers for the whole sample, and no distribution function.
      if (dtype === 'float32' && min === -1000) continue;
      const { below: p, above: q } = truncated(min, max);
      const wide = (x: number, to: -1 | 1): number =>
        x + to * Math.abs(x) * (dtype === 'float32' ? 2 ** -22 : 2 ** -51);
      assertLaw(
        distributionLaw(truncatedNormal(key(3), [n], { min, max, dtype }).dataSync(), {
          cumulative: (x) => p(wide(x, 1)),
          survival: (x) => q(wide(x, -1)),
          min: Math.max(min, -Number.MAX_VALUE),
          max: Math.min(max, Number.MAX_VALUE),
        }),
      );
    }
});

test('truncatedNormal: lies within bounds of every size', () => {
  for (const dtype of dtypes)
    for (const size of [1e-44, 1e-10, 1, 2, 4.9, 19.999, 38, 1e10, 1e19, 3e38])
      for (const width of [1e-7, 0.01, 1e6])
        for (const sign of [1, -1]) {
          const ends = [sign * size, sign * size * (1 + width)].toSorted((a, b) => a - b);
          const [min, max] = ends as [number, number];
          if (roundedUp(min, dtype) > roundedDown(max, dtype) || Math.abs(roundedUp(min, dtype)) === infinity) continue;
          const data = truncatedNormal(key(1), [50], { min, max, dtype }).dataSync();
          assert.ok(
            data.every((x) => Number.isFinite(x) && x >= min && x <= max),
            `${dtype} [${min}, ${max}]`,
          );
        }
});

test('truncatedNormal: is compiled, with the same bits', () => {
  for (const options of [{}, { min: 5, max: 6 }, { min: 30, max: infinity }])
    assert.equal(
      compile((k: Tensor) => truncatedNormal(k as Key, [9], options))(key(4)).toArray(),
      truncatedNormal(key(4), [9], options).toArray(),
    );
});

/** Seeds whose draw of shape [] has 23 leading bits that are all 0, and all 1: one seed in 8 million each. */
const seedsOf = {
  zeros: [
    780233, 3714538, 5067035, 29018832, 31122535, 33570722, 34507503, 39999833, 41215477, 41812932, 45625922, 53281651,
    60422689, 61931938, 64039080, 65494622, 67894861, 83777320, 88325358, 92003657, 112620325, 126242524, 129865369,
    152203180, 152622530, 175093675, 178999164, 185249772, 190107271, 190980971, 192379308, 194638507, 202781685,
    208419778, 209912325, 224104356,
  ],
  ones: [
    20192286, 33260437, 33613558, 35651582, 36086550, 42685832, 50289357, 77678126, 98544357, 106053001, 108233760,
    108922719, 121322045, 140595221, 150402336, 168292249, 176066638, 181007185, 191104305, 204306035, 208933888,
    218287360, 229177114,
  ],
} as const;

const keysOf = (bits: keyof typeof seedsOf): Tensor => stack(seedsOf[bits].map((seed) => key(seed)));

const over = (bits: keyof typeof seedsOf, f: (k: Key) => Tensor): number[] =>
  Array.from(vmap((k: Tensor) => f(k as Key))(keysOf(bits)).dataSync());

test('uniform: the seeds of this file are at the ends of the stream', () => {
  assert.ok(over('zeros', (k) => uniform(k, [])).every((u) => u === 0));
  assert.ok(over('ones', (k) => uniform(k, [])).every((u) => u === 1 - 2 ** -23));
});

const count = (hits: readonly number[]): number => hits.filter((hit) => hit === 1).length;

test('bernoulli: where the leading bits are those of the probability, the others decide, every one of them', () => {
  const { unit, within } = fineUniform(key(4), [20]);
  const lasts = within.dataSync();
  for (const [i, first] of unit.dataSync().entries()) {
    const rest = ((lasts[i] ?? Number.NaN) + 2 ** 31) * 2 ** -32;
    for (const [far, want] of [
      [2 ** -20, true],
      [-(2 ** -20), false],
    ] as const)
      assert.is(bernoulli(key(4), first + 2 ** -23 * (rest + far), [20]).dataSync()[i], want ? 1 : 0);
  }
});

test('bernoulli: probabilities below the grain of the stream, and next to 1, are what they say', () => {
  const n = seedsOf.zeros.length;
  const half = (hits: number, of: number): void =>
    assert.ok(Math.abs(hits - of / 2) < 2.5 * Math.sqrt(of / 4), `${hits}`);
  for (const as of [(p: number): number | Tensor => p, (p: number): number | Tensor => tensor(p)]) {
    assert.is(count(over('zeros', (k) => bernoulli(k, as(1e-9), []))), 0);
    assert.is(count(over('zeros', (k) => bernoulli(k, as(0), []))), 0);
    assert.is(count(over('zeros', (k) => bernoulli(k, as(2 ** -23), []))), n);
    half(count(over('zeros', (k) => bernoulli(k, as(2 ** -24), []))), n);
    half(count(over('ones', (k) => bernoulli(k, as(1 - 2 ** -24), []))), seedsOf.ones.length);
    assert.is(count(over('ones', (k) => bernoulli(k, as(1), []))), seedsOf.ones.length);
    assert.is(count(over('ones', (k) => bernoulli(k, as(1 - 2 ** -23), []))), 0);
  }
  assert.is(count(over('ones', (k) => bernoulli(k, 1 - 1e-9, []))), seedsOf.ones.length);
});

test('bernoulli: is uniform < p but where the leading 23 bits of both are the same', () => {
  for (const p of [0.1, 0.3, 0.5, 0.9, 1 / 3])
    assert.equal(
      [...bernoulli(key(2), p, [5000]).dataSync()],
      Array.from(uniform(key(2), [5000]).dataSync(), (u) => Number(u < p)),
    );
});

test('samplers by inversion: each number is the inverse distribution function of the uniform number of its place', () => {
  const n = 2000;
  for (const dtype of dtypes) {
    const u = uniform(key(5), [n], { dtype }).dataSync();
    const inverses: ReadonlyArray<readonly [string, Tensor, (u: number) => number]> = [
      ['normal', normal(key(5), [n], { dtype }), (p) => Math.SQRT2 * inverseErrorFunction(2 * p - 1)],
      [
        'normal with mean and std',
        normal(key(5), [n], { mean: 3, std: 0.25, dtype }),
        (p) => 3 + 0.25 * Math.SQRT2 * inverseErrorFunction(2 * p - 1),
      ],
      ['exponential', exponential(key(5), [n], { dtype }), (p) => -Math.log1p(-p)],
      ['gumbel', gumbel(key(5), [n], { dtype }), (p) => -Math.log(-Math.log(p))],
      [
        'truncatedNormal',
        truncatedNormal(key(5), [n], { min: -1, max: 2, dtype }),
        (p) => {
          const [low, high] = [errorFunction(-1 / Math.SQRT2), errorFunction(2 / Math.SQRT2)];
          return Math.SQRT2 * inverseErrorFunction(low + p * (high - low));
        },
      ],
    ];
    for (const [name, drawn, inverse] of inverses) {
      const numbers = drawn.dataSync();
      for (let i = 0; i < n; i++) {
        const p = u[i] ?? Number.NaN;
        // At the very ends the grain of the stream itself is seen.
        if (p < 2 ** -10 || p > 1 - 2 ** -10) continue;
        const wanted = inverse(p);
        const off = Math.abs((numbers[i] ?? Number.NaN) - wanted);
        assert.ok(off <= 1e-4 * (0.01 + Math.abs(wanted)), `${name} ${dtype} at ${p}: ${numbers[i]}, not ${wanted}`);
      }
    }
  }
});

test('exponential, gumbel: finer than the stream at both ends', () => {
  // Given the leading bits, what is left is uniform within the grain: its mean over the seeds is near ½.
  const centred = (name: string, shares: readonly number[]): void => {
    const mean = shares.reduce((sum, x) => sum + x, 0) / shares.length;
    assert.ok(
      shares.every((x) => x >= 0 && x <= 1.001),
      `${name}: ${shares.join()}`,
    );
    assert.ok(Math.abs(mean - 0.5) < 2.5 * Math.sqrt(1 / 12 / shares.length), `${name}: ${mean}`);
    assert.is(new Set(shares).size, shares.length);
  };
  const scale = 2 ** 23;
  centred(
    'exponential near 0',
    over('zeros', (k) => exponential(k, [])).map((e) => e * scale),
  );
  centred(
    'exponential, far out',
    over('ones', (k) => exponential(k, [])).map((e) => Math.exp(-e) * scale),
  );
  centred(
    'gumbel, far down',
    over('zeros', (k) => gumbel(k, [])).map((g) => Math.exp(-Math.exp(-g)) * scale),
  );
  centred(
    'gumbel, far up',
    over('ones', (k) => gumbel(k, [])).map((g) => -Math.expm1(-Math.exp(-g)) * scale),
  );
});

test('samplers: draws are those of the distribution, tails included', () => {
  const normalBelow = (x: number): number => complementaryErrorFunction(-x / Math.SQRT2) / 2;
  const n = 20_000;
  for (const dtype of dtypes) {
    const sample = (sampler: (key: Key, shape: Shape, options: SampleOptions) => Tensor): ArrayLike<number> =>
      sampler(key(21), [n], { dtype }).dataSync();
    assertLaw(distributionLaw(sample(uniform), { cumulative: (x) => x, min: 0, max: 1 - 2 ** -53 }));
    assertLaw(distributionLaw(sample(normal), { cumulative: normalBelow, survival: (x) => normalBelow(-x) }));
    assertLaw(
      distributionLaw(sample(exponential), {
        cumulative: (x) => -Math.expm1(-x),
        survival: (x) => Math.exp(-x),
        min: 0,
      }),
    );
    assertLaw(
      distributionLaw(sample(gumbel), {
        cumulative: (x) => Math.exp(-Math.exp(-x)),
        survival: (x) => -Math.expm1(-Math.exp(-x)),
      }),
    );
  }
});

test('uniform: never reaches the excluded bound, and never leaves the interval', () => {
  const n = 200_000;
  const thousand = uniform(key(0), [n], { min: 1000, max: 1001 }).dataSync();
  assert.ok(thousand.every((x) => x >= 1000 && x < 1001));
  for (const dtype of dtypes)
    for (const [min, max] of [
      [1000, 1001],
      [-1001, -1000],
      [2 ** 23, 2 ** 23 + 1],
      [0.1, 0.1000001],
      [-1e-3, 1],
      [0.7, 0.70001],
      [1e30, 1.0001e30],
      [-1e-44, 1e-44],
      [1e-45, 1e-38],
      [-3e38, 3e38],
      [0, 3.4e38],
      [-3.4e38, 1],
    ] as const) {
      const data = uniform(key(1), [3000], { min, max, dtype }).dataSync();
      assert.ok(
        data.every((x) => Number.isFinite(x) && x >= min && x < max),
        `${dtype} [${min}, ${max})`,
      );
    }
  const huge = uniform(key(1), [20_000], { min: -Number.MAX_VALUE, max: Number.MAX_VALUE, dtype: 'float64' });
  assertLaw(
    distributionLaw(huge.dataSync(), { cumulative: (x) => 0.5 + x / Number.MAX_VALUE / 2, min: -Number.MAX_VALUE }),
  );
  assert.equal(uniform(key(0), [3], { min: 2, max: 2 }).toArray(), [2, 2, 2]);
});

test('uniform: is u·(max − min) + min to the bit but at the excluded bound', () => {
  const units = uniform(key(1), [5000]).dataSync();
  for (const [min, max] of [
    [-3, 5],
    [1000, 1001],
    [0.25, 0.75],
  ] as const) {
    const want = Array.from(units, (u) => {
      const x = Math.fround(Math.fround(u * Math.fround(max - min)) + min);
      return x < max ? x : below(max, 'float32');
    });
    assert.equal([...uniform(key(1), [5000], { min, max }).dataSync()], want);
  }
});

test('samplers: parameters that no number of the element type meets are refused', () => {
  const draw = key(0);
  const intervals: readonly (readonly [number, number, FloatDtype])[] = [
    [Number.NaN, 1, 'float32'],
    [0, Number.NaN, 'float64'],
    [-infinity, 0, 'float64'],
    [0, infinity, 'float32'],
    [0, 1e39, 'float32'],
    [1.00000001, 1.00000002, 'float32'],
  ];
  for (const [min, max, dtype] of intervals) refuses(() => uniform(draw, [2], { min, max, dtype }), ArgumentError);
  for (const [min, max] of [
    [1, 1],
    [Number.NaN, 1],
    [1e39, infinity],
    [5.00000001, 5.00000002],
  ] as const)
    refuses(() => truncatedNormal(draw, [2], { min, max }), ArgumentError);
  for (const options of [{ std: -1 }, { std: Number.NaN }, { mean: infinity }, { std: infinity }, { std: 1e38 }])
    refuses(() => normal(draw, [2], options), ArgumentError);
  for (const p of [-1e-9, 1.0001, Number.NaN, infinity]) refuses(() => bernoulli(draw, p, [2]), ArgumentError);
  refuses(() => bernoulli(draw, tensor([1], { dtype: 'int32' }), [1]), DtypeError);
  refuses(() => categorical(draw, tensor([1, 2], { dtype: 'int32' })), DtypeError);
});

test('randomIntegers: the whole of int32 and no more', () => {
  const all = randomIntegers(key(0), [20_000], { min: -(2 ** 31), max: 2 ** 31 }).dataSync();
  assertLaw(
    distributionLaw(all, { cumulative: (x) => (x + 2 ** 31 + 1) / 2 ** 32, min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  for (const [min, max] of [
    [0, 2 ** 40],
    [0, 2 ** 31 + 1],
    [-(2 ** 31) - 1, 0],
    [2 ** 31, 2 ** 31 + 1],
    [0, infinity],
    [0, 0.5],
  ] as const)
    refuses(() => randomIntegers(key(0), [2], { min, max }), ArgumentError);
});

test('categorical: a class of almost no probability is almost never drawn, and one without never', () => {
  const logits = log(tensor([1e-9, 1, 0, 1e-30], { dtype: 'float32' }));
  assert.ok(
    categorical(key(5), logits, [20_000])
      .dataSync()
      .every((label) => label === 1),
  );
});

test('foldIn: numbers that fold in are told apart; others are refused', () => {
  const words = (k: Key): string => k.dataSync().join();
  const numbers = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
  assert.is(new Set(numbers.map((i) => words(foldIn(key(0), i)))).size, numbers.length);
  for (const i of [2 ** 32, -1, -(2 ** 31), 2 ** 53, infinity, Number.NaN, 0.5])
    refuses(() => foldIn(key(0), i), ArgumentError);
  assert.is(words(foldIn(key(0), tensor(-1, { dtype: 'int32' }))), words(foldIn(key(0), 2 ** 32 - 1)));
  refuses(() => foldIn(key(0), tensor(1)), ArgumentError);
  refuses(() => foldIn(key(0), tensor([1, 2], { dtype: 'int32' })), ArgumentError);
});

test('key: seeds are told apart up to 2^53, and refused beyond', () => {
  const seeds = [0, 1, -1, 2 ** 31, 2 ** 32, 2 ** 32 - 1, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53) + 1];
  assert.is(new Set(seeds.map((seed) => key(seed).dataSync().join())).size, seeds.length);
  for (const seed of [2 ** 53, -(2 ** 53), infinity, Number.NaN]) refuses(() => key(seed), ArgumentError);
  assert.is(splitKey(key(2 ** 40), 2).length, 2);
});

test('int32: a number that does not fit is an error wherever tensors are made, at every border', () => {
  const fits = [2 ** 31 - 1, -(2 ** 31), 0];
  const beyond = [2 ** 31, -(2 ** 31) - 1, 3e9, 2 ** 32, 1e300, infinity, Number.NaN];
  const makers: Readonly<Record<string, (value: number) => Tensor>> = {
    tensor: (value) => tensor([[1, value]], { dtype: 'int32' }),
    'fromData of a list': (value) => fromData([value], [1], 'int32'),
    'fromData of doubles': (value) => fromData(Float64Array.of(value), [1], 'int32'),
    full: (value) => full([2], value, 'int32'),
    'a literal': (value) => add(zeros([2], 'int32'), value),
    'a literal of where': (value) => where(tensor([true, false]), value, zeros([2], 'int32')),
  };
  for (const [name, make] of Object.entries(makers)) {
    for (const value of fits) assert.ok(make(value).dataSync().includes(value), `${name}: ${value}`);
    for (const value of beyond)
      assert.throws(
        () => make(value),
        (e: unknown) => e instanceof DtypeError,
        `${name}: ${value}`,
      );
  }
});

test('int32: sequences that leave it are an error', () => {
  assert.equal(arange(2 ** 31 - 2, 2 ** 31, 1, { dtype: 'int32' }).toArray(), [2 ** 31 - 2, 2 ** 31 - 1]);
  refuses(() => arange(2 ** 31 - 2, 2 ** 31 + 1, 1, { dtype: 'int32' }), DtypeError);
  refuses(() => arange(-(2 ** 31) - 1, 0, 2 ** 30, { dtype: 'int32' }), DtypeError);
  refuses(() => arange(0, 4e9, 1e9, { dtype: 'int32' }), DtypeError);
});
