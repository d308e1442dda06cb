/**
 * Losses on class scores: cross-entropy and its parts. The class axis is axis 1 (`[N, C]` or `[N, C, d1, …]`), or axis 0 of
 * a single sample `[C]`.
 * For −Σ_c t_c·log softmax(x)_c with Σt = 1 the gradient is softmax(x) − t: log-softmax is one fused primitive, so the
 * loss never takes the logarithm of a rounded probability.
 */

import { isBool, isFloat } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import {
  ArgumentError,
  add,
  any,
  cast,
  clamp,
  DtypeError,
  equal,
  log,
  logicalAnd,
  logSoftmax,
  mul,
  neg,
  notEqual,
  reshape,
  type Shape,
  ShapeError,
  sum,
  type Tensor,
  unsqueeze,
  where,
} from '../../core/index.js';
import { checkedOptions, checkTensors, fitsInt32, rankOf, tensorOperand } from '../../core/tensor/arguments.js';
import type { Counted } from '../../core/tensor/counted.js';
import { checkNumbers, checkWhole, pickNumbers, takeNumbers, type WholeNumbers } from './class-numbers.js';
import { withoutAbsent } from './masking.js';
import { alongAxis } from './normalise.js';
import {
  type AnyReduction,
  type Reducible,
  type Reducing,
  type ReductionOptions,
  reduceCounted,
  reduceLoss,
} from './reduce.js';
import { shareOf, weighedBy } from './terms.js';
import { checkShares, checkWeights } from './weights.js';

/** The class axis, the number of classes, and the shape of one loss a place. */
interface Places {
  readonly axis: number;
  readonly classes: number;
  readonly shape: Shape;
}

const placesOf = (op: string, x: Tensor): Places => {
  if (rankOf(op, x) === 0)
    throw new ShapeError({
      op,
      problem: 'a scalar has no class axis',
      shapes: [x.shape],
      remedy: 'give [N, C], [N, C, …] or [C]',
    });
  const axis = x.rank === 1 ? 0 : 1;
  return { axis, classes: x.shape[axis] ?? 1, shape: x.shape.filter((_, i) => i !== axis) };
};

const checkTarget = (op: string, x: Tensor, target: Tensor, expected: Shape): void => {
  checkTensors(op, [x, target]);
  // Shapes are right where they are those of the other kind of target: then it is the element type that says so.
  if (
    !isFloat(target.dtype) &&
    target.shape.join() === x.shape.join() &&
    (expected.length < x.rank || isBool(target.dtype))
  )
    throw new DtypeError({
      op,
      problem: `the target has the shape of the scores, and is ${target.dtype}`,
      shapes: [x.shape, target.shape],
      remedy: `${op.startsWith('crossEntropy') ? "rows of shares are floats: cast(y, 'float32'), or " : ''}give class numbers: argmax(cast(y, 'int32'), { axis: ${x.rank === 1 ? 0 : 1} })`,
    });
  if (target.shape.join() !== expected.join())
    throw new ShapeError({
      op,
      problem: `the target does not have the shape [${expected.join(',')}]`,
      shapes: [x.shape, target.shape],
      remedy:
        'class numbers have the shape of the scores without the class axis, probabilities the shape of the scores',
    });
};

const checkWeight = (op: string, weight: Tensor | null, classes: number): void => {
  checkWeights(op, 'weight', weight);
  if (weight !== null && tensorOperand(op, weight).shape.join() !== String(classes))
    throw new ShapeError({
      op,
      problem: `the weight does not hold one number for each of ${classes} classes`,
      shapes: [weight.shape],
      remedy: `give a weight of shape [${classes}]`,
    });
};

export interface ClassLossOptions extends ReductionOptions {
  /** One weight a class, `[C]`. */
  readonly weight?: Tensor | null;
  /** Targets of this value count for nothing, and nothing at their places counts, not even NaN. */
  readonly ignoreIndex?: number | null;
}

