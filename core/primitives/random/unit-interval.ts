/**
 * Two random words become a number in [0, 1): the leading bits fill the mantissa, so every result is a multiple of
 * 2⁻²³ (float32, from the exclusive-or of the words) or 2⁻⁵² (float64, from both words in a row).
 */

import { type FloatDtype, isFloat, isWidened } from '../../base/dtype.js';
import { DtypeError } from '../../base/errors.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { checkDtype, tensorOperand } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';

export interface UnitIntervalParams {
  readonly dtype: FloatDtype;
}

export const unitIntervalPrimitive: Primitive<'unitInterval', UnitIntervalParams> = define<
  readonly [Tensor],
  UnitIntervalParams
>()({
  name: 'unitInterval',
  family: 'random',
  docs: 'y = leading bits of a word pair, as a fraction in [0, 1)',
  saves: 'none',
  infer: ([words], { dtype }) => ({ shape: (words?.shape ?? []).slice(0, -1), dtype }),
  forward: (out, [words], { dtype }) => {
    if (words === undefined) return;
    for (let i = 0; i < out.data.length; i++) {
      const high = words.data[2 * i] ?? 0;
      const low = words.data[2 * i + 1] ?? 0;
      out.data[i] =
        dtype === 'float32' ? ((high ^ low) >>> 9) / 2 ** 23 : ((high >>> 0) * 2 ** 20 + (low >>> 12)) / 2 ** 52;
    }
  },
  vjp: [null],
  jvp: [null],
  batch: ({ x: [words], p }) => unitInterval(words, p.dtype),
});

/** Numbers in [0, 1) from random word pairs `words: […, 2]` (int32). */
export const unitInterval = (words: Tensor, dtype: FloatDtype): Tensor => {
  checkDtype('unitInterval', dtype);
  if (!isFloat(dtype) || isWidened(dtype))
    throw new DtypeError({
      op: 'unitInterval',
      problem: `does not give ${dtype as string}`,
      remedy: "use 'float32' or 'float64'",
    });
  return bind(unitIntervalPrimitive, [tensorOperand('unitInterval', words)], { dtype } satisfies UnitIntervalParams);
};
