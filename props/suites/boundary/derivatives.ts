/** The derivative of an elementwise function, by either mode. */
import { grad, jvp } from '../../../autograd/index.js';
import { onesLike, type Tensor } from '../../../core/index.js';

export type Unary = (x: Tensor) => Tensor;

export const backward =
  (f: Unary): Unary =>
  (x) =>
    grad(f)(x);

export const forward =
  (f: Unary): Unary =>
  (x) =>
    jvp(f, [x], [onesLike(x)])[1];
