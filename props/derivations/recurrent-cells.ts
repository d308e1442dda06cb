/**
 * One step of plain recurrent networks and gated recurrent units. Plain: h′ = tanh p, p = x Wᵀ + b + h Uᵀ + c, so that with P = H(1 − h′²)
 *   dX = P W,   dH = P U,   dW = Pᵀ X,   dU = Pᵀ H,   db = dc = Pᵀ 1.
 * Gated, with a = x Wᵀ + b and u = h Uᵀ + c in blocks r, z, n:
 *   r = σ(a_r + u_r),   z = σ(a_z + u_z),   n = tanh(a_n + r u_n),   h′ = (1 − z) n + z h
 * and the cotangent H of h′, element by element:
 *   ∂L/∂ñ = H (1 − z)(1 − n²), write D for it;   ∂L/∂z̃ = H (h − n) z(1 − z);   ∂L/∂r̃ = D u_n r(1 − r)
 *   A = ∂L/∂a = [∂L/∂r̃ ∂L/∂z̃ D],   V = ∂L/∂u = [∂L/∂r̃ ∂L/∂z̃ D r],   and h is also read directly: H z
 *   dX = A W,   dW = Aᵀ X,   db = Aᵀ 1;   dH = V U + H z,   dU = Vᵀ H,   dc = Vᵀ 1.
 */
import * as fc from 'fast-check';
import { add, concat, matmul, mul, permute, sigmoid, slice, sub, sum, type Tensor, tanh } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { draw } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';

export interface CellWeights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly biasIh: Tensor;
  readonly biasHh: Tensor;
}

/** Cotangents of a step's inputs. */
export interface StepGradients extends CellWeights {
  readonly x: Tensor;
  readonly h: Tensor;
}

/** A step and the way back through it. */
export interface HandStep {
  readonly h: Tensor;
  readonly back: (cotangent: Tensor) => StepGradients;
}

const transposed = (matrix: Tensor): Tensor => permute(matrix, [1, 0]);
const columns = (x: Tensor, block: number, size: number): Tensor =>
  slice(x, [null, [block * size, (block + 1) * size, 1]]);
const slope = (y: Tensor): Tensor => mul(y, sub(1, y));
const rows = (x: Tensor): Tensor => sum(x, { axes: 0 });

/** What a matrix product with shared rows gives its factors. */
const gradients = (fromInput: Tensor, fromHidden: Tensor, x: Tensor, h: Tensor, w: CellWeights): StepGradients => ({
  x: matmul(fromInput, w.weightIh),
  h: matmul(fromHidden, w.weightHh),
  weightIh: matmul(transposed(fromInput), x),
  weightHh: matmul(transposed(fromHidden), h),
  biasIh: rows(fromInput),
  biasHh: rows(fromHidden),
});

export const rnnStep = (x: Tensor, h: Tensor, w: CellWeights): HandStep => {
  const a = add(matmul(x, transposed(w.weightIh)) as Tensor, w.biasIh);
  const u = add(matmul(h, transposed(w.weightHh)) as Tensor, w.biasHh);
  const y: Tensor = tanh(add(a, u));
  return {
    h: y,
    back: (cotangent) => {
      const P: Tensor = mul(cotangent, sub(1, mul(y, y)));
      return gradients(P, P, x, h, w);
    },
  };
};

export const gruStep = (x: Tensor, h: Tensor, w: CellWeights): HandStep => {
  const size = h.shape[1] ?? 1;
  const a = add(matmul(x, transposed(w.weightIh)) as Tensor, w.biasIh);
  const u = add(matmul(h, transposed(w.weightHh)) as Tensor, w.biasHh);
  const r = sigmoid(add(columns(a, 0, size), columns(u, 0, size)));
  const z: Tensor = sigmoid(add(columns(a, 1, size), columns(u, 1, size)));
  const un = columns(u, 2, size);
  const n: Tensor = tanh(add(columns(a, 2, size), mul(r, un)));
  return {
    h: add(mul(sub(1, z), n), mul(z, h)),
    back: (cotangent) => {
      const D: Tensor = mul(mul(cotangent, sub(1, z)), sub(1, mul(n, n)));
      const dr: Tensor = mul(mul(D, un), slope(r));
      const dz: Tensor = mul(mul(cotangent, sub(h, n)), slope(z));
      const own = gradients(concat([dr, dz, D], 1), concat([dr, dz, mul(D, r)], 1), x, h, w);
      return { ...own, h: add(own.h, mul(cotangent, z)) };
    },
  };
};

interface CellInputs extends CellWeights {
  readonly x: Tensor;
  readonly h: Tensor;
}

const cell = (
  name: string,
  gates: number,
  layer: (x: Tensor, h: Tensor, params: functional.CellParameters) => Tensor,
  step: (x: Tensor, h: Tensor, w: CellWeights) => HandStep,
): Derivation =>
  derivation<CellInputs>()({
    name,
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
            weightIh: draw([gates * hidden, inputs]),
            weightHh: draw([gates * hidden, hidden]),
            biasIh: draw([gates * hidden]),
            biasHh: draw([gates * hidden]),
          })
          .map((drawn) => ({ inputs: drawn, config: null })),
      ),
    layer: ({ x, h, ...params }) => layer(x, h, params),
    forward: ({ x, h, ...params }) => {
      const { h: next, back } = step(x, h, params);
      return [next, back];
    },
    backward: (cotangent, back) => ({ ...back(cotangent) }),
  });

export const rnnCell: Derivation = cell('rnnCell', 1, (x, h, p) => functional.rnnCell(x, h, p), rnnStep);
export const gruCell: Derivation = cell('gruCell', 3, functional.gruCell, gruStep);
