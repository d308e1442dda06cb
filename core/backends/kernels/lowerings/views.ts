/** Operations that move no numbers, or only say where they are read: aliases, constants and views. */
import { asHeld } from '../../../base/dtype.js';
import { broadcastStrides, type Shape, stridesOf } from '../../../base/shape.js';
import type { Lowering, Lowerings, Site } from './lowering.js';

const shapeOf = ({ inputs }: Site): Shape => inputs[0]?.shape ?? [];

const alias: Lowering = () => ({ kind: 'alias' });

const full: Lowering<{ readonly value: number }> = ({ params: { value }, output: { dtype } }) => ({
  kind: 'constant',
  value: asHeld(value, dtype),
});

const broadcastTo: Lowering = (site) => ({
  kind: 'view',
  offset: 0,
  strides: broadcastStrides(shapeOf(site), site.output.shape),
});

const permute: Lowering<{ readonly axes: readonly number[] }> = (site) => {
  const strides = stridesOf(shapeOf(site));
  return { kind: 'view', offset: 0, strides: site.params.axes.map((axis) => strides[axis] ?? 0) };
};

const slice: Lowering<{ readonly starts: readonly number[]; readonly steps: readonly number[] }> = (site) => {
  const { starts, steps } = site.params;
  const strides = stridesOf(shapeOf(site));
  return {
    kind: 'view',
    offset: starts.reduce((total, start, axis) => total + start * (strides[axis] ?? 0), 0),
    strides: strides.map((stride, axis) => stride * (steps[axis] ?? 1)),
  };
};

const flip: Lowering<{ readonly axes: readonly number[] }> = (site) => {
  const { axes } = site.params;
  const shape = shapeOf(site);
  const strides = stridesOf(shape);
  return {
    kind: 'view',
    offset: axes.reduce((total, axis) => total + ((shape[axis] ?? 1) - 1) * (strides[axis] ?? 0), 0),
    strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
  };
};

export const viewLowerings: Pick<
  Lowerings,
  'broadcastTo' | 'flip' | 'full' | 'permute' | 'reshape' | 'slice' | 'stopGradient'
> = {
  broadcastTo,
  flip,
  full,
  permute,
  reshape: alias,
  slice,
  stopGradient: alias,
};