/** Integer targets, once they are known to be class numbers: where they count, and with what weight. */
interface Targets {
  readonly range: WholeNumbers;
  /** The class numbers, 0 for what is ignored. */
  readonly numbers: Tensor;
  /** The places that are not ignored; `null` for all. */
  readonly valid: Tensor | null;
  /** The weight of each place before any is ignored; `null`: all alike. */
  readonly weights: Tensor | null;
}

/** The places whose target counts; `null` for all. */
const validPlaces = (op: string, target: Tensor, ignoreIndex: number | null | undefined): Tensor | null => {
  if (ignoreIndex === null || ignoreIndex === undefined) return null;
  if (!Number.isInteger(ignoreIndex) || !fitsInt32(ignoreIndex))
    throw new ArgumentError({ op, problem: `ignoreIndex is ${describe(ignoreIndex)}`, remedy: 'give a whole number' });
  return notEqual(target, ignoreIndex);
};

const targetsOf = (
  op: string,
  values: Tensor,
  target: Tensor,
  { weight = null, ignoreIndex = null }: Omit<ClassLossOptions, 'reduction'>,
): Targets => {
  const { classes, shape } = placesOf(op, values);
  checkTarget(op, values, target, shape);
  checkWeight(op, weight, classes);
  const range: WholeNumbers = {
    name: 'class number',
    count: classes,
    except: ignoreIndex,
    remedy: `the scores are of ${classes} classes: use whole numbers from 0 to ${classes - 1}, and ignoreIndex for what does not count`,
  };
  checkNumbers(op, target, range);
  const valid = validPlaces(op, target, ignoreIndex);
  const numbers = valid === null ? target : (where(valid, target, 0) as Tensor);
  return { range, numbers, valid, weights: weight === null ? null : takeNumbers(weight, numbers, range) };
};

/** The places that are not ignored and have a weight other than 0; `null` for all. */
const countingPlaces = ({ valid, weights }: Targets): Tensor | null => {
  if (weights === null) return valid;
  const weighs = notEqual(weights, 0);
  return valid === null ? weighs : logicalAnd(valid, weighs);
};

/** The losses at the places, and what each weighs in the mean (`null`: all alike). */
interface Picked {
  readonly loss: Tensor;
  readonly weights: Tensor | null;
}

/** `−w[target]·of(values[target])` at each place; `of` is of what is picked alone, so that nothing else has a derivative. */
const pickClasses = (
  op: string,
  values: Tensor,
  { range, numbers, valid, weights }: Targets,
  of: (picked: Tensor) => Tensor = (picked) => picked,
): Picked => {
  const { axis, shape } = placesOf(op, values);
  const loss = neg(of(reshape(pickNumbers(values, numbers, axis, range), shape) as Tensor));
  const weighted = weights === null ? loss : weighedBy(weights, loss);
  if (valid === null) return { loss: weighted, weights };
  return {
    loss: where(valid, weighted, 0),
    weights: weights === null ? cast(valid, loss.dtype) : where(valid, weights, 0),
  };
};

/** The mean divides by the sum of the weights of the targets that count. */
const reduceWeighted = (op: string, loss: Tensor, weights: Tensor | null, reduction: AnyReduction): Tensor | Counted =>
  (reduction === 'mean' || reduction === 'counted') && weights !== null
    ? reduceCounted(sum(loss), sum(weights), reduction)
    : reduceLoss(op, loss, reduction);

const nllLossNames = { weight: true, ignoreIndex: true, reduction: true } as const;

/**
 * Minus the log-probability of each target class. `x: [N, C, …]` log-probabilities, `target: [N, …]` int32.
 * The mean divides by the sum of the targets' weights.
 * @throws ShapeError when the shapes do not fit; DtypeError unless the target is int32; ArgumentError for a class number that is neither
 * 0 to C − 1 nor `ignoreIndex` (in a compiled program when it runs).
 * @example
 * nllLoss(tensor([[-1, -2]]), tensor([1], { dtype: 'int32' })).item() // 2
 */
