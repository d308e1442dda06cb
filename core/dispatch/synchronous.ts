/** A transform ends when its function returns: functions that are async are refused. */
import { GradientError } from '../base/errors.js';

/** What `f` returned, unless that is a promise: a transform ends when its function returns. */
export const synchronous = <Y>(op: string, y: Y): Y => {
  if (typeof y === 'object' && y !== null && 'then' in y && typeof y.then === 'function') {
    y.then(undefined, () => undefined); // Its failure would only repeat this error, unhandled.
    throw new GradientError({
      op,
      problem: 'the function returned a promise',
      remedy: 'make it synchronous: await data before the transform, and read results after it',
    });
  }
  return y;
};
