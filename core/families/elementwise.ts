/**
 * What elementwise operations share: one dtype among the operands, broadcasting loops, and the batching rule.
 */
import type { Dtype } from '../dtype.js';
import { isFloat } from '../dtype.js';
import { DtypeError } from '../errors.js';
import { bind } from '../interpreter.js';
import type { BatchContext, View } from '../primitive.js';
import { reshape } from '../primitives/reshape.js';
import type { Aval } from '../program.js';
import { broadcastStrides, sameShape, walk } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** Which element types an operation takes. */
export type Accepts = 'float' | 'number' | 'bool' | 'any';

const accepted: Record<Accepts, (dtype: Dtype) => boolean> = {
  float: isFloat,
  number: (dtype) => dtype !== 'bool',
  bool: (dtype) => dtype === 'bool',
  any: () => true,
};

const remedies: Record<Accepts, string> = {
  float: "convert with cast(x, 'float32') or cast(x, 'float64')",
  number: "convert with cast(x, 'int32') or cast(x, 'float32')",
  bool: 'compare first, for example notEqual(x, 0)',
  any: '',
};

/** The one element type of all operands, or a `DtypeError`: element types never mix silently. */
export const commonDtype = (op: string, inputs: readonly Aval[], accepts: Accepts): Dtype => {
  const dtype = inputs[0]?.dtype ?? 'float32';
  const shapes = inputs.map((input) => input.shape);
  const other = inputs.find((input) => input.dtype !== dtype);
  if (other !== undefined)
    throw new DtypeError({
      op,
      problem: `${dtype} and ${other.dtype} do not mix`,
      shapes,
      remedy: `convert one of them with cast(x, '${isFloat(dtype) ? dtype : other.dtype}')`,
    });
  if (!accepted[accepts](dtype))
    throw new DtypeError({ op, problem: `does not take ${dtype}`, shapes, remedy: remedies[accepts] });
  return dtype;
};

/** `out[i] = f(a[i], b[i])` with broadcasting; the plain loop where nothing is stretched. */
export const broadcastLoop = (out: View, a: View, b: View, f: (a: number, b: number) => number): void => {
  const x = a.data;
  const y = b.data;
  const to = out.data;
  if (sameShape(a.shape, b.shape)) for (let i = 0; i < to.length; i++) to[i] = f(x[i] ?? 0, y[i] ?? 0);
  else if (y.length === 1) for (let i = 0; i < to.length; i++) to[i] = f(x[i % x.length] ?? 0, y[0] ?? 0);
  else {
    const offsets = new Int32Array(to.length);
    walk(out.shape, broadcastStrides(b.shape, out.shape), (offset, i) => {
      offsets[i] = offset;
    });
    walk(out.shape, broadcastStrides(a.shape, out.shape), (offset, i) => {
      to[i] = f(x[offset] ?? 0, y[offsets[i] ?? 0] ?? 0);
    });
  }
};

/**
 * The batching rule of every elementwise operation: give all batched operands the same logical rank,
 * by size-1 axes behind the batch axis, and let broadcasting do the rest.
 */
export const batchElementwise = ({ x, batched, p, primitive }: BatchContext<readonly Tensor[], unknown>): Tensor => {
  const logicalRanks = x.map((input, i) => input.rank - (batched[i] === true ? 1 : 0));
  const rank = Math.max(...logicalRanks);
  const aligned = x.map((input, i) => {
    const missing = rank - (logicalRanks[i] ?? 0);
    if (batched[i] !== true || missing === 0) return input;
    return reshape(input, [input.shape[0] ?? 1, ...new Array<number>(missing).fill(1), ...input.shape.slice(1)]);
  });
  return bind(primitive, aligned, p);
};
