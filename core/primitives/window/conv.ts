/** Convolution as cross-correlation: `y = ∂t/∂g` of the trilinear form in `families/convolution.ts`. */
import { asDoubles } from '../../base/dtype.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { type ConvParams, convDtype, convName, convOutputs, convParams, eachPlane } from '../../rules/convolution.js';
import { batchByFolding, inGroups, whole } from '../../rules/folding.js';
import type { Tensor } from '../../tensor/tensor.js';
import { convFilterGradient } from './conv-filter-gradient.js';
import { convInputGradient } from './conv-input-gradient.js';

export const convPrimitive: Primitive<'conv', ConvParams> = define<readonly [Tensor, Tensor], ConvParams>()({
  name: 'conv',
  family: 'bilinear',
  docs: 'y[n,o,i] = Σ x[n,c′,i·s + k·d − p]·w[o,c,k]',
  saves: 'inputs',
  infer: (inputs, p) => {
    const [x = [], w = []] = inputs.map((input) => input.shape);
    const op = convName(w.slice(2));
    const dtype = convDtype(op, inputs);
    return { shape: [x[0] ?? 0, w[0] ?? 0, ...convOutputs(op, x, w, p)], dtype };
  },
  forward: (out, [x, w], p) => {
    if (x === undefined || w === undefined) return;
    const [input, weight] = [asDoubles(x.data), asDoubles(w.data)];
    const totals = new Float64Array(out.data.length);
    eachPlane(x.shape, w.shape, out.shape, p, (xStart, wStart, yStart, { step, taps, sources, targets, lengths }) => {
      for (let r = 0; r < lengths.length; r++) {
        const factor = weight[wStart + (taps[r] ?? 0)] ?? 0;
        const source = xStart + (sources[r] ?? 0);
        const target = yStart + (targets[r] ?? 0);
        const length = lengths[r] ?? 0;
        for (let j = 0; j < length; j++)
          totals[target + j] = (totals[target + j] ?? 0) + factor * (input[source + j * step] ?? 0);
      }
    });
    out.data.set(totals);
  },
  vjp: [
    ({ g, x: [x, w], p }) => convInputGradient(g, w, { ...p, inputSize: x.shape.slice(2) }),
    ({ g, x: [x, w], p }) => convFilterGradient(x, g, { ...p, kernelSize: w.shape.slice(2) }),
  ],
  jvp: 'multilinear',
  // Examples of x are more samples, those of w more output channels in each group, those of both more groups.
  batch: batchByFolding({
    first: [whole(0), whole(0)],
    second: [inGroups(0), inGroups(1)],
    both: [whole(1), whole(0), whole(1)],
  }),
});

/** `x: [N, C, …]`, `w: [O, C/groups, …]` → `[N, O, …]`. */
export const crossCorrelate = (x: Tensor, w: Tensor, p: ConvParams): Tensor =>
  bind(convPrimitive, [x, w], convParams(p));
