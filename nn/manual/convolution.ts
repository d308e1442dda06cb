/**
 * Convolution by hand (cross-correlation), one place of the kernel at a time. With X_pq[n,c,i,j] = Xpad[n, c, i s + p, j s + q],
 *   Z = b + Σ_pq W_pq X_pq                    (W_pq: [F, C] takes channels to filters)
 *   db_f = Σ_{n,i,j} g_nfij,   dW_pq = Σ_{n,i,j} G X_pqᵀ,   dXpad gathers W_pqᵀ G at the places that X_pq was read from
 * and dX is dXpad without its border. `fastConv` does the same with the core's kernels.
 */

import { add, einsum, permute, reshape, ShapeError, slice, stack, sum, type Tensor } from '../../core/index.js';
import { convFilterGradient } from '../../core/primitives/window/conv-filter-gradient.js';
import { convInputGradient } from '../../core/primitives/window/conv-input-gradient.js';
import { checkedOptions, checkTensors } from '../../core/tensor/arguments.js';
import { channelsFirst, channelsLast, conv2d } from '../functional/convolution.js';
import type { Layout } from '../functional/normalise.js';
import type { AffineGradients } from './affine.js';
import { type ManualPair, pairNamed } from './pair.js';
import {
  readTap,
  tapsOf,
  type WindowOptions,
  type Windows,
  windowsOf,
  withBorder,
  withoutBorder,
  writeTap,
} from './windows.js';

export interface ConvOptions extends WindowOptions {
  /** Images `[N, C, H, W]` and kernels `[F, C, KH, KW]` (default), or `[N, H, W, C]` and `[KH, KW, C, F]`. */
  readonly layout?: Layout;
}

export interface ConvCache {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
  readonly windows: Windows;
  readonly layout: Layout;
}

/** A convolution: `x`, `w`, `b`, options → output; gradients `dx`, `dw`, `db`. */
export type ManualConv = ManualPair<
  [x: Tensor, w: Tensor, b: Tensor, options?: ConvOptions],
  ConvCache,
  AffineGradients
>;

/** `[KH, KW, C, F]` → `[F, C, KH, KW]`, and back. */
const filtersFirst = (w: Tensor): Tensor => permute(w, [3, 2, 0, 1]);
const filtersLast = (w: Tensor): Tensor => permute(w, [2, 3, 1, 0]);

/** The options of a convolution. */
export const convOptionNames = { stride: true, padding: true, layout: true } as const;

/** Arguments in channels-first layout, once they fit. */
const prepare = (op: string, x: Tensor, w: Tensor, b: Tensor, given: ConvOptions): ConvCache => {
  const { layout = 'NCHW', ...options } = checkedOptions(op, given, convOptionNames);
  checkTensors(op, [x, w, b]);
  if (x.rank !== 4 || w.rank !== 4)
    throw new ShapeError({
      op,
      problem: 'images and kernels do not have four axes each',
      shapes: [x.shape, w.shape],
      remedy: "give [N, C, H, W] and [F, C, KH, KW], or with layout: 'NHWC' [N, H, W, C] and [KH, KW, C, F]",
    });
  const [images, kernels] = layout === 'NCHW' ? [x, w] : [channelsFirst(x), filtersFirst(w)];
  const [filters, channels, height = 0, width = 0] = kernels.shape;
  if (channels !== images.shape[1] || b.size !== filters)
    throw new ShapeError({
      op,
      problem: `${images.shape[1]} channels, kernels for ${channels} and ${b.size} biases for ${filters} filters do not fit`,
      shapes: [x.shape, w.shape, b.shape],
      remedy: 'give kernels with the channels of the images, and one bias a filter',
    });
  return { x: images, w: kernels, b, windows: windowsOf(op, images, [height, width], options), layout };
};

