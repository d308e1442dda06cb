/**
 * Pools to a given size and instance norm. Window i of an adaptive pool covers the places ⌊i·in/out⌋ … ⌈(i + 1)·in/out⌉ − 1 along each axis, and its mean over m places
 * hands each of them g/m; windows that overlap add up. Instance norm normalises the positions of each channel of each sample (see `normalise.ts`).
 */
import * as fc from 'fast-check';
import { add, mul, type Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { draw } from '../arbitraries/values.js';
import { eachIndex, reader, sums } from './arrays.js';
import { type Derivation, derivation } from './derivation.js';
import { affineBackward, drawNormInputs, type NormInputs, normalise, normaliseBackward, spread } from './normalise.js';

const places = (i: number, size: number, out: number): readonly number[] => {
  const start = Math.floor((i * size) / out);
  return Array.from({ length: Math.ceil(((i + 1) * size) / out) - start }, (_, k) => start + k);
};

interface AdaptiveConfig {
  readonly output: readonly [number, number];
}

export const adaptiveAvgPool2d: Derivation = derivation<{ readonly x: Tensor }, AdaptiveConfig>()({
  name: 'adaptiveAvgPool2d',
  cases: fc
    .record({
      samples: fc.integer({ min: 1, max: 2 }),
      input: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
      output: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    })
    .chain(({ samples, input, output }) =>
      draw([samples, 2, ...input]).map((x) => ({ inputs: { x }, config: { output } })),
    ),
  layer: ({ x }, { output }) => functional.adaptiveAvgPool2d(x, output),
  forward: ({ x }, { output }) => {
    const [samples = 1, channels = 1, height = 1, width = 1] = x.shape;
    const read = reader(x);
    const y = sums([samples, channels, ...output]);
    eachIndex([samples, channels, ...output], (n = 0, c = 0, i = 0, j = 0) => {
      const [rows, columns] = [places(i, height, output[0]), places(j, width, output[1])];
      for (const u of rows)
        for (const v of columns) y.add(read(n, c, u, v) / (rows.length * columns.length), n, c, i, j);
    });
    return [y.tensor(), { shape: x.shape, output }];
  },
  backward: (cotangent, { shape, output }) => {
    const [samples = 1, channels = 1, height = 1, width = 1] = shape;
    const g = reader(cotangent);
    const dx = sums(shape);
    eachIndex([samples, channels, ...output], (n = 0, c = 0, i = 0, j = 0) => {
      const [rows, columns] = [places(i, height, output[0]), places(j, width, output[1])];
      for (const u of rows) for (const v of columns) dx.add(g(n, c, i, j) / (rows.length * columns.length), n, c, u, v);
    });
    return { x: dx.tensor() };
  },
});

export const instanceNorm: Derivation = derivation<NormInputs>()({
  name: 'instanceNorm',
  cases: fc
    .record({
      samples: fc.integer({ min: 1, max: 3 }),
      channels: fc.integer({ min: 1, max: 3 }),
      positions: fc.array(fc.integer({ min: 2, max: 3 }), { minLength: 1, maxLength: 2 }),
      affine: fc.boolean(),
    })
    .chain(({ samples, channels, positions, affine }) =>
      drawNormInputs([samples, channels, ...positions], affine, [channels]).map((inputs) => ({ inputs, config: null })),
    ),
  layer: ({ x, weight, bias }) => functional.instanceNorm(x, { eps: 1e-3, weight: weight ?? null, bias: bias ?? null }),
  forward: ({ x, weight, bias }) => {
    const axes = x.shape.map((_, i) => i).slice(2);
    const set = normalise(x, axes, 1e-3);
    const kept = x.shape.map((size, i) => (i === 1 ? size : 1));
    const [γ, β] = [spread(weight, kept, 1), spread(bias, kept, 0)];
    return [add(mul(set.hat, γ), β), { set, γ, shared: [0, ...axes], affine: weight !== undefined }];
  },
  backward: (g, { set, γ, shared, affine }) => ({
    x: normaliseBackward(mul(g, γ), set),
    ...affineBackward(g, set.hat, shared, affine),
  }),
});
