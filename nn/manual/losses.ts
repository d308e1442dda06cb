/**
 * Losses by hand: each returns its value and the gradient with respect to the scores.
 *   softmax    L = (1/N) Σ_i [log Σ_k e^(s_ik − m_i) − (s_i,y_i − m_i)]        dS = (softmax(S) − Y)/N
 *   svm        L = (1/N) Σ_i Σ_{j≠y_i} max(0, s_ij − s_i,y_i + Δ)              dS_ij = M_ij/N, dS_i,y_i = −Σ_j M_ij/N, M_ij = [margin_ij > 0]
 *   mse        L = Σ (p − t)²/n over all n elements                            dP = 2(P − T)/n
 *   cross-entropy of probabilities  L = −(1/N) Σ y ln p                        dP = −Y/(N P)
 */

import { inOperation } from '../../core/base/scope.js';
import {
  add,
  cast,
  clamp,
  div,
  exp,
  greater,
  log,
  max,
  mul,
  neg,
  oneHot,
  relu,
  ShapeError,
  sub,
  sum,
  type Tensor,
  where,
} from '../../core/index.js';
import { checkedOptions, checkNumber, checkTensors } from '../../core/tensor/arguments.js';

/** A loss, a scalar, and its gradient with the shape of the scores. */
export type ManualLoss = readonly [loss: Tensor, dscores: Tensor];

/** Targets as rows that say how much of each class: classes `[N]` int32 as one-hot rows, rows `[N, C]` as they are. */
const targetRows = (op: string, scores: Tensor, y: Tensor): Tensor => {
  checkTensors(op, [scores, y]);
  const [samples, classes = 1] = scores.shape;
  const fits = y.dtype === 'int32' ? y.shape.join() === String(samples) : y.shape.join() === scores.shape.join();
  if (scores.rank !== 2 || !fits)
    throw new ShapeError({
      op,
      problem: 'scores and targets do not fit',
      shapes: [scores.shape, y.shape],
      remedy: 'give scores [N, C] and int32 class numbers [N], or rows of probabilities [N, C]',
    });
  return y.dtype === 'int32' ? oneHot(y, classes, scores.dtype) : y;
};

const rowSum = (x: Tensor): Tensor => sum(x, { axes: -1, keepDims: true });

/**
 * Softmax and cross-entropy in one, the mean over the batch: `scores: [N, C]`, `y`: int32 `[N]`, or `[N, C]` of any targets.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * softmaxLoss(tensor([[0, 0]]), tensor([1], { dtype: 'int32' }))[1].toArray() // [[0.5, -0.5]]
 */
export const softmaxLoss = (scores: Tensor, y: Tensor): ManualLoss =>
  inOperation('softmaxLoss', () => {
    const rows = targetRows('softmaxLoss', scores, y);
    const samples = scores.shape[0] ?? 1;
    const shifted: Tensor = sub(scores, max(scores, { axes: -1, keepDims: true }));
    const powers = exp(shifted);
    const total = rowSum(powers);
    const logp: Tensor = sub(shifted, log(total));
    // Targets whose rows do not sum to 1 scale the softmax: (S·rowsum(Y) − Y)/N.
    const dscores: Tensor = div(sub(mul(div(powers, total), rowSum(rows)), rows), samples);
    return [div(neg(sum(mul(rows, logp))), samples), dscores];
  });

const svmLossNames = { margin: true } as const;

/**
 * The multi-class support vector machine loss, the mean over the batch: `scores: [N, C]`, `y`: int32 `[N]`. Margins of exactly 0 have gradient 0.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * svmLoss(tensor([[1, 3, 0]]), tensor([0], { dtype: 'int32' }))[1].toArray() // [[-1, 1, 0]]
 */
export const svmLoss = (scores: Tensor, y: Tensor, options: { readonly margin?: number } = {}): ManualLoss =>
  inOperation('svmLoss', () => {
    const { margin = 1 } = checkedOptions('svmLoss', options, svmLossNames);
    const rows = targetRows('svmLoss', scores, y);
    const samples = scores.shape[0] ?? 1;
    const right = rowSum(mul(scores, rows));
    const margins: Tensor = add(sub(scores, right), margin);
    const wrong = greater(mul(relu(margins), sub(1, rows)), 0);
    const violated = cast(wrong, scores.dtype);
    const loss = div(sum(where(wrong, margins, 0)), samples);
    return [loss, div(sub(violated, mul(rows, rowSum(violated))), samples)];
  });

/**
 * The mean of squared differences over all elements.
 * @throws ShapeError when the shapes differ.
 * @example
 * mseLoss(tensor([1, 2]), tensor([1, 4]))[1].toArray() // [0, -2]
 */
export const mseLoss = (prediction: Tensor, target: Tensor): ManualLoss =>
  inOperation('mseLoss', () => {
    checkTensors('mseLoss', [prediction, target]);
    if (prediction.shape.join() !== target.shape.join())
      throw new ShapeError({
        op: 'mseLoss',
        problem: 'prediction and target have different shapes',
        shapes: [prediction.shape, target.shape],
        remedy: 'reshape one of them',
      });
    const d: Tensor = sub(prediction, target);
    return [div(sum(mul(d, d)), d.size), div(mul(d, 2), d.size)];
  });

const crossEntropyLossNames = { clip: true } as const;

/**
 * Cross-entropy of probabilities, such as softmax makes, the mean over the batch: `p: [N, C]`, `y`: int32 `[N]` or rows `[N, C]`. Probabilities are kept within
 * [clip, 1 − clip] (1e-7 by default); beyond, the gradient is that at the bound.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * crossEntropyLoss(tensor([[0.25, 0.75]]), tensor([[1, 0]]))[1].toArray() // [[-4, 0]]
 */
export const crossEntropyLoss = (p: Tensor, y: Tensor, options: { readonly clip?: number } = {}): ManualLoss =>
  inOperation('crossEntropyLoss', () => {
    const { clip = 1e-7 } = checkedOptions('crossEntropyLoss', options, crossEntropyLossNames);
    checkNumber('crossEntropyLoss', 'clip', clip);
    const rows = targetRows('crossEntropyLoss', p, y);
    const samples = p.shape[0] ?? 1;
    const kept = clip === 0 ? p : clamp(p, { min: clip, max: 1 - clip });
    return [
      div(neg(sum(mul(rows, log(kept)))), samples),
      where(greater(rows, 0), div(neg(div(rows, kept)), samples), 0),
    ];
  });
