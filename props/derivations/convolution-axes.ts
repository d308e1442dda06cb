/**
 * Convolution along one and three axes, and the transpose of a convolution, as sums of products over all places. Every product w·x belongs to one y, so it carries that
 * cotangent to both of its factors (see `convolution.ts`). With k a place of the kernel and i one of the smaller side,
 *   convolution   y[n, f, i] += w[f, c, k] · x[n, c, i·s + k·d − p]
 *   its transpose y[n, f, i·s + k·d − p] += w[c, f, k] · x[n, c, i]
 * so that only which side is read at the larger place differs.
 */
import * as fc from 'fast-check';
import type { Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { convolutionConfigurations, outputSize, type WindowConfiguration } from '../arbitraries/layers.js';
import { type Draw, draw } from '../arbitraries/values.js';
import { eachIndex, reader, sums } from './arrays.js';
import { type Derivation, derivation } from './derivation.js';

interface Config {
  readonly axes: readonly WindowConfiguration[];
  readonly transpose: boolean;
}

interface ConvInputs {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** The sizes of what the convolution makes, or what its transpose reads. */
const smallSizes = ({ axes }: Config): readonly number[] => axes.map(outputSize);

/** Calls `visit` with the places of small side, weight and large side of each product; the weight's first axis goes with the small side. */
const eachProduct = (
  samples: number,
  weight: Tensor,
  large: readonly number[],
  config: Config,
  visit: (small: readonly number[], w: readonly number[], large: readonly number[]) => void,
): void =>
  eachIndex([samples, ...weight.shape.slice(0, 2), ...smallSizes(config)], (n = 0, a = 0, b = 0, ...i) =>
    eachIndex(weight.shape.slice(2), (...k) => {
      const place = config.axes.map(
        ({ stride, padding, dilation }, axis) => (i[axis] ?? 0) * stride + (k[axis] ?? 0) * dilation - padding,
      );
      if (place.every((at, axis) => at >= 0 && at < (large[axis] ?? 0)))
        visit([n, a, ...i], [a, b, ...k], [n, b, ...place]);
    }),
  );

type Layer = (
  x: Tensor,
  w: Tensor,
  b: Tensor,
  options: { readonly stride: number[]; readonly padding: number[]; readonly dilation: number[] },
) => Tensor;

const convolution = (name: string, rank: number, transpose: boolean, layer: Layer): Derivation =>
  derivation<ConvInputs, Config>()({
    name,
    cases: convolutionConfigurations(rank)
      .filter(({ axes }) => !transpose || axes.every((axis) => largeSize(axis) > 0))
      .chain(({ batch, in: inputs, out: outputs, axes }) => {
        const config = { axes, transpose };
        const [from, to] = transpose ? [smallSizes(config), inputs] : [axes.map(({ size }) => size), inputs];
        const drawn: { readonly [name: string]: fc.Arbitrary<Draw> } = {
          x: draw([batch, to, ...from]),
          weight: draw([...(transpose ? [inputs, outputs] : [outputs, inputs]), ...axes.map(({ kernel }) => kernel)]),
          bias: draw([outputs]),
        };
        return fc.record(drawn).map((all) => ({ inputs: all, config }));
      }),
    layer: ({ x, weight, bias }, { axes }) =>
      layer(x, weight, bias, {
        stride: axes.map(({ stride }) => stride),
        padding: axes.map(({ padding }) => padding),
        dilation: axes.map(({ dilation }) => dilation),
      }),
    forward: ({ x, weight, bias }, config) => {
      const [samples = 1] = x.shape;
      const large = transpose ? config.axes.map(largeSize) : x.shape.slice(2);
      const shape = [samples, bias.size, ...(transpose ? large : smallSizes(config))];
      const [readX, readW, shift] = [reader(x), reader(weight), reader(bias)];
      const y = sums(shape);
      eachProduct(samples, weight, large, config, (atSmall, atW, atLarge) => {
        const [atX, atY] = transpose ? [atSmall, atLarge] : [atLarge, atSmall];
        y.add(readX(...atX) * readW(...atW), ...atY);
      });
      eachIndex(shape, (n = 0, f = 0, ...i) => y.add(shift(f), n, f, ...i));
      return [y.tensor(), { x, weight, bias, large, shape, config }];
    },
    backward: (cotangent, { x, weight, bias, large, shape, config }) => {
      const [g, readX, readW] = [reader(cotangent), reader(x), reader(weight)];
      const [dx, dw, db] = [sums(x.shape), sums(weight.shape), sums(bias.shape)];
      eachProduct(x.shape[0] ?? 1, weight, large, config, (atSmall, atW, atLarge) => {
        const [atX, atY] = transpose ? [atSmall, atLarge] : [atLarge, atSmall];
        dw.add(g(...atY) * readX(...atX), ...atW);
        dx.add(g(...atY) * readW(...atW), ...atX);
      });
      eachIndex(shape, (n = 0, f = 0, ...i) => db.add(g(n, f, ...i), f));
      return { x: dx.tensor(), weight: dw.tensor(), bias: db.tensor() };
    },
  });

/** What the transpose makes of the convolution's output: (i − 1)·s + d·(k − 1) + 1 − 2p. */
const largeSize = (axis: WindowConfiguration): number =>
  (outputSize(axis) - 1) * axis.stride + axis.dilation * (axis.kernel - 1) + 1 - 2 * axis.padding;

export const convolutions: readonly Derivation[] = [
  convolution('conv1d', 1, false, functional.conv1d),
  convolution('conv3d', 3, false, functional.conv3d),
  convolution('convTranspose1d', 1, true, functional.convTranspose1d),
  convolution('convTranspose2d', 2, true, functional.convTranspose2d),
];
