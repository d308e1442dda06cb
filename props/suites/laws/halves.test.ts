/** Every primitive on float16 and bfloat16 is itself on float32, rounded once, on whatever backend. */
import * as fc from 'fast-check';
import { type HalfDtype, isFloat, isWidened } from '../../../core/base/dtype.js';
import { bindAll } from '../../../core/dispatch/interpreter.js';
import { cast, fromData, primitives, TapegradError, type Tensor } from '../../../core/index.js';
import type { Primitive } from '../../../core/program/primitive.js';
import type { Draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { type PrimitiveName, specs } from '../../specs/index.js';
import type { OpSpec } from '../../specs/spec.js';

/** Those that hold programs round within them, and have tests of their own. */
const names = Object.keys(specs) as (keyof typeof specs)[];

/** Operations whose parameter says what type the result has. */
const making: ReadonlySet<PrimitiveName> = new Set(['full', 'iota', 'cast', 'unitInterval']);

const inType = (x: Tensor, dtype: HalfDtype): Tensor => (isFloat(x.dtype) ? cast(x, dtype) : x);
const widened = (x: Tensor): Tensor => (isWidened(x.dtype) ? cast(x, 'float32') : x);

/** What comes out, or the kind of error. */
const outcome = (run: () => readonly Tensor[]): readonly Tensor[] | string => {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TapegradError)) throw error;
    return error.constructor.name;
  }
};

for (const name of names)
  if (!making.has(name))
    test(`halves: ${name} computes in float32 and rounds once`, () => {
      const primitive = primitives[name] as Primitive;
      let compared = 0;
      const spec: OpSpec = specs[name] as OpSpec;
      check(
        fc.property(spec.cases, fc.constantFrom<HalfDtype>('float16', 'bfloat16'), ({ inputs, params }, dtype) => {
          const given = inputs.map(({ data, shape, dtype: type = 'float64' }: Draw) =>
            fromData(data, shape, { dtype: type }),
          );
          const operands = given.map((x) => inType(x, dtype));
          const got = outcome(() => bindAll(primitive, operands, params));
          const wide = outcome(() => bindAll(primitive, operands.map(widened), params));
          if (typeof got === 'string' || typeof wide === 'string') {
            assert.is(got, wide);
            return;
          }
          compared++;
          // Without an operand of the type there is nothing to round.
          const want = operands.some((x) => x.dtype === dtype) ? wide.map((x) => inType(x, dtype)) : wide;
          assert.equal(
            got.map((x) => [x.dtype, x.shape, [...x.bytes()]]),
            want.map((x) => [x.dtype, x.shape, [...x.bytes()]]),
          );
        }),
        { numRuns: 15 },
      );
      assert.ok(compared > 0, 'nothing was compared');
    });
