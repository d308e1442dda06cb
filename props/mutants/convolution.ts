/** Mistakes in the rules of convolution and pooling: the ones that everybody makes once. */
import { flip, primitives } from '../../core/index.js';
import type { Primitive, Rule } from '../../core/program/primitive.js';
import { at, type BackwardContext, type PrimitiveMutant, withVjp } from './mutant.js';

/** The right rule of one argument under wrong parameters. */
const misread = <P>(primitive: Primitive<string, P>, argument: number, change: (p: P) => P): PrimitiveMutant['wrong'] =>
  withVjp(primitive, argument, (c: BackwardContext & { readonly p: P }, right: Rule) =>
    right({ ...c, p: change(c.p) }),
  );

type Pad = readonly [before: number, after: number];

const swapped = (padding: readonly Pad[]): Pad[] => padding.map(([before, after]) => [after, before]);
const noDilation = (dilation: readonly number[]): number[] => dilation.map(() => 1);

export const convolutionMutants: readonly PrimitiveMutant[] = [
  {
    name: 'conv: padding swapped in the input gradient',
    why: 'before and after change places; right for symmetric padding',
    primitive: 'conv',
    wrong: misread(primitives.conv, 0, (p) => ({ ...p, padding: swapped(p.padding) })),
    caughtBy: 'law 1, adjoint',
    throws: true,
  },
  {
    name: 'conv: stride and dilation swapped in the weight gradient',
    why: 'the two change roles on the way back, but not by changing names',
    primitive: 'conv',
    wrong: misread(primitives.conv, 1, (p) => ({ ...p, stride: p.dilation, dilation: p.stride })),
    caughtBy: 'law 3, exact difference',
    throws: true,
  },
  {
    name: 'conv: dilation forgotten in the weight gradient',
    why: 'the taps are read side by side',
    primitive: 'conv',
    wrong: misread(primitives.conv, 1, (p) => ({ ...p, dilation: noDilation(p.dilation) })),
    caughtBy: 'law 1, adjoint',
    throws: true,
  },
  {
    name: 'conv: the kernel is turned',
    why: 'convolution and cross-correlation mixed up',
    primitive: 'conv',
    wrong: withVjp(primitives.conv, 0, (c, right) => {
      const w = at(c.x, 1);
      const spatial = w.shape.map((_, axis) => axis).slice(2);
      return right({ ...c, x: c.x.with(1, flip(w, spatial)) });
    }),
    caughtBy: 'law 3, exact difference',
  },
  {
    name: 'conv: channels of the weight gradient turned',
    why: 'the layout of the weight confused',
    primitive: 'conv',
    wrong: withVjp(primitives.conv, 1, (c, right) => flip(right(c), 0)),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'convInputGradient: the kernel is turned',
    why: 'turned once more than needed',
    primitive: 'convInputGradient',
    wrong: withVjp(primitives.convInputGradient, 0, (c, right) => {
      const w = at(c.x, 1);
      return right({ ...c, x: c.x.with(1, flip(w, w.shape.map((_, axis) => axis).slice(2))) });
    }),
    caughtBy: 'law 3, exact difference',
  },
  {
    name: 'convFilterGradient: padding swapped',
    why: 'before and after change places in the second derivative',
    primitive: 'convFilterGradient',
    wrong: misread(primitives.convFilterGradient, 0, (p) => ({ ...p, padding: swapped(p.padding) })),
    caughtBy: 'law 1, adjoint',
    throws: true,
  },
  {
    name: 'windowSum: stride swapped with dilation',
    why: 'the window slides by its dilation',
    primitive: 'windowSum',
    wrong: misread(primitives.windowSum, 0, (p) => ({ ...p, stride: p.dilation, dilation: p.stride })),
    caughtBy: 'law 3, exact difference',
    throws: true,
  },
  {
    name: 'windowSum: padding swapped',
    why: 'every cotangent lands a place off',
    primitive: 'windowSum',
    wrong: misread(primitives.windowSum, 0, (p) => ({ ...p, padding: swapped(p.padding) })),
    caughtBy: 'law 1, adjoint',
    throws: true,
  },
];