/** The output in the layout of the call. */
const outputOf = (y: Tensor, { layout }: ConvCache): Tensor => (layout === 'NCHW' ? y : channelsLast(y));
const cotangentOf = (dout: Tensor, { layout }: ConvCache): Tensor => (layout === 'NCHW' ? dout : channelsFirst(dout));

/** Gradients in the layout of the call. */
const gradientsOf = (dx: Tensor, dw: Tensor, g: Tensor, { b, layout }: ConvCache): AffineGradients => ({
  dx: layout === 'NCHW' ? dx : channelsLast(dx),
  dw: layout === 'NCHW' ? dw : filtersLast(dw),
  db: reshape(sum(g, { axes: [0, 2, 3] }), b.shape) as Tensor,
});

/** `[F, C]` of one place of the kernel. */
const kernelTap = (w: Tensor, [row, column]: readonly [number, number]): Tensor =>
  reshape(slice(w, [null, null, [row, row + 1, 1], [column, column + 1, 1]]), w.shape.slice(0, 2)) as Tensor;

/**
 * Convolution of images: `x: [N, C, H, W]`, `w: [F, C, KH, KW]`, `b: [F]` → `[N, F, H′, W′]` with `H′ = ⌊(H + 2·padding − KH)/stride⌋ + 1`.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * conv.forward(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), tensor([1]), { stride: 1 })[0].toArray() // [[[[5, 5], [5, 5]]]]
 */
export const conv: ManualConv = pairNamed('conv', {
  forward: (x, w, b, options = {}) => {
    const cache = prepare('conv', x, w, b, options);
    const padded = withBorder(cache.x, cache.windows);
    const taps = tapsOf(cache.windows).map((tap) =>
      einsum('nchw,fc->nfhw', readTap(padded, tap, cache.windows), kernelTap(cache.w, tap)),
    );
    const y = add(
      taps.reduce((a, z) => add(a, z)),
      reshape(b, [1, b.size, 1, 1]),
    );
    return [outputOf(y, cache), cache];
  },
  backward: (dout, cache) => {
    const { w, windows } = cache;
    const g = cotangentOf(dout, cache);
    const padded = withBorder(cache.x, windows);
    const taps = tapsOf(windows);
    const dw = stack(
      taps.map((tap) => einsum('nfhw,nchw->fc', g, readTap(padded, tap, windows))),
      2,
    );
    const dpadded = taps
      .map((tap) => writeTap(einsum('nfhw,fc->nchw', g, kernelTap(w, tap)), tap, windows))
      .reduce((a, z) => add(a, z));
    return gradientsOf(withoutBorder(dpadded, windows), reshape(dw, w.shape) as Tensor, g, cache);
  },
});

/** Parameters of the core's kernels. */
const coreParams = ({ stride, border }: Windows) => ({
  stride: [...stride],
  padding: border.map((pair): [number, number] => [pair[0], pair[1]]),
  dilation: [1, 1],
  groups: 1,
});

/**
 * The same as `conv`, with the core's convolution kernels forwards and backwards.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * fastConv.forward(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), tensor([1]))[0].toArray() // [[[[5, 5], [5, 5]]]]
 */
export const fastConv: ManualConv = pairNamed('fastConv', {
  forward: (x, w, b, options = {}) => {
    const cache = prepare('fastConv', x, w, b, options);
    const { stride, border } = cache.windows;
    const y = conv2d(cache.x, cache.w, reshape(b, [b.size]) as Tensor, {
      stride,
      padding: border.map((pair): [number, number] => [pair[0], pair[1]]),
    });
    return [outputOf(y, cache), cache];
  },
  backward: (dout, cache) => {
    const { x, w, windows } = cache;
    const g = cotangentOf(dout, cache);
    const params = coreParams(windows);
    const dx = convInputGradient(g, w, { ...params, inputSize: x.shape.slice(2) });
    const dw = convFilterGradient(x, g, { ...params, kernelSize: w.shape.slice(2) });
    return gradientsOf(dx, dw, g, cache);
  },
});
