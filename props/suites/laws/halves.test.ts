/** Every primitive on float16 and bfloat16 is itself on float32, rounded once, on whatever backend. */
import * as fc from 'fast-check';
import { type HalfDtype, isFloat, isWidened } from '../../../core/base/dtype.js';
import { bind } from '../../../core/dispatch/interpreter.js';
import { cast, fromData, primitives, TapegradError, type Tensor } from '../../../core/index.js';
import type { Primitive } from '../../../core/program/primitive.js';
import type { Draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { type PrimitiveName, specs } from '../../specs/index.js';
import type { OpSpec } from '../../specs/spec.js';

const names = Object.keys(primitives) as PrimitiveName[];

/** Operations whose parameter says what type the result has. */
const making: ReadonlySet<PrimitiveName> = new Set(['full', 'iota', 'cast', 'unitInterval']);

const inType = (x: Tensor, dtype: HalfDtype): Tensor => (isFloat(x.dtype) ? cast(x, dtype) : x);
const widened = (x: Tensor): Tensor => (isWidened(x.dtype) ? cast(x, 'float32') : x);

/** What comes out, or the kind of error. */
const outcome = (run: () => Tensor): Tensor | string => {
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
      const spec: OpSpec = specs[name] as OpSpec;
      check(
        fc.property(spec.cases, fc.constantFrom<HalfDtype>('float16', 'bfloat16'), ({ inputs, params }, dtype) => {
          const given = inputs.map(({ data, shape, dtype: type = 'float64' }: Draw) =>
            fromData(data, shape, { dtype: type }),
          );
          const operands = given.map((x) => inType(x, dtype));
          const got = outcome(() => bind(primitive, operands, params));
          const wide = outcome(() => bind(primitive, operands.map(widened), params));
          if (typeof got === 'string' || typeof wide === 'string') {
            assert.is(got, wide);
            return;
          }
          const want = isFloat(wide.dtype) ? inType(wide, dtype) : wide;
          assert.is(got.dtype, want.dtype);
          assert.equal([...got.bytes()], [...want.bytes()]);
        }),
        { numRuns: 15 },
      );
    });
