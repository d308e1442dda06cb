/**
 * 3×3 convolutions by transforms, against the reference in float64. The error of a transform is in proportion to the largest
 * numbers of a tile, so the bound is too: 2⁻¹⁸ of the largest sum of the sizes of the terms. What is not finite comes out
 * exactly where it should.
 */
import * as fc from 'fast-check';
import { grad } from '../../../autograd/index.js';
import { blocksOf } from '../../../core/backends/kernels/conv/winograd/layout.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { abs, cast, conv, fromData, mul, sum, type Tensor } from '../../../core/index.js';
import type { Border } from '../../../core/rules/window.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const backend = createWasmBackend();

/** Numbers between −1 and 1 without a pattern. */
const noise = (shape: readonly number[], seed: number, changed: Readonly<Record<number, number>> = {}): Tensor => {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, (_, i) => ((((i + seed) * 7919 + 104_729) % 10_007) * 2) / 10_007 - 1);
  for (const [place, value] of Object.entries(changed)) data[Number(place) % length] = value;
  return fromData(data, shape);
};

interface Convolution {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly padding: number | readonly Border[];
  readonly groups?: number;
}

/** Output, input gradient and filter gradient. */
const facesOf = ({ padding, groups = 1 }: Convolution): readonly ((...args: Tensor[]) => Tensor)[] => {
  const y = (x: Tensor, w: Tensor): Tensor => conv(x, w, { padding, groups });
  const gradient = (argnums: number) => (x: Tensor, w: Tensor, g: Tensor) =>
    grad((x: Tensor, w: Tensor) => sum(mul(y(x, w), g)), { argnums })(x, w) as Tensor;
  return [y, gradient(0), gradient(1)] as ((...args: Tensor[]) => Tensor)[];
};

/** Holds one face to float64 on the reference: within the bound, and not finite where that is not. */
const holds = (face: (...args: Tensor[]) => Tensor, args: readonly Tensor[], where: string): void => {
  const got = onBackend(backend, () => face(...args).dataSync());
  const doubles = args.map((x) => cast(x, 'float64'));
  const want = onBackend(referenceBackend, () => face(...doubles).dataSync());
  const sizes = onBackend(referenceBackend, () => face(...doubles.map(abs)).dataSync());
  const largest = Math.max(0, ...Array.from(sizes).filter(Number.isFinite));
  assert.is(got.length, want.length);
  for (const [i, value] of want.entries()) {
    const rounded = Math.fround(value);
    const right = Number.isFinite(rounded)
      ? Math.abs((got[i] ?? Number.NaN) - value) <= 2 ** -18 * largest
      : Object.is(got[i], rounded);
    if (!right) assert.unreachable(`${where}, element ${i}: ${got[i]}, not ${rounded}`);
  }
};

const all = (convolution: Convolution, g?: Tensor): void => {
  const { x, w } = convolution;
  const faces = facesOf(convolution);
  const cotangent =
    g ??
    noise(
      onBackend(referenceBackend, () => faces[0]?.(x, w).shape ?? []),
      3,
    );
  faces.forEach((face, i) => {
    holds(
      face,
      [x, w, cotangent],
      `face ${i} of ${x.shape} by ${w.shape}, padding ${JSON.stringify(convolution.padding)}`,
    );
  });
};

test('winograd: values and gradients of every size, padding and grouping', () => {
  const channels = fc.integer({ min: 12, max: 27 });
  const side = fc.nat(3);
  check(
    fc.property(
      fc.record({ samples: fc.integer({ min: 1, max: 3 }), channels, filters: channels }),
      fc.tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 })),
      fc.tuple(fc.tuple(side, side), fc.tuple(side, side)),
      fc.integer({ min: 1, max: 2 }),
      ({ samples, channels, filters }, [height, width], padding, groups) => {
        const size = (length: number, [low, high]: readonly [number, number]): number =>
          Math.max(length, 3 - low - high);
        const x = noise([samples, channels * groups, size(height, padding[0]), size(width, padding[1])], 1);
        all({ x, w: noise([filters * groups, channels, 3, 3], 2), padding, groups });
      },
    ),
    { numRuns: 30 },
  );
});

test('winograd: many samples a block, several blocks, and bands of a large image', () => {
  all({ x: noise([70, 16, 4, 5], 1), w: noise([17, 16, 3, 3], 2), padding: 1 });
  all({ x: noise([1, 16, 45, 70], 1), w: noise([16, 16, 3, 3], 2), padding: 1 });
  all({
    x: noise([2, 16, 5, 200], 1),
    w: noise([16, 16, 3, 3], 2),
    padding: [
      [0, 2],
      [3, 0],
    ],
  });
});

test('winograd: what is not finite reaches what it should and nothing else', () => {
  const shape = [2, 16, 9, 10];
  const [x, w] = [noise(shape, 1), noise([16, 16, 3, 3], 2)];
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -2e38])
    for (const place of [45, 2000]) {
      all({ x: noise(shape, 1, { [place]: value }), w, padding: 1 });
      all({ x, w: noise([16, 16, 3, 3], 2, { [place]: value }), padding: 1 });
      all({ x, w, padding: 1 }, noise([2, 16, 9, 10], 3, { [place]: value }));
    }
});

test('winograd: a sample does not depend on the others', () => {
  const [x, w] = [noise([9, 20, 7, 7], 1), noise([24, 20, 3, 3], 2)];
  const run = (x: Tensor): ArrayLike<number> => onBackend(backend, () => conv(x, w, { padding: 1 }).dataSync());
  const together = Array.from(run(x));
  const each = together.length / 9;
  const size = x.size / 9;
  for (const i of [0, 4, 8]) {
    const alone = run(fromData(Float32Array.from(x.dataSync().slice(i * size, (i + 1) * size)), [1, 20, 7, 7]));
    assert.equal(Array.from(alone), together.slice(i * each, (i + 1) * each));
  }
});

test('winograd: tiles cover the outputs and no row or column more, and blocks all tiles', () => {
  const size = fc.integer({ min: 1, max: 70 });
  check(
    fc.property(
      fc.record({
        samples: fc.integer({ min: 1, max: 40 }),
        channels: fc.integer({ min: 12, max: 100 }),
        filters: fc.integer({ min: 12, max: 100 }),
        outputs: fc.tuple(size, size),
      }),
      ({ samples, channels, filters, outputs }) => {
        const blocks = blocksOf({ samples, channels, filters, outputs, groups: 1, spatial: outputs, padding: [1, 1] });
        const spare = [blocks.down, blocks.across].map((tiles, axis) => tiles * blocks.size - (outputs[axis] ?? 0));
        assert.ok(
          spare.every((rows) => rows >= 0 && rows < blocks.size),
          spare.join(),
        );
        assert.ok(blocks.bands * blocks.band >= blocks.down && (blocks.bands - 1) * blocks.band < blocks.down);
        assert.ok(blocks.blocks * blocks.together >= blocks.bands * samples);
        assert.is(blocks.points, (blocks.size + 2) ** 2);
      },
    ),
  );
});
