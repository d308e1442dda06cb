/** The element type of what is made, as people give it: the option `dtype`, or its name alone. */

import type { Dtype } from '../base/dtype.js';
import { checkDtype, checkedOptions } from './arguments.js';

/** Options of what makes a tensor. */
export interface DtypeOptions<D extends Dtype = Dtype> {
  /** The element type. */
  readonly dtype?: D;
}

const names = { dtype: true } as const;

/** The element type that was given, or `otherwise`, once it is known to be one. */
export const dtypeArgument = <D extends Dtype>(op: string, given: D | DtypeOptions<D> | undefined, otherwise: D): D => {
  const named =
    typeof given === 'string' || given === undefined
      ? given
      : (checkedOptions(op, given as DtypeOptions, names) as DtypeOptions<D>).dtype;
  const dtype = named ?? otherwise;
  checkDtype(op, dtype);
  return dtype;
};
