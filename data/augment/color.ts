/** Random changes of brightness, contrast, saturation and hue. Pixels run from 0 to 1 before and after. */

import { ArgumentError } from '../../core/base/errors.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkNumber } from '../checks.js';
import { between, draws, pixelsOf, type Transform, transformOf, withPixels } from './transform.js';

export interface ColorJitterOptions {
  /** The factor is drawn from [max(0, 1 − b), 1 + b]; 0 by default. */
  readonly brightness?: number;
  /** The distance from the image's mean grey is scaled by a factor drawn likewise; 0 by default. */
  readonly contrast?: number;
  /** The distance from each pixel's own grey is scaled by a factor drawn likewise; 0 by default. */
  readonly saturation?: number;
  /** Colours are turned on their circle by up to this share of it either way, 0.5 at most; 0 by default. */
  readonly hue?: number;
}

type Rgb = readonly [red: number, green: number, blue: number];

const clamp = (value: number): number => Math.min(Math.max(value, 0), 1);

/** ITU-R BT.601 luma. */
const grey = ([red, green, blue]: Rgb): number => 0.299 * red + 0.587 * green + 0.114 * blue;

/**
 * The colour turned by a share of the circle: hue h in sixths, chroma c and minimum m of the HSV model, where channel k is
 * m + c·clamp(min(s, 4 − s), 0, 1) with s = (h + k) mod 6 and k = 2, 0, 4 … for red, green, blue.
 */
const turn = ([red, green, blue]: Rgb, share: number): Rgb => {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  const chroma = most - least;
  if (chroma === 0) return [red, green, blue];
  const sixth =
    most === red ? (green - blue) / chroma : most === green ? (blue - red) / chroma + 2 : (red - green) / chroma + 4;
  const hue = (((sixth + 6 * share) % 6) + 6) % 6;
  const channel = (offset: number): number => {
    const s = (hue + offset) % 6;
    return least + chroma * clamp(Math.min(s, 4 - s));
  };
  return [channel(2), channel(0), channel(4)];
};

/** Mixes towards `centre` by `1 − factor`. */
const scaleFrom = (centre: number, value: number, factor: number): number => clamp(centre + (value - centre) * factor);

const colorJitterNames = { brightness: true, contrast: true, saturation: true, hue: true } as const;

/**
 * Random brightness, contrast, saturation and hue, in this order, one set of factors an image. Grey images know brightness
 * and contrast only.
 * @throws ArgumentError unless images have 1 or 3 channels and the hue is at most 0.5.
 * @example
 * colorJitter({ brightness: 0.4, hue: 0.1 })({ x: ones([2, 3, 4, 4]), y: zeros([2]) }, key(0)).x.shape // [2, 3, 4, 4]
 */
export const colorJitter = (options: ColorJitterOptions = {}): Transform => {
  const {
    brightness = 0,
    contrast = 0,
    saturation = 0,
    hue = 0,
  } = checkedOptions('colorJitter', options, colorJitterNames);
  for (const [what, value] of Object.entries({ brightness, contrast, saturation }))
    checkNumber('colorJitter', what, value, [0, Number.MAX_VALUE]);
  if (typeof hue !== 'number') checkNumber('colorJitter', 'hue', hue, [0, 0.5]);
  return transformOf('colorJitter', (batch, key) => {
    const images = pixelsOf('colorJitter', batch);
    const { count, channels, height, width } = images;
    if ((channels !== 1 && channels !== 3) || !(hue >= 0 && hue <= 0.5))
      throw new ArgumentError({
        op: 'colorJitter',
        problem: `${channels} channels, hue ${hue}`,
        remedy: 'give images with 1 or 3 channels and a hue from 0 to 0.5',
      });
    const data = images.data.slice();
    const plane = height * width;
    const factor = (unit: number, strength: number): number => between(unit, [Math.max(0, 1 - strength), 1 + strength]);
    for (const [i, [light = 0, spread = 0, rich = 0, angle = 0]] of draws(key, count, 4).entries()) {
      const start = i * channels * plane;
      const end = start + channels * plane;
      const rgb = (at: number): Rgb =>
        channels === 1
          ? [data[at] ?? 0, data[at] ?? 0, data[at] ?? 0]
          : [data[at] ?? 0, data[at + plane] ?? 0, data[at + 2 * plane] ?? 0];
      if (brightness > 0)
        for (let at = start; at < end; at++) data[at] = clamp((data[at] ?? 0) * factor(light, brightness));
      if (contrast > 0) {
        let total = 0;
        for (let at = start; at < start + plane; at++) total += grey(rgb(at));
        for (let at = start; at < end; at++)
          data[at] = scaleFrom(total / plane, data[at] ?? 0, factor(spread, contrast));
      }
      if (channels === 1) continue;
      for (let at = start; at < start + plane; at++) {
        const before = rgb(at);
        const own = grey(before);
        const [r, g, b] =
          saturation > 0 ? before.map((value) => scaleFrom(own, value, factor(rich, saturation))) : before;
        const turned = turn([r ?? 0, g ?? 0, b ?? 0], hue > 0 ? between(angle, [-hue, hue]) : 0);
        for (const [channel, value] of turned.entries()) data[at + channel * plane] = value;
      }
    }
    return withPixels(batch, { ...images, data });
  });
};
