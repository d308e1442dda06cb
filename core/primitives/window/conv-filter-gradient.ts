/** The transpose of convolution in its weight: `y = ∂t/∂w` of the trilinear form in `families/convolution.ts`. */
import { asDoubles } from '../../base/dtype.js';
import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { type ConvParams, checkForm, convDtype, convName, eachPlane } from '../../rules/convolution.js';
import { batchByFolding, inGroups, whole } from '../../rules/folding.js';
import type { Tensor } from '../../tensor/tensor.js';
import { crossCorrelate } from './conv.js';
import { convInputGradient } from './conv-input-gradient.js';

export interface ConvFilterGradientParams extends ConvParams {
  /** The spatial shape of the weight. */
  readonly kernelSize: Shape;
}

export const convFilterGradientPrimitive: Primitive<'convFilterGradient', ConvFilterGradientParams> = define<
  readonly [Tensor, Tensor],
  ConvFilterGradientParams
>()({
  name: 'convFilterGradient',
  family: 'bilinear',
  docs: 'y[o,c,k] = Σ x[n,c′,i·s + k·d − p]·g[n,o,i]',
  saves: 'inputs',
  infer: (inputs, p) => {
    const [x = [], g = []] = inputs.map((input) => input.shape);
    const op = convName(p.kernelSize);
    const dtype = convDtype(op, inputs);
    const shape = [g[1] ?? 0, (x[1] ?? 0) / p.groups, ...p.kernelSize];
    checkForm(op, x, shape, g, p);
    return { shape, dtype };
  },
  forward: (out, [x, g], p) => {
    if (x === undefined || g === undefined) return;
    const [input, cotangent] = [asDoubles(x.data), asDoubles(g.data)];
    const totals = new Float64Array(out.data.length);
    eachPlane(x.shape, out.shape, g.shape, p, (xStart, wStart, gStart, { step, taps, sources, targets, lengths }) => {
      for (let r = 0; r < lengths.length; r++) {
        const source = xStart + (sources[r] ?? 0);
        const target = gStart + (targets[r] ?? 0);
        const length = lengths[r] ?? 0;
        const tap = wStart + (taps[r] ?? 0);
        let total = 0;
        for (let j = 0; j < length; j++) total += (input[source + j * step] ?? 0) * (cotangent[target + j] ?? 0);
        totals[tap] = (totals[tap] ?? 0) + total;
      }
    });
    out.data.set(totals);
  },
  vjp: [
    ({ g: u, x: [x, g], p }) => convInputGradient(g, u, { ...p, inputSize: x.shape.slice(2) }),
    ({ g: u, x: [x], p }) => crossCorrelate(x, u, p),
  ],
  jvp: 'multilinear',
  // Examples of x are more input channels in each group, those of g more output channels, those of both more groups.
  batch: batchByFolding({
    first: [inGroups(1), whole(1)],
    second: [inGroups(1), inGroups(0)],
    both: [whole(1), whole(1), whole(0)],
  }),
});

/** `x: [N, C, …]`, `g: [N, O, …]` → `[O, C/groups, …kernelSize]`. */
export const convFilterGradient = (
  x: Tensor,
  g: Tensor,
  { stride, padding, dilation, groups, kernelSize }: ConvFilterGradientParams,
): Tensor =>
  bind(convFilterGradientPrimitive, [x, g], {
    stride,
    padding,
    dilation,
    groups,
    kernelSize,
  } satisfies ConvFilterGradientParams);
