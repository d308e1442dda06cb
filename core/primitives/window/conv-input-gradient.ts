/** The transpose of convolution in its input, `y = ∂t/∂x` of the trilinear form in `families/convolution.ts`: transposed convolution. */
import { asDoubles } from '../../base/dtype.js';
import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { type ConvParams, checkForm, convDtype, convName, eachPlane } from '../../rules/convolution.js';
import { batchByFolding, inGroups, whole } from '../../rules/folding.js';
import type { Tensor } from '../../tensor/tensor.js';
import { crossCorrelate } from './conv.js';
import { convFilterGradient } from './conv-filter-gradient.js';

export interface ConvInputGradientParams extends ConvParams {
  /** The spatial shape of the convolution's input. */
  readonly inputSize: Shape;
}

export const convInputGradientPrimitive: Primitive<'convInputGradient', ConvInputGradientParams> = define<
  readonly [Tensor, Tensor],
  ConvInputGradientParams
>()({
  name: 'convInputGradient',
  family: 'bilinear',
  docs: 'y[n,c′,u] = Σ w[o,c,k]·g[n,o,i] over i·s + k·d − p = u',
  saves: 'inputs',
  infer: (inputs, p) => {
    const [g = [], w = []] = inputs.map((input) => input.shape);
    const op = convName(p.inputSize, 'convTranspose');
    const dtype = convDtype(op, inputs);
    const shape = [g[0] ?? 0, (w[1] ?? 0) * p.groups, ...p.inputSize];
    checkForm(op, shape, w, g, p);
    return { shape, dtype };
  },
  forward: (out, [g, w], p) => {
    if (g === undefined || w === undefined) return;
    const [cotangent, weight] = [asDoubles(g.data), asDoubles(w.data)];
    const totals = new Float64Array(out.data.length);
    eachPlane(out.shape, w.shape, g.shape, p, (xStart, wStart, gStart, { step, taps, sources, targets, lengths }) => {
      for (let r = 0; r < lengths.length; r++) {
        const factor = weight[wStart + (taps[r] ?? 0)] ?? 0;
        const source = xStart + (sources[r] ?? 0);
        const target = gStart + (targets[r] ?? 0);
        const length = lengths[r] ?? 0;
        for (let j = 0; j < length; j++)
          totals[source + j * step] = (totals[source + j * step] ?? 0) + factor * (cotangent[target + j] ?? 0);
      }
    });
    out.data.set(totals);
  },
  vjp: [
    ({ g: u, x: [, w], p }) => crossCorrelate(u, w, p),
    ({ g: u, x: [g, w], p }) => convFilterGradient(u, g, { ...p, kernelSize: w.shape.slice(2) }),
  ],
  jvp: 'multilinear',
  // Examples of g are more samples, those of w more input channels in each group, those of both more groups.
  batch: batchByFolding({
    first: [whole(0), whole(0)],
    second: [whole(1), inGroups(1)],
    both: [whole(1), whole(0), whole(1)],
  }),
});

/** `g: [N, O, …]`, `w: [O, C/groups, …]` → `[N, C, …inputSize]`. */
export const convInputGradient = (
  g: Tensor,
  w: Tensor,
  { stride, padding, dilation, groups, inputSize }: ConvInputGradientParams,
): Tensor =>
  bind(convInputGradientPrimitive, [g, w], {
    stride,
    padding,
    dilation,
    groups,
    inputSize,
  } satisfies ConvInputGradientParams);
