/** Mistakes in the rules of elementwise primitives. */
import {
  abs,
  cos,
  div,
  greaterEqual,
  log,
  mean,
  mul,
  neg,
  primitives,
  sin,
  stopGradient,
  sub,
  type Tensor,
  where,
} from '../../core/index.js';
import { cast } from '../../core/primitives/elementwise/cast.js';
import { reshape } from '../../core/primitives/shape/reshape.js';
import { at, type PrimitiveMutant, scaledBoth, withJvp, withVjp } from './mutant.js';

/** Un-broadcasting by the mean instead of the sum. */
const meanTo = (x: Tensor, shape: readonly number[]): Tensor => {
  const extra = x.rank - shape.length;
  const axes = x.shape.flatMap((size, i) => (i < extra || (shape[i - extra] === 1 && size !== 1) ? [i] : []));
  return reshape(axes.length === 0 ? x : mean(x, { axes, keepDims: true }), shape) as Tensor;
};

export const elementwiseMutants: readonly PrimitiveMutant[] = [
  {
    name: 'mul: scaled by 1.001',
    why: 'a factor that is nearly right',
    primitive: 'mul',
    wrong: withVjp(primitives.mul, 0, (c, right) => mul(right(c), 1.001)),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'mul: the operand itself',
    why: 'd(ab)/da = a: operands mixed up',
    primitive: 'mul',
    wrong: withVjp(primitives.mul, 0, ({ g, x }) => mul(g, at(x, 0)), { broadcasts: true }),
    caughtBy: 'law 3, exact difference',
  },
  {
    name: 'mul: no un-broadcasting',
    why: 'the cotangent of a stretched operand keeps the stretched shape',
    primitive: 'mul',
    wrong: { ...primitives.mul, broadcasts: false } as PrimitiveMutant['wrong'],
    caughtBy: 'law 1, adjoint',
    throws: true,
  },
  {
    name: 'mul: un-broadcast by the mean',
    why: 'the uses of a stretched operand add up; they are not averaged',
    primitive: 'mul',
    wrong: withVjp(primitives.mul, 1, ({ g, x, avals }) => meanTo(mul(g, at(x, 0)), avals[1]?.shape ?? [])),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'mul: half a tangent',
    why: 'the product rule in forward mode loses its second term',
    primitive: 'mul',
    wrong: withJvp(primitives.mul, (k) => (k === 0 ? ({ t, x }) => mul(t, at(x, 1)) : null)),
    caughtBy: 'law 1, adjoint',
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'sub: sign flip',
    why: 'd(a − b)/db = +1',
    primitive: 'sub',
    wrong: withVjp(primitives.sub, 1, ({ g }) => g),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'neg: sign lost',
    why: 'd(−x)/dx = +1',
    primitive: 'neg',
    wrong: withVjp(primitives.neg, 0, ({ g }) => g),
    caughtBy: 'law 3, exact difference',
  },
  {
    name: 'div: the square is missing',
    why: 'd(a/b)/db = −a/b',
    primitive: 'div',
    wrong: withVjp(primitives.div, 1, ({ g, x }) => neg(mul(g, div(at(x, 0), at(x, 1)))), { saves: 'both' }),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'pow: the logarithm is missing',
    why: 'd(xʸ)/dy = xʸ',
    primitive: 'pow',
    wrong: withVjp(primitives.pow, 1, ({ g, y }) => mul(g, y), { saves: 'both' }),
    caughtBy: 'law 7, complex step',
  },
  {
    name: 'atan2: arguments swapped',
    why: 'the two rules change places',
    primitive: 'atan2',
    wrong: { ...primitives.atan2, vjp: (k) => primitives.atan2.vjp(1 - k) } as PrimitiveMutant['wrong'],
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'exp: 1e-6 too much',
    why: 'a guard against zero that stays in the gradient',
    primitive: 'exp',
    wrong: scaledBoth(primitives.exp, (x) => mul(x, 1 + 1e-6)),
    caughtBy: 'law 2, finite differences',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'exp: the saved output is a constant',
    why: 'right to first order, and to no other',
    primitive: 'exp',
    wrong: withVjp(primitives.exp, 0, ({ g, y }) => mul(g, stopGradient(y))),
    caughtBy: 'law 5, higher order',
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'tanh: the square is missing',
    why: 'd tanh = 1 − y',
    primitive: 'tanh',
    wrong: withVjp(primitives.tanh, 0, ({ g, y }) => mul(g, sub(1, y)), { saves: 'both' }),
    caughtBy: 'law 4, Taylor order',
  },
  {
    name: 'sigmoid: one factor',
    why: 'dσ = y instead of y(1 − y)',
    primitive: 'sigmoid',
    wrong: withVjp(primitives.sigmoid, 0, ({ g, y }) => mul(g, y), { saves: 'both' }),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'log: twelfth digit',
    why: 'a constant typed with twelve digits, in both rules',
    primitive: 'log',
    wrong: scaledBoth(primitives.log, (x) => mul(x, 1 + 1e-12)),
    caughtBy: 'law 7, complex step',
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'sin: the cosine is negative, in both rules',
    why: 'one wrong derivation written down twice; only an oracle can tell',
    primitive: 'sin',
    wrong: scaledBoth(primitives.sin, neg),
    caughtBy: 'law 2, finite differences',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'cos: the sign of the tangent',
    why: 'd cos = +sin in forward mode only',
    primitive: 'cos',
    wrong: withJvp(
      primitives.cos,
      () =>
        ({ t, x }) =>
          mul(t, sin(at(x, 0))),
    ),
    caughtBy: 'law 1, adjoint',
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'sin: the pullback of |ȳ|',
    why: 'a rule that is not linear in the cotangent',
    primitive: 'sin',
    wrong: withVjp(primitives.sin, 0, ({ g, x }) => mul(abs(g), cos(at(x, 0))), { saves: 'both' }),
    caughtBy: 'linear pullback',
  },
  {
    name: 'sqrt: the half is missing in the tangent',
    why: 'forward and backward rule differ by a factor',
    primitive: 'sqrt',
    wrong: withJvp(
      primitives.sqrt,
      () =>
        ({ t, y }) =>
          div(t, y),
    ),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'log1p: the logarithm of x instead',
    why: 'd log(1 + x) = 1/x',
    primitive: 'log1p',
    wrong: withVjp(primitives.log1p, 0, ({ g, x }) => div(g, at(x, 0)), { saves: 'both' }),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'log2: the natural logarithm',
    why: 'the factor 1/ln 2 is missing in both rules',
    primitive: 'log2',
    wrong: scaledBoth(primitives.log2, (x) => mul(x, Math.LN2)),
    caughtBy: 'law 2, finite differences',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'erf: a constant with seven digits',
    why: '2/√π = 1.128379',
    primitive: 'erf',
    wrong: scaledBoth(primitives.erf, (x) => mul(x, 1.128379 / (2 / Math.sqrt(Math.PI)))),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'softplus: the wrong side',
    why: "softplus' = σ(−x)",
    primitive: 'softplus',
    wrong: withVjp(primitives.softplus, 0, (c, right) => sub(c.g, right(c))),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'round: straight through',
    why: 'the gradient of a step function is 0, not 1',
    primitive: 'round',
    wrong: withVjp(primitives.round, 0, ({ g }) => g),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'stopGradient: lets it through',
    why: 'the stop is forgotten',
    primitive: 'stopGradient',
    wrong: withVjp(primitives.stopGradient, 0, ({ g }) => g),
    caughtBy: 'boundary points',
  },
  {
    name: 'abs: 1 at 0',
    why: 'the sign of 0 taken as 1',
    primitive: 'abs',
    wrong: withVjp(primitives.abs, 0, ({ g, x }) => where(greaterEqual(at(x, 0), 0), g, neg(g)), { saves: 'both' }),
    caughtBy: 'boundary points',
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'relu: 1 at 0',
    why: '≥ instead of >',
    primitive: 'relu',
    wrong: withVjp(primitives.relu, 0, ({ g, x }) => where(greaterEqual(at(x, 0), 0), g, 0), { saves: 'both' }),
    caughtBy: 'boundary points',
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'maximum: a tie goes to the first',
    why: 'the subgradient of least norm halves it',
    primitive: 'maximum',
    wrong: withVjp(
      withVjp(primitives.maximum, 0, ({ g, x }) => where(greaterEqual(at(x, 0), at(x, 1)), g, 0), { saves: 'both' }),
      1,
      ({ g, x }) => where(greaterEqual(at(x, 0), at(x, 1)), 0, g),
    ),
    caughtBy: 'boundary points',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'where: a mask instead of a selection',
    why: '0·∞ = NaN',
    primitive: 'where',
    wrong: withVjp(primitives.where, 2, ({ g, x }) => mul(g, sub(1, cast(at(x, 0), g.dtype))), { saves: 'both' }),
    caughtBy: 'boundary points',
    missedBy: 'law 2, finite differences',
  },
  {
    name: 'where: the other branch',
    why: 'the condition is read the wrong way round',
    primitive: 'where',
    wrong: withVjp(primitives.where, 1, ({ g, x }) => where(at(x, 0), 0, g), { saves: 'both' }),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'expm1: the function instead of its derivative',
    why: 'd(eˣ − 1) = y',
    primitive: 'expm1',
    wrong: withVjp(primitives.expm1, 0, ({ g, y }) => mul(g, y), { saves: 'both' }),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'hypot: the other side',
    why: '∂√(a² + b²)/∂a = b/y',
    primitive: 'hypot',
    wrong: withVjp(primitives.hypot, 0, ({ g, x, y }) => div(mul(g, at(x, 1)), y), { saves: 'both' }),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'acos: the sign',
    why: "acos' = +1/√(1 − x²)",
    primitive: 'acos',
    wrong: withVjp(primitives.acos, 0, (c, right) => neg(right(c))),
    caughtBy: 'law 7, complex step',
  },
  {
    name: 'log: of the wrong number in float64',
    why: 'a forward loop that rounds to float32 on the way',
    primitive: 'log',
    wrong: {
      ...primitives.log,
      forward: (out, inputs, p) =>
        primitives.log.forward(
          out,
          inputs.map((view) => ({ ...view, data: Float32Array.from(view.data) })),
          p as null,
        ),
    } as PrimitiveMutant['wrong'],
    caughtBy: 'oracle',
  },
  {
    name: 'log1p: the logarithm of 1 + x',
    why: 'a forward loop whose sum loses the digits of x, as whatever is written alike does',
    primitive: 'log1p',
    wrong: {
      ...primitives.log1p,
      forward: (out, inputs, p) =>
        primitives.log.forward(
          out,
          inputs.map((view) => ({ ...view, data: Float64Array.from(view.data, (x) => 1 + Number(x)) })),
          p as null,
        ),
    } as PrimitiveMutant['wrong'],
    caughtBy: 'integral',
  },
  {
    name: 'log: the argument of the tangent',
    why: 'a tangent through log|t| is not linear',
    primitive: 'log',
    wrong: withJvp(
      primitives.log,
      () =>
        ({ t, x }) =>
          div(mul(t, log(at(x, 0))), at(x, 0)),
    ),
    caughtBy: 'law 1, adjoint',
  },
];
