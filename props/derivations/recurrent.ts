/**
 * One step of a long short-term memory, with pre-activations `[ĩ f̃ g̃ õ] = x Wᵀ + h Uᵀ + b` and
 *   i = σ(ĩ), f = σ(f̃), g = tanh g̃, o = σ(õ),   c′ = f c + i g,   h′ = o tanh c′.
 * With cotangents H of h′ and C of c′, element by element:
 *   ∂L/∂c′ = C + H o (1 − tanh² c′),   write D for it
 *   ∂L/∂ĩ = D g i(1 − i),   ∂L/∂f̃ = D c f(1 − f),   ∂L/∂g̃ = D i (1 − g²),   ∂L/∂õ = H tanh c′ · o(1 − o),   ∂L/∂c = D f
 * and with P = [∂L/∂ĩ ∂L/∂f̃ ∂L/∂g̃ ∂L/∂õ], as for a dense layer:
 *   dX = P W,   dH = P U,   dW = Pᵀ X,   dU = Pᵀ H,   db = Pᵀ 1.
 */
import * as fc from 'fast-check';
import { add, concat, matmul, mul, permute, sigmoid, slice, sub, sum, type Tensor, tanh } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { draw } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';

interface Cell {
  readonly x: Tensor;
  readonly h: Tensor;
  readonly c: Tensor;
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly biasIh: Tensor;
}

const transposed = (matrix: Tensor): Tensor => permute(matrix, [1, 0]);

/** Columns from `start` to `start + size`. */
const columns = (x: Tensor, start: number, size: number): Tensor => slice(x, [null, [start, start + size, 1]]);

/** y(1 − y), the slope of a sigmoid with value y. */
const slope = (y: Tensor): Tensor => mul(y, sub(1, y));

export const lstmCell: Derivation = derivation<Cell>()({
  name: 'lstmCell',
  cases: fc
    .record({
      samples: fc.integer({ min: 1, max: 3 }),
      inputs: fc.integer({ min: 1, max: 3 }),
      hidden: fc.integer({ min: 1, max: 3 }),
    })
    .chain(({ samples, inputs, hidden }) =>
      fc
        .record({
          x: draw([samples, inputs]),
          h: draw([samples, hidden]),
          c: draw([samples, hidden]),
          weightIh: draw([4 * hidden, inputs]),
          weightHh: draw([4 * hidden, hidden]),
          biasIh: draw([4 * hidden]),
        })
        .map((drawn) => ({ inputs: drawn, config: null })),
    ),
  layer: ({ x, h, c, ...params }) => concat([...functional.lstmCell(x, h, c, params)], 1),
  forward: ({ x, h, c, weightIh, weightHh, biasIh }) => {
    const size = h.shape[1] ?? 1;
    const pre = add(add(matmul(x, transposed(weightIh)) as Tensor, matmul(h, transposed(weightHh)) as Tensor), biasIh);
    const [i, f, o] = [0, 1, 3].map((gate) => sigmoid(columns(pre, gate * size, size))) as [Tensor, Tensor, Tensor];
    const g: Tensor = tanh(columns(pre, 2 * size, size));
    const next: Tensor = add(mul(f, c), mul(i, g));
    const t: Tensor = tanh(next);
    return [concat([mul(o, t), next], 1), { x, h, c, weightIh, weightHh, i, f, g, o, t, size }];
  },
  backward: (cotangent, { x, h, c, weightIh, weightHh, i, f, g, o, t, size }) => {
    const H = columns(cotangent, 0, size);
    const D = add(columns(cotangent, size, size), mul(mul(H, o), sub(1, mul(t, t))));
    const P = concat(
      [mul(mul(D, g), slope(i)), mul(mul(D, c), slope(f)), mul(mul(D, i), sub(1, mul(g, g))), mul(mul(H, t), slope(o))],
      1,
    );
    return {
      x: matmul(P, weightIh),
      h: matmul(P, weightHh),
      c: mul(D, f),
      weightIh: matmul(transposed(P), x),
      weightHh: matmul(transposed(P), h),
      biasIh: sum(P, { axes: 0 }),
    };
  },
});
