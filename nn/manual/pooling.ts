/**
 * Pooling by hand. Max: the place of each window's first maximum is remembered, and its output's gradient is added there. Average: every place of a window
 * receives G/(KH·KW); windows that overlap add up.
 */

import {
  add,
  equal,
  fromData,
  full,
  greater,
  max,
  mul,
  reshape,
  type Tensor,
  where,
  zerosLike,
} from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { channelsFirst, channelsLast } from '../functional/convolution.js';
import type { Layout } from '../functional/normalise.js';
import type { InputGradient } from './activations.js';
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

export interface PoolOptions extends WindowOptions {
  readonly height: number;
  readonly width: number;
  /** Images `[N, C, H, W]` (default) or `[N, H, W, C]`. */
  readonly layout?: Layout;
}

export interface MaxPoolCache {
  readonly windows: Windows;
  /** Which place of its window each output came from, counted in row-major order: int32 `[N, C, H′, W′]`. */
  readonly places: Tensor;
  readonly layout: Layout;
}

export interface AveragePoolCache {
  readonly windows: Windows;
  readonly layout: Layout;
}

/** A pool: `x`, options → output; the gradient `dx`. */
export type ManualPool<Cache> = ManualPair<[x: Tensor, options: PoolOptions], Cache, InputGradient>;

/** The options of a pool. */
export const poolNames = { height: true, width: true, stride: true, padding: true, layout: true } as const;

const prepare = (op: string, x: Tensor, options: PoolOptions) => {
  const {
    height,
    width,
    stride = [height, width],
    padding = 0,
    layout = 'NCHW',
  } = checkedOptions(op, options, poolNames);
  const images = layout === 'NCHW' ? x : channelsFirst(x);
  return { images, windows: windowsOf(op, images, [height, width], { stride, padding }), layout };
};

const inLayout = (x: Tensor, layout: Layout): Tensor => (layout === 'NCHW' ? x : channelsLast(x));

/** What every place of the windows receives, put back and added up. */
const gather = (windows: Windows, received: (place: number) => Tensor): Tensor =>
  withoutBorder(
    tapsOf(windows)
      .map((tap, place) => writeTap(received(place), tap, windows))
      .reduce((a, z) => add(a, z)),
    windows,
  );

const backwardMax = (dout: Tensor, { windows, places, layout }: MaxPoolCache): InputGradient => {
  const g = layout === 'NCHW' ? dout : channelsFirst(dout);
  return {
    dx: inLayout(
      gather(windows, (place) => where(equal(places, place), g, 0)),
      layout,
    ),
  };
};

/**
 * The largest of each window: `[N, C, H, W]` → `[N, C, H′, W′]`. The stride is the window unless given; padding is −∞; of equal values the first in row-major
 * order takes the gradient.
 * @throws ShapeError when the window does not fit.
 * @example
 * maxPool.backward(tensor([[[[7]]]]), maxPool.forward(tensor([[[[1, 4], [4, 2]]]]), { height: 2, width: 2 })[1]).dx.toArray() // [[[[0, 7], [0, 0]]]]
 */
export const maxPool: ManualPool<MaxPoolCache> = pairNamed('maxPool', {
  forward: (x, options) => {
    const { images, windows, layout } = prepare('maxPool', x, options);
    const padded = withBorder(images, windows, Number.NEGATIVE_INFINITY);
    const [first, ...others] = tapsOf(windows).map((tap) => readTap(padded, tap, windows));
    let best = first as Tensor;
    let places: Tensor = full(best.shape, 0, 'int32');
    for (const [i, candidate] of others.entries()) {
      const better = greater(candidate, best);
      best = where(better, candidate, best);
      places = where(better, i + 1, places);
    }
    return [inLayout(best, layout), { windows, places, layout }];
  },
  backward: backwardMax,
});

/**
 * The mean of each window: `[N, C, H, W]` → `[N, C, H′, W′]`. The stride is the window unless given; padding counts as zeros.
 * @throws ShapeError when the window does not fit.
 * @example
 * averagePool.forward(tensor([[[[1, 2], [3, 6]]]]), { height: 2, width: 2 })[0].toArray() // [[[[3]]]]
 */
export const averagePool: ManualPool<AveragePoolCache> = pairNamed('averagePool', {
  forward: (x, options) => {
    const { images, windows, layout } = prepare('averagePool', x, options);
    const padded = withBorder(images, windows);
    const total = tapsOf(windows)
      .map((tap) => readTap(padded, tap, windows))
      .reduce((a, z) => add(a, z));
    return [inLayout(mul(total, 1 / (windows.height * windows.width)), layout), { windows, layout }];
  },
  backward: (dout, { windows, layout }) => {
    const g = layout === 'NCHW' ? dout : channelsFirst(dout);
    const share: Tensor = mul(g, 1 / (windows.height * windows.width));
    return {
      dx: inLayout(
        gather(windows, () => share),
        layout,
      ),
    };
  },
});

export interface TilingCache {
  readonly x: Tensor;
  readonly out: Tensor;
  readonly tile: readonly [number, number];
}

/** Images cut into tiles: `[N, C, H/h, h, W/w, w]`. */
const tiled = (x: Tensor, [height, width]: readonly [number, number]): Tensor => {
  const [samples = 0, channels = 0, rows = 0, columns = 0] = x.shape;
  return reshape(x, [samples, channels, rows / height, height, columns / width, width]) as Tensor;
};

/**
 * The same as `maxPool`, by one reduction where windows are tiles that cover the images, else as `maxPool`.
 * @throws ShapeError when the window does not fit.
 * @example
 * fastMaxPool.forward(tensor([[[[1, 4], [3, 2]]]]), { height: 2, width: 2 })[0].toArray() // [[[[4]]]]
 */
export const fastMaxPool: ManualPool<MaxPoolCache | TilingCache> = pairNamed('fastMaxPool', {
  forward: (x, options) => {
    const { windows, layout } = prepare('fastMaxPool', x, options);
    const [rows, columns] = windows.stride;
    const [, , height = 0, width = 0] = windows.padded;
    const covers =
      layout === 'NCHW' &&
      rows === windows.height &&
      columns === windows.width &&
      height === x.shape[2] &&
      width === x.shape[3] &&
      height % rows === 0 &&
      width % columns === 0;
    if (!covers) return maxPool.forward(x, options);
    const out = max(tiled(x, [rows, columns]), { axes: [3, 5] });
    return [out, { x, out, tile: [rows, columns] }];
  },
  backward: (dout, cache) => {
    if (!('tile' in cache)) return backwardMax(dout, cache);
    const { x, out, tile } = cache;
    const spread = (y: Tensor): Tensor => reshape(y, [...y.shape.slice(0, 3), 1, y.shape[3] ?? 0, 1]) as Tensor;
    const isBest = equal(tiled(x, tile), spread(out));
    return { dx: reshape(firstOf(isBest, spread(dout)), x.shape) as Tensor };
  },
});

/** `g` where a tile `[…, h, …, w]` has its first true, 0 elsewhere. */
const firstOf = (isBest: Tensor, g: Tensor): Tensor => {
  const [, , , height = 1, , width = 1] = isBest.shape;
  const order = Float64Array.from({ length: height * width }, (_, at) => height * width - at);
  // The first of the true places has the largest number.
  const numbers = where(isBest, reshape(fromData(order, [height * width]), [1, 1, 1, height, 1, width]), 0);
  const first = equal(numbers, max(numbers, { axes: [3, 5], keepDims: true }));
  return where(first, g, zerosLike(g));
};
