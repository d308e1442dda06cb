/**
 * The three faces of convolution. All are sums over the same products, those of the trilinear form
 *
 *   t(x, w, g) = Σ_{n,o,i,c,k} x[n, c′, i·s + k·d − p] · w[o, c, k] · g[n, o, i]
 *
 * with stride s, dilation d, padding p (x is 0 outside), o an output channel, c a channel of its group and c′ that channel
 * in x; i and k stand for one index a spatial axis. Each product has one factor from each of x, w and g, so leaving a
 * factor out gives the derivative of t by that entry:
 *
 *   conv(x, w)               = ∂t/∂g:  y[n, o, i]  = Σ_{c,k}   x[n, c′, i·s + k·d − p] · w[o, c, k]
 *   convInputGradient(g, w)  = ∂t/∂x:  y[n, c′, u] = Σ_{o,i,k} w[o, c, k] · g[n, o, i]   over  i·s + k·d − p = u
 *   convFilterGradient(x, g) = ∂t/∂w:  y[o, c, k]  = Σ_{n,i}   x[n, c′, i·s + k·d − p] · g[n, o, i]
 *
 * Each is linear in both arguments, and ⟨u, ∂t/∂a⟩ is t with u in the place of a, so that the gradient of one is another
 * one (cotangent u, which has the shape of what was left out):
 *
 *   y                        ∂⟨u, y⟩/∂(first)              ∂⟨u, y⟩/∂(second)
 *   conv(x, w)               convInputGradient(u, w)       convFilterGradient(x, u)
 *   convInputGradient(g, w)  conv(u, w)                    convFilterGradient(u, g)
 *   convFilterGradient(x, g) convInputGradient(g, u)       conv(x, u)
 *
 * The trailing positions that the stride never reaches meet no product: the input gradient leaves zeros there, which is
 * why it must be told the input's size.
 */
import { ShapeError } from '../base/errors.js';
import { type Shape, sameShape, sizeOf } from '../base/shape.js';
import type { Aval } from '../program/program.js';
import { commonDtype } from './elementwise.js';
import { outputSizes, type Runs, type Window, windowRuns } from './window.js';

export interface ConvParams extends Window {
  readonly groups: number;
}

/** The parameters that the three have in common. */
export const convParams = ({ stride, padding, dilation, groups }: ConvParams): ConvParams => ({
  stride,
  padding,
  dilation,
  groups,
});

/** `conv2d` for two spatial axes. */
export const convName = (spatial: Shape, name = 'conv'): string => `${name}${spatial.length}d`;

/**
 * The spatial shape of conv(x, w), or a `ShapeError` where the two do not fit each other.
 * `x: [N, C, …]`, `w: [O, C/groups, …]`, both with one to three spatial axes.
 */
export const convOutputs = (op: string, x: Shape, w: Shape, p: ConvParams): number[] => {
  const [channels = 0, filters = 0, perGroup = 0] = [x[1], w[0], w[1]];
  if (filters % p.groups !== 0)
    throw new ShapeError({
      op,
      problem: `${filters} output channels do not divide into ${p.groups} groups`,
      shapes: [x, w],
      remedy: 'let out be a multiple of groups',
    });
  if (channels !== perGroup * p.groups)
    throw new ShapeError({
      op,
      problem: `input has ${channels} channels, weight expects ${perGroup * p.groups}${p.groups > 1 ? ` (${p.groups} groups of ${perGroup})` : ''}`,
      shapes: [x, w],
      remedy:
        x.length === 4 && x[3] === perGroup * p.groups
          ? "images are [N, C, H, W]: bring the channels to axis 1 with permute(x, [0, 3, 1, 2]), or say layout: 'NHWC'"
          : "check the previous layer's out",
    });
  return outputSizes(op, [x, w], x.slice(2), w.slice(2), p);
};

/** Throws unless x, w and g are shapes that meet in one trilinear form. */
export const checkForm = (op: string, x: Shape, w: Shape, g: Shape, p: ConvParams): void => {
  const want = [x[0] ?? 0, w[0] ?? 0, ...convOutputs(op, x, w, p)];
  if (!sameShape(g, want))
    throw new ShapeError({
      op,
      problem: `the output of this convolution would be [${want.join(',')}]`,
      shapes: [x, w, g],
      remedy: 'give a cotangent of the shape of the output',
    });
};

export const convDtype = (op: string, inputs: readonly Aval[]): Aval['dtype'] => commonDtype(op, inputs, 'float');

/**
 * Calls `visit` with the starts of every three planes that meet: of a sample's channel in x, of a filter's channel in w, and
 * of that filter's output in g. `runs` says which of their elements meet.
 */
export const eachPlane = (
  x: Shape,
  w: Shape,
  g: Shape,
  p: ConvParams,
  visit: (xStart: number, wStart: number, gStart: number, runs: Runs) => void,
): void => {
  const [samples = 0, channels = 0, ...spatial] = x;
  const [filters = 0, perGroup = 0, ...kernel] = w;
  const outputs = g.slice(2);
  const runs = windowRuns(spatial, kernel, outputs, p);
  const [xPlane, wPlane, gPlane] = [sizeOf(spatial), sizeOf(kernel), sizeOf(outputs)];
  const filtersOfGroup = filters / p.groups;
  for (let n = 0; n < samples; n++)
    for (let o = 0; o < filters; o++) {
      const firstChannel = Math.floor(o / filtersOfGroup) * perGroup;
      for (let c = 0; c < perGroup; c++)
        visit(
          (n * channels + firstChannel + c) * xPlane,
          (o * perGroup + c) * wPlane,
          (n * filters + o) * gPlane,
          runs,
        );
    }
};
