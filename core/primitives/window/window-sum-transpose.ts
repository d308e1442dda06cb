/** The transpose of window sums: `y[…, u] = Σ_{i,k} g[…, i]` over the windows and taps with `i·s + k·d − p = u`. Linear. */
import { asDoubles } from '../../base/dtype.js';
import { ShapeError } from '../../base/errors.js';
import { type Shape, sameShape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { batchPooling, eachPooledPlane, type PoolParams, pooledShape } from '../../rules/pooling.js';
import type { Tensor } from '../../tensor/tensor.js';
import { windowSum } from './window-sum.js';

export interface WindowSumTransposeParams extends PoolParams {
  /** The sizes of the axes that the windows slide over. */
  readonly inputSize: Shape;
}

export const windowSumTransposePrimitive: Primitive<'windowSumTranspose', WindowSumTransposeParams> = define<
  readonly [Tensor],
  WindowSumTransposeParams
>()({
  name: 'windowSumTranspose',
  family: 'linear',
  docs: 'y[…,u] = Σ g[…,i] over i·s + k·d − p = u',
  saves: 'none',
  infer: (inputs, p) => {
    const dtype = commonDtype('avgPool', inputs, 'float');
    const g = inputs[0]?.shape ?? [];
    const shape = [...g.slice(0, g.length - p.kernel.length), ...p.inputSize];
    if (!sameShape(g, pooledShape('avgPool', shape, p)))
      throw new ShapeError({
        op: 'avgPool',
        problem: 'the cotangent has not one entry a window',
        shapes: [shape, g],
        remedy: 'give a cotangent of the shape of the output',
      });
    return { shape, dtype };
  },
  forward: (out, [g], p) => {
    if (g === undefined) return;
    const from = asDoubles(g.data);
    const totals = new Float64Array(out.data.length);
    eachPooledPlane(out.shape, g.shape, p, (xStart, gStart, { step, sources, targets, lengths }) => {
      for (let r = 0; r < lengths.length; r++) {
        const source = xStart + (sources[r] ?? 0);
        const target = gStart + (targets[r] ?? 0);
        const length = lengths[r] ?? 0;
        for (let j = 0; j < length; j++)
          totals[source + j * step] = (totals[source + j * step] ?? 0) + (from[target + j] ?? 0);
      }
    });
    out.data.set(totals);
  },
  vjp: [({ g: u, p }) => windowSum(u, p)],
  jvp: 'linear',
  batch: batchPooling,
});

/** `g: [… , …windows]` → `[… , …inputSize]`. */
export const windowSumTranspose = (g: Tensor, p: WindowSumTransposeParams): Tensor =>
  bind(windowSumTransposePrimitive, [g], p);
