/**
 * Products of every size and layout, on operands that may be views, against the reference. Convolutions and pools are held way by way in
 * `ways.test.ts`.
 */
import * as fc from 'fast-check';
import { compile, vjp } from '../../../autograd/index.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { type Dtype, fromData, matmul, permute, type Tensor } from '../../../core/index.js';
import { backendLaw } from '../../laws/backend.js';
import { assertLaw } from '../../laws/report.js';
import { type Placed, placed, type ViewKind, viewKinds } from '../../laws/views.js';
import { numbersFrom } from '../../numbers.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const backend = createWasmBackend();

/** Whole numbers: their sums are exact, so that the order of terms does not matter. */
const whole = (shape: readonly number[], seed: number, dtype: Dtype = 'float32'): Tensor => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fromData(
    Float32Array.from({ length }, (_, i) => ((i * 7 + (i >> 3) + seed) % 11) - 5),
    shape,
    dtype,
  );
};

/** How an operand lies: in a tensor of its own, or as a view of a larger one. */
type Seen = ViewKind | 'whole';

/** Value and gradients of `f`, compiled, its operands read through views: as on the reference. */
const holds = (f: (...x: Tensor[]) => Tensor, operands: readonly Tensor[], seen: readonly Seen[]): void => {
  const next = numbersFrom(operands.length + (operands[0]?.size ?? 0));
  const read = operands.map((x, i): Pick<Placed, 'base' | 'view'> => {
    const kind = seen[i] ?? 'whole';
    return kind === 'whole' ? { base: x, view: (base) => base } : placed(x, kind, next);
  });
  const of = (...bases: Tensor[]): Tensor => f(...read.map(({ view }, i) => view(bases[i] as Tensor)));
  const shape = of(...read.map(({ base }) => base)).shape;
  const g = whole(shape, 4, operands[0]?.dtype);
  const both = (...given: Tensor[]): readonly Tensor[] => {
    const [y, pull] = vjp((...x: Tensor[]) => f(...x), ...read.map(({ view }, i) => view(given[i] as Tensor)));
    return [y, ...pull(given.at(-1) as Tensor)];
  };
  const args = [...read.map(({ base }) => base), g];
  const compiled = (...x: Tensor[]): readonly Tensor[] => compile(both)(...x);
  assertLaw(backendLaw(compiled, args, { backend, ulp: 0 }));
};

const two = fc.array(fc.constantFrom<Seen>('whole', ...viewKinds), { minLength: 2, maxLength: 2 });
const among = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const products: Readonly<Record<string, fc.Arbitrary<readonly [m: number, n: number, k: number]>>> = {
  'a row': fc.tuple(fc.constant(1), among(1, 40), among(1, 40)),
  'a column': fc.tuple(among(1, 40), fc.constant(1), among(1, 40)),
  'the sizes of tiles and one more or less': fc.tuple(
    fc.constantFrom(3, 4, 5, 7, 8, 9, 12, 13),
    fc.constantFrom(3, 4, 5, 15, 16, 17),
    among(1, 9),
  ),
  'more terms than a block': fc.tuple(among(1, 6), among(1, 6), fc.constantFrom(255, 256, 257, 511, 512, 513, 1030)),
  nothing: fc.tuple(fc.constantFrom(0, 2), fc.constantFrom(0, 3), fc.constantFrom(0, 1)),
};

for (const [name, sizes] of Object.entries(products))
  test(`kernels: a product of ${name} is the reference's, transposed, in batches and through views`, () => {
    check(
      fc.property(
        sizes,
        fc.constantFrom([[], []], [[3], []], [[], [9]], [[2, 1], [3]], [[10], [10]]),
        fc.constantFrom<Dtype>('float32', 'float32', 'float64'),
        fc.tuple(fc.boolean(), fc.boolean()),
        two,
        ([m, n, k], [left = [], right = []], dtype, [turnA, turnB], seen) => {
          const turned = (x: Tensor, is: boolean): Tensor =>
            is
              ? permute(
                  x,
                  x.shape.map((_, i) => (i < x.rank - 2 ? i : 2 * x.rank - 3 - i)),
                )
              : x;
          const a = whole([...left, ...(turnA ? [k, m] : [m, k])], 1, dtype);
          const b = whole([...right, ...(turnB ? [n, k] : [k, n])], 2, dtype);
          fc.pre(m * n > 0);
          holds((x, y) => matmul(turned(x as Tensor, turnA), turned(y as Tensor, turnB)) as Tensor, [a, b], seen);
        },
      ),
      { numRuns: 14 },
    );
  });
