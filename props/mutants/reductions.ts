/** Mistakes in the rules of reductions, scans and lane-wise functions. */

import { bind } from '../../core/dispatch/interpreter.js';
import { cumsum, div, equal, exp, mul, primitives, sub, sum, type Tensor, where } from '../../core/index.js';
import { cast } from '../../core/primitives/elementwise/cast.js';
import { unreduce } from '../../core/primitives/reduce/sum.js';
import type { View } from '../../core/program/primitive.js';
import { at, type PrimitiveMutant, scaledBoth, withBatch, withVjp } from './mutant.js';

const along = (x: Tensor, axis: number): Tensor => sum(x, { axes: axis, keepDims: true });

/** Whether the next sum runs backwards: what an unordered reduction on several threads does by accident. */
const alternating = (): ((outs: readonly View[], inputs: readonly View[], p: never) => void) => {
  let backwards = false;
  return ([out], [x]) => {
    backwards = !backwards;
    const data = Array.from(x?.data ?? []);
    const order = backwards ? data.toReversed() : data;
    // Every element of the result gets the total, in this order.
    out?.data.fill(order.reduce((total, value) => total + value / 3, 0));
  };
};

export const reductionMutants: readonly PrimitiveMutant[] = [
  {
    name: 'sum: the mean',
    why: 'the cotangent is divided by the count',
    primitive: 'sum',
    wrong: withVjp(primitives.sum, 0, (c, right) => {
      const count = c.p.axes.reduce((size, axis) => size * (c.avals[0]?.shape[axis] ?? 1), 1);
      return div(right(c), count);
    }),
    caughtBy: 'law 3, exact difference',
  },
  {
    name: 'sum: eleventh digit',
    why: 'too small for differences, not for the exact difference of a linear function',
    primitive: 'sum',
    wrong: withVjp(primitives.sum, 0, (c, right) => mul(right(c), 1 + 3e-11)),
    caughtBy: 'law 3, exact difference',
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'sum: another order each time',
    why: 'accumulation in the order in which threads happen to finish',
    primitive: 'sum',
    wrong: { ...primitives.sum, forward: alternating() } as PrimitiveMutant['wrong'],
    caughtBy: 'law 8, determinism',
  },
  {
    name: 'sum: the axes of the stack',
    why: 'the batching rule reduces the axes of one example on the stack of them',
    primitive: 'sum',
    wrong: withBatch(primitives.sum, ({ x, p }) => bind(primitives.sum, [at(x, 0)], p)),
    caughtBy: 'law 9, vmap',
    throws: true,
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'softmax: no Σ term',
    why: 'ȳ ⊙ y: the diagonal of the Jacobian only',
    primitive: 'softmax',
    wrong: withVjp(primitives.softmax, 0, ({ g, y }) => mul(g, y)),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'softmax: the first axis',
    why: 'the sum runs over another axis than the softmax',
    primitive: 'softmax',
    wrong: withVjp(primitives.softmax, 0, ({ g, y }) => mul(y, sub(g, along(mul(g, y), 0)))),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'softmax: the axis of the stack',
    why: 'the batching rule forgets that axes move by one',
    primitive: 'softmax',
    wrong: withBatch(primitives.softmax, ({ x, p }) => bind(primitives.softmax, [at(x, 0)], p)),
    caughtBy: 'law 9, vmap',
    throws: true,
  },
  {
    name: 'softmax: no Σ term, in both rules',
    why: 'the Jacobian taken for its diagonal, twice',
    primitive: 'softmax',
    wrong: {
      ...primitives.softmax,
      vjp:
        () =>
        ({ g, y }) =>
          mul(g, y),
      jvp:
        () =>
        ({ t, y }) =>
          mul(t, y),
    } as PrimitiveMutant['wrong'],
    caughtBy: 'law 2, finite differences',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'logSoftmax: no softmax in the Σ term',
    why: 'ḡ − Σ ḡ/n in place of ḡ − p Σ ḡ',
    primitive: 'logSoftmax',
    wrong: withVjp(primitives.logSoftmax, 0, ({ g, p, y }) =>
      sub(g, div(along(g, p.axis), Math.max(1, y.shape[p.axis] ?? 1))),
    ),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'logsumexp: not normalised',
    why: 'ḡ eˣ in place of ḡ eˣ⁻ʸ',
    primitive: 'logsumexp',
    wrong: withVjp(primitives.logsumexp, 0, ({ g, x, p }) => mul(unreduce(g, at(x, 0).shape, p.axes), exp(at(x, 0)))),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'max: the tie is not divided',
    why: 'every winner takes the whole cotangent, so it multiplies',
    primitive: 'max',
    wrong: withVjp(primitives.max, 0, ({ g, x, y, p }) => {
      const input = at(x, 0);
      const spread = (z: Tensor): Tensor => unreduce(z, input.shape, p.axes);
      return mul(spread(g), cast(equal(input, spread(y)), g.dtype));
    }),
    caughtBy: 'boundary points',
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'min: the losers',
    why: 'the comparison is the wrong way round',
    primitive: 'min',
    wrong: withVjp(primitives.min, 0, ({ g, x, y, p }) => {
      const input = at(x, 0);
      const spread = (z: Tensor): Tensor => unreduce(z, input.shape, p.axes);
      return where(equal(input, spread(y)), 0, spread(g));
    }),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'prod: y/x',
    why: 'the quotient is 0/0 at a zero',
    primitive: 'prod',
    wrong: withVjp(primitives.prod, 0, ({ g, x, y, p }) => div(unreduce(mul(g, y), at(x, 0).shape, p.axes), at(x, 0)), {
      saves: 'both',
    }),
    caughtBy: 'boundary points',
  },
  {
    name: 'cumsum: not turned round',
    why: 'the transpose of a running sum runs the other way',
    primitive: 'cumsum',
    wrong: withVjp(primitives.cumsum, 0, ({ g, p }) => cumsum(g, p.axis, { reverse: p.reverse })),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'cumsum: one place off',
    why: 'a running sum that leaves its own element out',
    primitive: 'cumsum',
    wrong: withVjp(primitives.cumsum, 0, (c, right) => sub(right(c), c.g)),
    caughtBy: 'law 3, exact difference',
  },
  {
    name: 'cumprod: own product',
    why: 'yₖ where the product before xₖ belongs',
    primitive: 'cumprod',
    wrong: withVjp(primitives.cumprod, 0, ({ g, y, p }) => cumsum(mul(g, y), p.axis, { reverse: !p.reverse })),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'recurrence: hₖ for hₖ₋₁',
    why: 'off by one: the coefficient multiplies the value before',
    primitive: 'recurrence',
    wrong: withVjp(primitives.recurrence, 0, (c) => {
      const terms = primitives.recurrence.vjp(1)?.(c) ?? c.g;
      return mul(terms, c.y);
    }),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'logsumexp: too large by 1e-7, in both rules',
    why: 'an epsilon in the denominator',
    primitive: 'logsumexp',
    wrong: scaledBoth(primitives.logsumexp, (x) => mul(x, 1 - 1e-7)),
    caughtBy: 'law 2, finite differences',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'cumsum: the axis of the stack',
    why: 'the batch at axis 0 is summed along',
    primitive: 'cumsum',
    wrong: withBatch(primitives.cumsum, ({ x, p }) => bind(primitives.cumsum, [at(x, 0)], p)),
    caughtBy: 'law 9, vmap',
    throws: true,
  },
];
