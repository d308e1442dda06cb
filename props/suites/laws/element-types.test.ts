/** Every primitive on a type that is computed in another is itself on the other, rounded once, on whatever backend. */
import * as fc from 'fast-check';
import { type Dtype, isFloat } from '../../../core/base/dtype.js';
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

/** Types that are computed in others, and those. */
const wider = {
  float16: 'float32',
  bfloat16: 'float32',
  int8: 'int32',
  uint8: 'int32',
  int64: 'int32',
} as const satisfies Partial<Record<Dtype, Dtype>>;
type Narrow = keyof typeof wider;

const inType = (x: Tensor, dtype: Dtype): Tensor => (isFloat(x.dtype) ? cast(x, dtype) : x);

/** What comes out, or the kind of error. */
const outcome = (run: () => readonly Tensor[]): readonly Tensor[] | string => {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TapegradError)) throw error;
    return error.constructor.name;
  }
};

/** Fails unless a primitive does on a type what it does on the wider one, rounded; says how often the two were compared. */
const comparisons = (name: PrimitiveName, dtypes: readonly Narrow[], numRuns: number): number => {
  const primitive = primitives[name] as Primitive;
  const spec: OpSpec = specs[name as keyof typeof specs] as OpSpec;
  let compared = 0;
  check(
    fc.property(spec.cases, fc.constantFrom(...dtypes), ({ inputs, params }, dtype) => {
      const operands = inputs
        .map(({ data, shape, dtype: type = 'float64' }: Draw) => fromData(data, shape, { dtype: type }))
        .map((x) => inType(x, dtype));
      const got = outcome(() => bindAll(primitive, operands, params));
      // Nothing computes with int64.
      if (dtype === 'int64' && got === 'DtypeError') return;
      const wide = outcome(() =>
        bindAll(
          primitive,
          operands.map((x) => (x.dtype === dtype ? cast(x, wider[dtype]) : x)),
          params,
        ),
      );
      if (typeof got === 'string' || typeof wide === 'string') {
        assert.is(got, wide);
        return;
      }
      compared++;
      const wanted = wide.map((x, k) => (got[k]?.dtype === dtype ? cast(x, dtype) : x));
      assert.equal(
        got.map((x) => [x.dtype, x.shape, [...x.bytes()]]),
        wanted.map((x) => [x.dtype, x.shape, [...x.bytes()]]),
      );
      // What has an operand of a half gives no wider float.
      if (isFloat(dtype) && operands.some((x) => x.dtype === dtype))
        assert.ok(got.every((x) => x.dtype === dtype || !isFloat(x.dtype)));
    }),
    { numRuns },
  );
  return compared;
};

for (const name of names)
  if (!making.has(name)) {
    test(`halves: ${name} computes in float32 and rounds once`, () => {
      assert.ok(comparisons(name, ['float16', 'bfloat16'], 15) > 0, 'nothing was compared');
    });
    test(`integers: ${name} does on small ones what it does on int32, and moves int64 or refuses it`, () => {
      comparisons(name, ['int8', 'uint8', 'int64'], 8);
    });
  }

test('integers: a third of the primitives at least take them', () => {
  const taking = names.filter((name) => !making.has(name) && comparisons(name, ['int8'], 3) > 0);
  assert.ok(taking.length * 3 > names.length, taking.join());
});
