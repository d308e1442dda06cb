/** Loops that read arrays across their lines: transposes by themselves and among other operations, of every size and order of axes. */
import * as fc from 'fast-check';
import { add, cast, permute, type Tensor, where } from '../../../autograd/index.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { type Dtype, fromData, mul } from '../../../core/index.js';
import { backendLaw } from '../../laws/backend.js';
import { assertLaw } from '../../laws/report.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const backend = createWasmBackend();

/** Whole numbers that differ from their neighbours along every axis. */
const numbers = (shape: readonly number[], dtype: Dtype): Tensor => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fromData(
    Float32Array.from({ length }, (_, i) => (dtype === 'bool' ? (i * 7) % 3 : (i * 7) % 1009)),
    shape,
    dtype,
  );
};

/** A shape and an order of its axes. */
const transposed = fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 2, maxLength: 4 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length, maxLength: shape.length }),
  }),
);

const holds = (f: (...args: Tensor[]) => Tensor, args: Tensor[]): void =>
  assertLaw(backendLaw(f, args, { backend, ulp: 0 }));

test('crossing: a transpose is the reference’s, whatever its shape, order of axes and element type', () => {
  check(
    fc.property(transposed, fc.constantFrom<Dtype>('float32', 'int32', 'float64', 'bool'), ({ shape, axes }, dtype) =>
      holds((x) => permute(x as Tensor, axes), [numbers(shape, dtype)]),
    ),
    { numRuns: 200 },
  );
});

test('crossing: a transpose among other operations, some of them along lines, some of other widths', () => {
  check(
    fc.property(
      transposed,
      fc.constantFrom<Dtype>('float32', 'int32'),
      fc.constantFrom<Dtype>('float32', 'float64', 'bool'),
      ({ shape, axes }, dtype, other) => {
        const target = axes.map((axis) => shape[axis] ?? 1);
        const line = numbers(target.slice(-1), dtype);
        const column = numbers(
          target.map((size, axis) => (axis === target.length - 1 ? 1 : size)),
          dtype,
        );
        holds(
          (x, y, z) => {
            const turned = permute(x as Tensor, axes);
            const sum = add(add(mul(turned, line), column), cast(z as Tensor, dtype));
            return where(cast(z as Tensor, 'bool'), sum, permute(y as Tensor, axes)) as Tensor;
          },
          [numbers(shape, dtype), numbers(shape, dtype), numbers(target, other)],
        );
      },
    ),
    { numRuns: 150 },
  );
});
