/** What the checks of hand-derived layers have in common: inputs by name, and cases that keep off kinks. */
import * as fc from 'fast-check';
import { reshape, type Tensor } from '../../core/index.js';
import type * as manual from '../../nn/manual/index.js';
import { type Draw, draw } from '../arbitraries/values.js';
import { type Inputs, tensorOf } from './derivation.js';

export const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

/** A tensor per name. */
export const drawn = <N extends string>(
  shapes: Readonly<Record<N, readonly number[]>>,
): fc.Arbitrary<Record<N, Draw>> =>
  fc.record(
    Object.fromEntries(Object.entries<readonly number[]>(shapes).map(([name, shape]) => [name, draw(shape)])),
  ) as fc.Arbitrary<Record<N, Draw>>;

export const noConfig = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<{ inputs: T; config: null }> =>
  arbitrary.map((inputs) => ({ inputs, config: null }));

export interface Dense {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
}

export interface NormedDense extends Dense {
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

export interface Scaled {
  readonly x: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

/** Only such cases in which every number that `distances` gives is far from 0, where there are kinks. */
export const offKinks = <In extends Readonly<Record<string, Draw>>, C>(
  cases: fc.Arbitrary<{ inputs: In; config: C }>,
  distances: (inputs: Record<keyof In, Tensor>, config: C) => Tensor,
): fc.Arbitrary<{ inputs: In; config: C }> =>
  cases.filter(({ inputs, config }) => {
    const tensors: Inputs = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensorOf(x)]));
    return distances(tensors as Record<keyof In, Tensor>, config)
      .dataSync()
      .every((value) => Math.abs(value) > 0.02);
  });

export const rows = (x: Tensor): Tensor => reshape(x, [x.shape[0] ?? 1, x.size / (x.shape[0] ?? 1)]) as Tensor;

export const named = ({ dx, dw, db }: manual.AffineGradients): { x: Tensor; w: Tensor; b: Tensor } => ({
  x: dx,
  w: dw,
  b: db,
});
