/** Functions of floats alone, made of operations of which some take integers, too: refused at the door, in the function's own name. */
import { isFloat } from '../core/base/dtype.js';
import { DtypeError } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import { Tensor } from '../core/tensor/tensor.js';

/** Runs `f` as the operation `op`. @throws DtypeError for a tensor `x` of integers or booleans. */
export const onFloats = <T>(op: string, x: unknown, f: () => T): T =>
  inOperation(op, () => {
    if (x instanceof Tensor && !isFloat(x.dtype))
      throw new DtypeError({
        op,
        problem: `does not take ${x.dtype}`,
        shapes: [x.shape],
        remedy: "convert with cast(x, 'float32') or cast(x, 'float64')",
      });
    return f();
  });
