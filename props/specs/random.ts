/** Specs of the random primitives: functions of integer words, without derivatives. */
import * as fc from 'fast-check';
import { broadcastable, shapes } from '../arbitraries/shapes.js';
import { drawIntegers } from '../arbitraries/values.js';
import type { OpSpec } from './spec.js';

const word = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const words = (shape: readonly number[]): ReturnType<typeof drawIntegers> =>
  drawIntegers([...shape, 2], word.min, word.max);

export const randomSpecs: Record<'threefry' | 'unitInterval', OpSpec> = {
  threefry: {
    cases: broadcastable(2, { maxRank: 2 }).chain(([key = [], counter = []]) =>
      fc.tuple(words(key), words(counter)).map((inputs) => ({ inputs, params: null })),
    ),
    derivative: 'none',
    ulp: 0,
  },
  unitInterval: {
    cases: shapes({ maxRank: 2 }).chain((shape) =>
      words(shape).map((x) => ({ inputs: [x], params: { dtype: 'float64' } })),
    ),
    derivative: 'none',
    oracle: ({ inputs: [draw] }) =>
      Array.from({ length: (draw?.data.length ?? 0) / 2 }, (_, i) => {
        const high = BigInt.asUintN(32, BigInt(draw?.data[2 * i] ?? 0));
        const low = BigInt.asUintN(32, BigInt(draw?.data[2 * i + 1] ?? 0));
        return Number(((high << 32n) | low) >> 12n) / 2 ** 52;
      }),
    ulp: 0,
  },
};
