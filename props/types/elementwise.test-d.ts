/** Shapes of elementwise operations at compile time: broadcasting, literals, what keeps its shape, and what must be refused. */
import {
  atan2,
  clamp,
  div,
  equal,
  erf,
  greater,
  hypot,
  isNaN as isNaNOf,
  logicalAnd,
  maximum,
  ones,
  pow,
  safeDiv,
  safeLog,
  square,
  type Tensor,
  where,
  zeros,
} from '../../core/index.js';

/** Whether two types are the same, not just assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function is<T extends true>(witness?: T): void;

declare const batch: number;
declare const untyped: Tensor;

const column = zeros([5, 1]);
const row = zeros([3]);

const quotient = div(column, row);
is<Same<typeof quotient.shape, readonly [5, 3]>>();
const compared = greater(zeros([batch, 3]), row);
is<Same<typeof compared.shape, readonly [number, 3]>>();
const power = pow(column, 2);
is<Same<typeof power.shape, readonly [5, 1]>>();
const raised = pow(2, row);
is<Same<typeof raised.shape, readonly [3]>>();
const selected = where(equal(column, 0), row, 1);
is<Same<typeof selected.shape, readonly [5, 3]>>();
const open = maximum(untyped, row);
is<Same<typeof open.shape, Tensor['shape']>>();

const same = square(erf(safeLog(column)));
is<Same<typeof same.shape, readonly [5, 1]>>();
const missing = isNaNOf(row);
is<Same<typeof missing.shape, readonly [3]>>();
const clamped = clamp(column, { min: 0, max: 1 });
is<Same<typeof clamped.shape, readonly [5, 1]>>();
const stretched = clamp(column, { max: row });
is<Same<typeof stretched.shape, Tensor['shape']>>();

// @ts-expect-error 4 and 3 do not broadcast
div(zeros([4]), row);
// @ts-expect-error 4 and 3 do not broadcast
pow(zeros([4]), row);
// @ts-expect-error 4 and 3 do not broadcast
maximum(zeros([4]), row);
// @ts-expect-error 4 and 3 do not broadcast
atan2(zeros([4]), row);
// @ts-expect-error 4 and 3 do not broadcast
hypot(zeros([4]), row);
// @ts-expect-error 4 and 3 do not broadcast
greater(zeros([4]), row);
// @ts-expect-error 4 and 3 do not broadcast
safeDiv(zeros([4]), row);
// @ts-expect-error the condition has 4 elements, the branch 3
where(ones([4], 'bool'), row, 0);
// @ts-expect-error truth values have no literals
logicalAnd(ones([3], 'bool'), 1);
