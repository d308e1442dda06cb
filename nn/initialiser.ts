/** What an initialiser is. */

import { checkShape } from '../core/base/shape.js';
import type { FloatDtype, Key, Shape, Tensor } from '../core/index.js';
import { checkSizes } from '../core/tensor/arguments.js';
import { type DtypeOptions, dtypeArgument } from '../core/tensor/dtype-argument.js';

/** The number of inputs that feed one output, and of outputs that one input feeds, kernel positions included. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** What layers take: any function of this form will do. */
export type Initialiser = (key: Key, shape: Shape, fans: Fans, dtype: FloatDtype) => Tensor;

/** What the library's initialisers are: the element type is an option, float32 by default; its name alone works, too. */
export type OwnInitialiser = (
  key: Key,
  shape: Shape,
  fans: Fans,
  options?: DtypeOptions<FloatDtype> | FloatDtype,
) => Tensor;

/** An initialiser whose element type may be an option. */
export const ownInitialiser =
  (op: string, f: Initialiser): OwnInitialiser =>
  (key, shape, fans, options) => {
    checkShape(op, shape);
    checkSizes(op, { fanIn: fans?.fanIn, fanOut: fans?.fanOut });
    return f(key, shape, fans, dtypeArgument<FloatDtype>(op, options, 'float32'));
  };
