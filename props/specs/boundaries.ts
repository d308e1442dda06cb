/**
 * Boundary points of primitives: where the derivative does not exist or the formula breaks down, and what the rule
 * decided in `docs/semantics.md` makes the gradient there. Exact numbers, no tolerance.
 */

import { vjp } from '../../autograd/transforms/vjp.js';
import { bind } from '../../core/dispatch/interpreter.js';
import type { Primitive } from '../../core/program/primitive.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { tensorOf } from '../arbitraries/tensors.js';
import type { Draw } from '../arbitraries/values.js';
import { type Deviation, exact, type Report, reportOf } from '../laws/report.js';
import type { PrimitiveName } from './index.js';

interface BoundaryPoint {
  readonly at: string;
  readonly inputs: readonly Draw[];
  readonly params: unknown;
  readonly cotangent: readonly number[];
  /** The gradient of each input; `null` for those that have none. */
  readonly gradients: readonly (readonly number[] | null)[];
}

const vector = (...data: number[]): Draw => ({ shape: [data.length], data });
const all = { axes: [0], keepDims: false };
const scan = { axis: 0, reverse: false };

export const boundaries: { readonly [Name in PrimitiveName]?: readonly BoundaryPoint[] } = {
  abs: [{ at: '0', inputs: [vector(0)], params: null, cotangent: [1], gradients: [[0]] }],
  relu: [
    { at: '0', inputs: [vector(0)], params: null, cotangent: [1], gradients: [[0]] },
    { at: '−1, infinite cotangent', inputs: [vector(-1)], params: null, cotangent: [Infinity], gradients: [[0]] },
  ],
  sign: [{ at: '0', inputs: [vector(0)], params: null, cotangent: [1], gradients: [[0]] }],
  sqrt: [{ at: '0', inputs: [vector(0)], params: null, cotangent: [1], gradients: [[Infinity]] }],
  stopGradient: [{ at: 'any point', inputs: [vector(2)], params: null, cotangent: [1], gradients: [[0]] }],
  maximum: [{ at: 'a tie', inputs: [vector(1), vector(1)], params: null, cotangent: [1], gradients: [[0.5], [0.5]] }],
  minimum: [{ at: 'a tie', inputs: [vector(1), vector(1)], params: null, cotangent: [1], gradients: [[0.5], [0.5]] }],
  pow: [
    { at: 'x = 0, y = 0', inputs: [vector(0), vector(0)], params: null, cotangent: [1], gradients: [[0], [0]] },
    { at: 'x = 0, y = 2', inputs: [vector(0), vector(2)], params: null, cotangent: [1], gradients: [[0], [0]] },
  ],
  where: [
    {
      at: 'an infinite cotangent',
      inputs: [{ ...vector(1, 0), dtype: 'bool' }, vector(1, 2), vector(3, 4)],
      params: null,
      cotangent: [Infinity, 1],
      gradients: [null, [Infinity, 0], [0, 1]],
    },
  ],
  max: [
    { at: 'two ties of three', inputs: [vector(2, 1, 2)], params: all, cotangent: [1], gradients: [[0.5, 0, 0.5]] },
  ],
  min: [
    { at: 'two ties of three', inputs: [vector(1, 2, 1)], params: all, cotangent: [1], gradients: [[0.5, 0, 0.5]] },
  ],
  prod: [
    { at: 'one zero', inputs: [vector(2, 0, 3)], params: all, cotangent: [1], gradients: [[0, 6, 0]] },
    { at: 'two zeros', inputs: [vector(2, 0, 0)], params: all, cotangent: [1], gradients: [[0, 0, 0]] },
  ],
  cumprod: [{ at: 'one zero', inputs: [vector(2, 0, 3)], params: scan, cotangent: [1, 1, 1], gradients: [[1, 8, 0]] }],
  logsumexp: [
    { at: 'all −∞', inputs: [vector(-Infinity, -Infinity)], params: all, cotangent: [1], gradients: [[0, 0]] },
  ],
};

/** A zero is a zero, whatever its sign. */
const unsigned = (x: number): number => x + 0;

/** The gradients of `primitive` at its boundary points. */
export const boundaryLaw = (primitive: Primitive, points: readonly BoundaryPoint[]): Report => {
  const deviations = points.flatMap(({ at, inputs, params, cotangent, gradients }): Deviation[] => {
    const f = (...x: Tensor[]): Tensor => bind(primitive, x, params);
    const [y, pullback] = vjp<Tensor[], Tensor>(f, ...inputs.map(tensorOf));
    const pulled = pullback(tensorOf({ shape: y.shape, data: cotangent }));
    return gradients.flatMap((wanted, k) =>
      (wanted ?? []).map((want, i) =>
        exact(`${at}, argument ${k} [${i}]`, unsigned(pulled[k]?.dataSync()[i] ?? Number.NaN), unsigned(want)),
      ),
    );
  });
  return reportOf('boundary points', 0, deviations);
};
