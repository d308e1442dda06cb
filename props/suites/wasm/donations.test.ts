/** Any program with any set of its arguments given away, some of them the same tensor: every bit is kept, and exactly what is given is gone. */
import * as fc from 'fast-check';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { fromData, mul, type Tensor } from '../../../core/index.js';
import { programs, runProgram } from '../../arbitraries/programs.js';
import { onBackend } from '../../laws/backend.js';
import { donationLaw } from '../../laws/compile.js';
import { assertLaw } from '../../laws/report.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const backend = createWasmBackend();

const count = 4;
const shape = [5, 3];
const inputs = Array.from({ length: count }, (_, k) =>
  fromData(
    Float32Array.from({ length: 15 }, (_, i) => Math.sin(i * 12.9898 + 3 * k)),
    shape,
  ),
);

test('donation: any program and any set of arguments, one of which may come twice', () => {
  check(
    fc.property(
      programs({ maxSteps: 9 }),
      fc.array(fc.nat(count - 1), { minLength: count, maxLength: count }),
      fc.boolean(),
      fc.subarray(inputs.map((_, i) => i)),
      ({ steps }, places, twice, donate) =>
        onBackend(backend, () => {
          const args = inputs.map((x, i) => (twice ? (inputs[places[i] ?? i] ?? x) : x));
          // What a program returns is told by its values: one that comes twice becomes two.
          const f = (...x: Tensor[]): Tensor[] => runProgram(steps)(...x.map((each) => mul(each, 1) as Tensor));
          assertLaw(donationLaw(f, args, donate));
        }),
    ),
    { numRuns: 150 },
  );
});
