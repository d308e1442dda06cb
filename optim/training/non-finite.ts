/** What is said of a step that is not finite: where it shows and, on request, the operation and the layer where it began. */
import { debugNans, foldIn, full, type Key, treeEntries, treeLeaves } from '../../autograd/index.js';
import { isFloat } from '../../core/base/dtype.js';
import { NanError, NonFiniteError } from '../../core/base/errors.js';
import { reveal } from '../../core/dispatch/interpreter.js';
import { type Counted, meansWithin } from '../../core/tensor/counted.js';
import { globalNorm } from '../scaling.js';
import { thawFor } from './freezing.js';
import { gradientOf } from './gradient.js';
import type { Batch, Variables } from './model.js';
import type { FitOptions } from './options.js';

/** The step among others: its number, counted from 0, what it drew from, and its loss. */
interface Place {
  readonly from: Key;
  readonly step: number;
  readonly loss: number;
}

/** What `f` finds, one operation at a time: the first that made NaN, or else infinity, of finite numbers. */
const origin = (f: () => unknown): NanError | null => {
  for (const infinities of [false, true])
    try {
      debugNans(f, { infinities })();
    } catch (error) {
      if (error instanceof NanError) return error;
      throw error;
    }
  return null;
};

/** What the batches themselves hold. */
const ofData = (batches: readonly Batch<unknown, unknown>[]): string => {
  const bad = batches.flatMap(({ x, y }) =>
    treeEntries({ x, y }).filter(
      ([, leaf]) => isFloat(leaf.dtype) && leaf.dataSync().some((value) => !Number.isFinite(value)),
    ),
  );
  return bad.length === 0
    ? ''
    : `; its batch holds NaN or infinity in ${[...new Set(bad.map(([path]) => path))].join(', ')}`;
};

/** The error of a step that is not finite, given the variables from which it began. */
export const nonFiniteError = <P, S, X, Y, T>(
  options: FitOptions<P, S, X, Y, T>,
  { params, state }: Variables<P, S>,
  batches: readonly Batch<X, T>[],
  { from, step, loss }: Place,
): NonFiniteError => {
  const { trainable, replace } = thawFor('fit', params, options.frozen);
  const begin = foldIn(from, full([], step, 'int32'));
  // One operation at a time the loss is looked at where it is known, and may have an error of its own to tell.
  const means = batches.map((batch) =>
    meansWithin(() => gradientOf({ ...options, replace })(treeLeaves(trainable), state, [batch], begin)),
  );
  const empties = means.map((within) =>
    within.find((of): of is Counted => typeof of === 'object' && reveal(of.count)?.item() === 0),
  );
  const empty = empties.findIndex((of) => of !== undefined);
  const place = batches.length === 1 ? 'the batch' : `batch ${empty + 1} of the step`;
  const sum = empties[empty] === undefined ? 0 : reveal(empties[empty].sum)?.item();
  const ofNothing =
    empty < 0 || Number.isFinite(loss)
      ? ''
      : `; nothing counts in ${place}, ${sum === 0 ? 'and the mean of nothing is NaN' : `whose sum is ${sum}`}`;
  const gradient = (): unknown =>
    gradientOf({ ...options, replace })(treeLeaves(trainable), state, batches, begin).gradient;
  const first = options.debugNans === true ? origin(gradient) : null;
  const norm = Number.isFinite(loss) ? globalNorm(gradient()).item() : 0;
  const what = !Number.isFinite(norm)
    ? `, but its gradient has the norm ${norm}`
    : Number.isFinite(loss)
      ? ', but the parameters or the state of a layer are not finite after it'
      : '';
  return new NonFiniteError(
    step + 1,
    loss,
    {
      op: 'fit',
      problem: `step ${step + 1} has the loss ${loss}${what}${ofData(batches)}${ofNothing}${first === null ? '' : `; ${first.message}`}`,
      remedy:
        ofNothing === ''
          ? `look for a rate that is too large, and for NaN in the data${options.debugNans === true ? '' : '; with debugNans: true the error names the operation and the layer'}; onNonFinite: 'skip' leaves such steps out`
          : "return { sum, count }: take the loss with reduction: 'counted', and scale its sum, or add to it; what is added whatever counts is a penalty",
    },
    first ?? undefined,
  );
};
