/** Whole programs on the WebAssembly backend: what they compute, compiled and eager, is what the reference computes. */
import * as fc from 'fast-check';
import { compile, grad } from '../../../autograd/index.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import type { Dtype } from '../../../core/base/dtype.js';
import { cast, mul, sum, type Tensor } from '../../../core/index.js';
import { programs, runProgram } from '../../arbitraries/programs.js';
import { tensorOf } from '../../arbitraries/tensors.js';
import type { Draw } from '../../arbitraries/values.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const wasm = createWasmBackend();

const tensorsOf = (inputs: readonly Draw[], dtype: Dtype): Tensor[] =>
  inputs.map((input) => cast(tensorOf(input), dtype));

const numbers = (ys: readonly Tensor[]): number[][] => ys.map((y) => Array.from(y.dataSync()));

const assertNear = (got: readonly number[][], want: readonly number[][], tolerance: number): void => {
  assert.is(got.length, want.length);
  want.forEach((values, k) => {
    assert.is(got[k]?.length, values.length);
    values.forEach((value, i) => {
      const found = got[k]?.[i] ?? Number.NaN;
      if (!(Object.is(found, value) || Math.abs(found - value) <= tolerance * (1 + Math.abs(value))))
        assert.unreachable(`output ${k}, element ${i}: got ${found}, want ${value}`);
    });
  });
};

/** Gradients of the sum of squares of everything the program returns. */
const gradients = (f: (...x: Tensor[]) => Tensor[], x: readonly Tensor[]): Tensor[] =>
  Object.values(
    grad((inputs: Tensor[]) =>
      f(...inputs)
        .map((y) => sum(mul(y, y)))
        .reduce((total, y) => total.add(y)),
    )([...x]) as readonly Tensor[],
  );

for (const dtype of ['float32', 'float64'] as const) {
  const tolerance = dtype === 'float32' ? 1e-4 : 1e-11;

  test(`programs in ${dtype}: compiled on wasm is what the reference computes`, () => {
    check(
      fc.property(programs({ maxSteps: 10 }), ({ inputs, steps }) => {
        const f = runProgram(steps);
        const want = onBackend(referenceBackend, () => numbers(f(...tensorsOf(inputs, dtype))));
        const got = onBackend(wasm, () => numbers(compile(f)(...tensorsOf(inputs, dtype))));
        assertNear(got, want, tolerance);
      }),
      { numRuns: 60 },
    );
  });

  test(`programs in ${dtype}: compiled and eager have the same bits on wasm`, () => {
    check(
      fc.property(programs({ maxSteps: 10 }), ({ inputs, steps }) => {
        const f = runProgram(steps);
        onBackend(wasm, () => {
          const x = tensorsOf(inputs, dtype);
          assert.equal(numbers(compile(f)(...x)), numbers(f(...x)));
        });
      }),
      { numRuns: 60 },
    );
  });

  test(`programs in ${dtype}: compiled gradients on wasm are the reference's`, () => {
    check(
      fc.property(programs({ maxSteps: 6 }), ({ inputs, steps }) => {
        const f = runProgram(steps);
        const want = onBackend(referenceBackend, () => numbers(gradients(f, tensorsOf(inputs, dtype))));
        const got = onBackend(wasm, () => {
          const step = compile((...x: Tensor[]) => gradients(f, x));
          const x = tensorsOf(inputs, dtype);
          step(...x);
          return numbers(step(...x));
        });
        assertNear(got, want, tolerance * 10);
      }),
      { numRuns: 40 },
    );
  });
}