export const nllLoss = ((x: Tensor, target: Tensor, options: Reducible<ClassLossOptions> = {}) =>
  inOperation('nllLoss', () => {
    checkedOptions('nllLoss', options, nllLossNames);
    const { loss, weights } = pickClasses('nllLoss', x, targetsOf('nllLoss', x, target, options));
    return reduceWeighted('nllLoss', loss, weights, options.reduction ?? 'mean');
  })) as Reducing<[x: Tensor, target: Tensor], ClassLossOptions>;

export interface CrossEntropyOptions extends ClassLossOptions {
  /** Share of the target spread evenly over all classes; 0 by default. */
  readonly labelSmoothing?: number;
}

const checkSmoothing = ({ labelSmoothing = 0 }: Pick<CrossEntropyOptions, 'labelSmoothing'>): void => {
  if (typeof labelSmoothing !== 'number' || !(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError({
      op: 'crossEntropy',
      problem: `labelSmoothing is ${describe(labelSmoothing)}`,
      remedy: 'give the share of the target that is spread over all classes, from 0 to 1',
    });
};

/** Cross-entropy against probabilities: `−Σ_c w_c t_c log p_c`; its mean divides by the number of places. */
const softCrossEntropy = (
  logp: Tensor,
  target: Tensor,
  { weight = null, labelSmoothing = 0, reduction = 'mean' }: Reducible<CrossEntropyOptions>,
): Tensor | Counted => {
  const { axis, classes } = placesOf('crossEntropy', logp);
  const smooth = labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / classes);
  const weighted = weight === null ? logp : shareOf(alongAxis(weight, logp.rank, axis), logp);
  return reduceLoss('crossEntropy', neg(sum(shareOf(smooth, weighted), { axes: axis })), reduction);
};

const crossEntropyNames = { weight: true, ignoreIndex: true, reduction: true, labelSmoothing: true } as const;

/**
 * The cross-entropy of softmax(x) against targets, from raw scores (logits). `x: [N, C]` or `[N, C, d1, …]`.
 * `target` holds int32 class numbers `[N, d1, …]`, or probabilities with the shape of `x`.
 * The mean divides by the sum of the targets' weights, or by the number of places for probabilities.
 * A class of no share counts for nothing, even if its score is −∞.
 * @throws ShapeError when the shapes do not fit; DtypeError for targets that are neither int32 nor floats; ArgumentError for ignoreIndex with
 * probabilities, and for a class number that is neither 0 to C − 1 nor `ignoreIndex` (in a compiled program when it runs).
 * @example
 * crossEntropy(tensor([[0, 0]]), tensor([1], { dtype: 'int32' })).item() // ≈ 0.6931471805599453
 */
export const crossEntropy = ((x: Tensor, target: Tensor, options: Reducible<CrossEntropyOptions> = {}) =>
  inOperation('crossEntropy', () => {
    checkTensors('crossEntropy', [x, target]);
    checkSmoothing(checkedOptions('crossEntropy', options, crossEntropyNames));
    const { axis, classes, shape } = placesOf('crossEntropy', x);
    if (target.dtype !== 'int32') {
      if (options.ignoreIndex !== undefined && options.ignoreIndex !== null)
        throw new ArgumentError({
          op: 'crossEntropy',
          problem: 'ignoreIndex goes with class numbers',
          remedy: 'give int32 targets, or rows of zeros for places to ignore',
        });
      if (x.rank > target.rank && target.shape.join() === shape.join())
        throw new DtypeError({
          op: 'crossEntropy',
          problem: `class numbers are ${target.dtype}`,
          shapes: [x.shape, target.shape],
          remedy:
            "give int32 class numbers, tensor([0, 2], { dtype: 'int32' }) or cast(y, 'int32'); floats are probabilities, of the shape of the scores",
        });
      checkTarget('crossEntropy', x, target, x.shape);
      checkShares('crossEntropy', target);
      // A row of zeros counts for nothing, not even NaN; what is left of it keeps gradients of scores finite.
      const { weight = null } = options;
      checkWeight('crossEntropy', weight, classes);
      const shares = weight === null ? target : mul(target, alongAxis(weight, x.rank, axis));
      const counting = any(notEqual(shares, 0), { axes: axis, keepDims: true });
      const scores = (options.labelSmoothing ?? 0) === 0 ? withoutAbsent(x, counting) : x;
      return softCrossEntropy(logSoftmax(scores, axis), target, options);
    }
    const { weight = null, labelSmoothing = 0, reduction = 'mean' } = options;
    const targets = targetsOf('crossEntropy', x, target, options);
    const { valid } = targets;
    // What is ignored, or has a weight of 0, is left out before softmax, whose gradient would be NaN there for NaN.
    const counting = labelSmoothing === 0 ? countingPlaces(targets) : valid;
    const logp = logSoftmax(counting === null ? x : where(unsqueeze(counting, axis), x, 0), axis);
    const { loss, weights } = pickClasses('crossEntropy', logp, targets);
    if (labelSmoothing === 0) return reduceWeighted('crossEntropy', loss, weights, reduction);
    const weighted = weight === null ? logp : shareOf(alongAxis(weight, logp.rank, axis), logp);
    const even = mul(neg(sum(weighted, { axes: axis })), labelSmoothing / classes);
    const sharp = labelSmoothing === 1 ? 0 : mul(loss, 1 - labelSmoothing);
    const smoothed = add(sharp, valid === null ? even : where(valid, even, 0));
    return reduceWeighted('crossEntropy', smoothed, weights, reduction);
  })) as Reducing<[x: Tensor, target: Tensor], CrossEntropyOptions>;

export interface ProbabilityCrossEntropyOptions extends ReductionOptions {
  /** Probabilities are kept within [clip, 1 − clip]; 1e-7 by default. */
  readonly clip?: number;
}

const crossEntropyOfProbabilitiesNames = { clip: true, reduction: true } as const;

/**
 * Cross-entropy from probabilities, such as the output of a softmax layer: `−Σ_c t_c log p_c` along the class axis.
 * `target` holds int32 class numbers or probabilities. Prefer `crossEntropy` on raw scores, which never rounds a
 * probability to 0.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * crossEntropyOfProbabilities(tensor([[0.25, 0.75]]), tensor([0], { dtype: 'int32' })).item() // ≈ 1.3862943611198906
 */
export const crossEntropyOfProbabilities = ((
  p: Tensor,
  target: Tensor,
  given: Reducible<ProbabilityCrossEntropyOptions> = {},
) =>
  inOperation('crossEntropyOfProbabilities', () => {
    checkTensors('crossEntropyOfProbabilities', [p, target]);
    const { clip = 1e-7, ...options } = checkedOptions(
      'crossEntropyOfProbabilities',
      given,
      crossEntropyOfProbabilitiesNames,
    );
    if (typeof clip !== 'number' || !(clip >= 0 && clip < 0.5))
      throw new ArgumentError({
        op: 'crossEntropyOfProbabilities',
        problem: `clip is ${describe(clip)}`,
        remedy: 'give a number from 0 to less than 0.5',
      });
    const logOf = (q: Tensor): Tensor => log(clip > 0 ? (clamp(q, { min: clip, max: 1 - clip }) as Tensor) : q);
    if (target.dtype === 'int32') {
      const targets = targetsOf('crossEntropyOfProbabilities', p, target, {});
      const { loss, weights } = pickClasses('crossEntropyOfProbabilities', p, targets, logOf);
      return reduceWeighted('crossEntropyOfProbabilities', loss, weights, options.reduction ?? 'mean');
    }
    if (p.rank > target.rank) checkWhole('crossEntropyOfProbabilities', target, 'class number');
    checkTarget('crossEntropyOfProbabilities', p, target, p.shape);
    checkShares('crossEntropyOfProbabilities', target);
    if (clip > 0) return softCrossEntropy(logOf(p), target, options);
    // A class of no share has no logarithm to take, whose derivative could be infinite.
    return softCrossEntropy(log(where(logicalAnd(equal(target, 0), equal(p, 0)), 1, p)), target, options);
  })) as Reducing<[p: Tensor, target: Tensor], ProbabilityCrossEntropyOptions>;
