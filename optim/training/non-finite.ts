/** What is said of a step that is not finite; on request with the operation and the layer where it began. */
import { debugNans, foldIn, full, type Key, treeLeaves } from '../../autograd/index.js';
import { NanError, NonFiniteError } from '../../core/errors.js';
import { thaw } from './freezing.js';
import { gradientOf } from './gradient.js';
import type { Batch, Variables } from './model.js';
import type { FitOptions } from './options.js';

/** The step among others: its number, counted from 0, what it drew from, and its loss. */
interface Place {
  readonly from: Key;
  readonly step: number;
  readonly loss: number;
}

/** The step once more, one operation at a time: the first that made NaN, or else infinity, of finite numbers. */
const found = <P, S, X, Y, T>(
  options: FitOptions<P, S, X, Y, T>,
  { params, state }: Variables<P, S>,
  batches: readonly Batch<X, T>[],
  { from, step }: Place,
): NanError | null => {
  const { trainable, replace } = thaw(params, options.frozen);
  for (const infinities of [false, true])
    try {
      debugNans(
        () =>
          gradientOf({ ...options, replace })(
            treeLeaves(trainable),
            state,
            batches,
            foldIn(from, full([], step, 'int32')),
          ),
        {
          infinities,
        },
      )();
    } catch (error) {
      if (error instanceof NanError) return error;
      throw error;
    }
  return null;
};

/** The error of a step that is not finite, given the variables from which it began. */
export const nonFiniteError = <P, S, X, Y, T>(
  options: FitOptions<P, S, X, Y, T>,
  before: Variables<P, S>,
  batches: readonly Batch<X, T>[],
  place: Place,
): NonFiniteError => {
  const { step, loss } = place;
  const first = options.debugNans === true ? found(options, before, batches, place) : null;
  const what = Number.isFinite(loss)
    ? `has the loss ${loss}, but its gradient, the parameters after it or the state of a layer are not finite`
    : `has the loss ${loss}`;
  return new NonFiniteError(
    step + 1,
    loss,
    {
      op: 'fit',
      problem: `step ${step + 1} ${what}${first === null ? '' : `; ${first.message}`}`,
      remedy:
        "look for a rate that is too large, for NaN in the data, and with debugNans: true for the layer; onNonFinite: 'skip' leaves such steps out",
    },
    first ?? undefined,
  );
};
