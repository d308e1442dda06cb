/**
 * The place of the largest element of each window, as int32, counted in the plane that the windows slide over. Padding is
 * never read: it counts as −∞ and loses every tie; a window of padding alone has −1. Piecewise constant: no derivative.
 */

import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { batchPooling, eachPooledPlane, type PoolParams, pooledShape } from '../../rules/pooling.js';
import type { Tensor } from '../../tensor/tensor.js';

export const windowArgmaxPrimitive: Primitive<'windowArgmax', PoolParams> = define<readonly [Tensor], PoolParams>()({
  name: 'windowArgmax',
  family: 'other',
  docs: 'y[…,i] = the first u with x[…,u] = max x over the window i',
  saves: 'none',
  infer: (inputs, p) => {
    commonDtype('maxPool', inputs, 'float');
    return { shape: pooledShape('maxPool', inputs[0]?.shape ?? [], p), dtype: 'int32' };
  },
  forward: (out, [x], p) => {
    if (x === undefined) return;
    const [from, to] = [x.data, out.data];
    to.fill(-1);
    // Each window meets its places in row-major order, so that only a larger one, or the first NaN, takes the lead.
    eachPooledPlane(x.shape, out.shape, p, (xStart, yStart, { step, sources, targets, lengths }) => {
      for (let r = 0; r < lengths.length; r++) {
        const source = sources[r] ?? 0;
        const target = yStart + (targets[r] ?? 0);
        const length = lengths[r] ?? 0;
        for (let j = 0; j < length; j++) {
          const leader = to[target + j] ?? -1;
          const best = leader < 0 ? Number.NEGATIVE_INFINITY : (from[xStart + leader] ?? 0);
          const candidate = from[xStart + source + j * step] ?? 0;
          // `!(candidate ≤ best)` is true of a NaN, and of nothing against a NaN that leads.
          if (leader < 0 || (!Number.isNaN(best) && !(candidate <= best))) to[target + j] = source + j * step;
        }
      }
    });
  },
  vjp: [null],
  jvp: [null],
  batch: batchPooling,
});

/** `x: [… , …spatial]` → int32 `[… , …windows]`. */
export const windowArgmax = (x: Tensor, p: PoolParams): Tensor => bind(windowArgmaxPrimitive, [x], p);
