/**
 * A network with one hidden layer whose backward pass is written by hand: no tape, only products of matrices. The derivation
 * stands beside each line; `props/suites/examples` holds it against the tape.
 */
import {
  add,
  argmax,
  cast,
  compile,
  div,
  equal,
  foldIn,
  greater,
  type Key,
  log,
  matmul,
  maximum,
  mean,
  mul,
  neg,
  normal,
  sub,
  sum,
  type Tensor,
  transpose,
  treeMap,
  where,
  zeros,
} from '../../autograd/index.js';
import { relu, softmax } from '../../nn/index.js';

export interface OneHiddenLayer {
  readonly w1: Tensor;
  readonly b1: Tensor;
  readonly w2: Tensor;
  readonly b2: Tensor;
}

/** Weights `[in, hidden]` and `[hidden, out]` from N(0, 0.01²), biases `[1, hidden]` and `[1, out]` of zeros. */
export const oneHiddenLayer = (from: Key, inputs: number, hidden: number, outputs: number): OneHiddenLayer => ({
  w1: normal(foldIn(from, 0), [inputs, hidden], { std: 0.01 }),
  b1: zeros([1, hidden]),
  w2: normal(foldIn(from, 1), [hidden, outputs], { std: 0.01 }),
  b2: zeros([1, outputs]),
});

export interface Intermediates {
  readonly z1: Tensor;
  readonly a1: Tensor;
  readonly z2: Tensor;
  /** Probabilities. */
  readonly a2: Tensor;
}

/** z₁ = x W₁ + b₁, a₁ = relu(z₁), z₂ = a₁ W₂ + b₂, a₂ = softmax(z₂). */
export const forward = ({ w1, b1, w2, b2 }: OneHiddenLayer, x: Tensor): Intermediates => {
  const z1 = add(matmul(x, w1), b1);
  const a1 = relu(z1);
  const z2 = add(matmul(a1, w2), b2);
  return { z1, a1, z2, a2: softmax(z2) };
};

/** `[N, classes]` probabilities. */
export const predict = (net: OneHiddenLayer, x: Tensor): Tensor => forward(net, x).a2;

/** −Σ y ln p over a batch divided by the number of samples, which is what `backward` differentiates; `y: [N, classes]`. */
export const batchLoss = (probabilities: Tensor, y: Tensor): Tensor =>
  neg(mean(sum(mul(y, log(maximum(probabilities, 1e-12))), { axes: 1 })));

/** The same sum divided by the number of classes as well, the mean over all elements: how this network reports its loss. */
export const reportedLoss = (probabilities: Tensor, y: Tensor): Tensor =>
  div(batchLoss(probabilities, y), y.shape[1] ?? 1);

/** The gradient of `batchLoss` for N samples. */
export const backward = (
  { w2 }: OneHiddenLayer,
  x: Tensor,
  { z1, a1, a2 }: Intermediates,
  y: Tensor,
): OneHiddenLayer => {
  // Softmax and cross-entropy together: ∂L/∂z₂ = (a₂ − y)/N.
  const dz2 = div(sub(a2, y), x.shape[0] ?? 1);
  // ReLU lets through what came from a positive z₁: ∂L/∂z₁ = (∂L/∂z₂ W₂ᵀ) · [z₁ > 0].
  const dz1 = where(greater(z1, 0), matmul(dz2, transpose(w2)), 0);
  return {
    w1: matmul(transpose(x), dz1),
    // A bias is added to every sample, so its gradient is the sum over them.
    b1: sum(dz1, { axes: 0, keepDims: true }),
    w2: matmul(transpose(a1), dz2),
    b2: sum(dz2, { axes: 0, keepDims: true }),
  };
};

/** θ ← θ − rate · ∂L/∂θ. */
export const descend = (net: OneHiddenLayer, gradient: OneHiddenLayer, rate: number): OneHiddenLayer =>
  treeMap((value, slope = value) => sub(value, mul(slope, rate)), net, gradient);

/** One step of gradient descent on a batch, as one program. */
export const trainingStep: (net: OneHiddenLayer, x: Tensor, y: Tensor, rate: number) => OneHiddenLayer = compile(
  (net: OneHiddenLayer, x: Tensor, y: Tensor, rate: number) => descend(net, backward(net, x, forward(net, x), y), rate),
);

/** The share of samples whose most probable class is the right one. */
export const shareRight = (probabilities: Tensor, y: Tensor): Tensor =>
  mean(cast(equal(argmax(probabilities, { axis: 1 }), argmax(y, { axis: 1 })), 'float32'));
