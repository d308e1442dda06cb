/**
 * The sum of each window: `y[…, i] = Σ_k x[…, i·s + k·d − p]`, where x is 0 outside. Linear; its transpose gives each position
 * the cotangents of all windows that read it: `⟨u, y⟩ = Σ_{i,k} u[…, i]·x[…, i·s + k·d − p] = ⟨windowSumTranspose(u), x⟩`.
 */
import { asDoubles } from '../../base/dtype.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { batchPooling, eachPooledPlane, type PoolParams, pooledShape } from '../../rules/pooling.js';
import type { Tensor } from '../../tensor/tensor.js';
import { windowSumTranspose } from './window-sum-transpose.js';

export const windowSumPrimitive: Primitive<'windowSum', PoolParams> = define<readonly [Tensor], PoolParams>()({
  name: 'windowSum',
  family: 'linear',
  docs: 'y[…,i] = Σ x[…,i·s + k·d − p]',
  saves: 'none',
  infer: (inputs, p) => ({
    shape: pooledShape('avgPool', inputs[0]?.shape ?? [], p),
    dtype: commonDtype('avgPool', inputs, 'float'),
  }),
  forward: (out, [x], p) => {
    if (x === undefined) return;
    const from = asDoubles(x.data);
    const totals = new Float64Array(out.data.length);
    eachPooledPlane(x.shape, out.shape, p, (xStart, yStart, { step, sources, targets, lengths }) => {
      for (let r = 0; r < lengths.length; r++) {
        const source = xStart + (sources[r] ?? 0);
        const target = yStart + (targets[r] ?? 0);
        const length = lengths[r] ?? 0;
        for (let j = 0; j < length; j++)
          totals[target + j] = (totals[target + j] ?? 0) + (from[source + j * step] ?? 0);
      }
    });
    out.data.set(totals);
  },
  vjp: [({ g, p, avals: [x] }) => windowSumTranspose(g, { ...p, inputSize: x?.shape.slice(-p.kernel.length) ?? [] })],
  jvp: 'linear',
  batch: batchPooling,
});

/** `x: [… , …spatial]` → `[… , …windows]`. */
export const windowSum = (x: Tensor, { kernel, stride, padding, dilation }: PoolParams): Tensor =>
  bind(windowSumPrimitive, [x], { kernel, stride, padding, dilation } satisfies PoolParams);
