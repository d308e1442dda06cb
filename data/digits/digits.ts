/**
 * A data set that needs no file: digits drawn with a pen whose hand is never the same, on paper with grain. Each image is
 * written in one of several ways, turned, sheared, stretched, shifted, bent by a smooth random field, and inked with a
 * random width and strength.
 */

import { ArgumentError } from '../../core/base/errors.js';
import { foldIn, type Key } from '../../core/random/key.js';
import { uniform } from '../../core/random/samplers.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { between, draws } from '../augment/transform.js';
import { checkKeyArgument, checkNumber } from '../checks.js';
import type { ImageSet } from '../images.js';
import { type Point, type Stroke, ways } from './strokes.js';

export interface DigitsOptions {
  /** Height and width in pixels; 28 by default. */
  readonly size?: number;
  /** How far hands differ: 0 for one hand, 1 by default. */
  readonly distortion?: number;
  /** The grain of the paper: the largest change of a pixel, as a share of full ink; 0.15 by default. */
  readonly noise?: number;
}

/** As many pixels as one array of numbers beside them can hold. */
const mostPixels = 2 ** 30;

/** The field that bends the lines has this many nodes a side. */
const nodes = 4;
/** Random numbers that one image takes: the way of writing, the hand, the ink, and two coordinates a node. */
const numbers = 9 + 2 * nodes * nodes;

/** Moves the points of one image: stretched, sheared, turned, bent, shifted, all about the middle of the square. */
const handOf = (units: readonly number[], strength: number): ((point: Point) => Point) => {
  const spread = (i: number, reach: number): number => between(units[i] ?? 0.5, [-reach, reach]) * strength;
  const [angle, shear] = [spread(1, 0.28), spread(2, 0.3)];
  const [wide, tall] = [1 + spread(3, 0.22), 1 + spread(4, 0.14)];
  const [right, down] = [spread(5, 0.09), spread(6, 0.09)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  /** The bend at a point: between the four nodes around it. */
  const bend = (x: number, y: number, coordinate: 0 | 1): number => {
    const [column, row] = [x, y].map((at) => Math.min(Math.max(at, 0), 1) * (nodes - 1)) as [number, number];
    const [left, top] = [Math.min(Math.floor(column), nodes - 2), Math.min(Math.floor(row), nodes - 2)];
    const at = (r: number, c: number): number => spread(9 + 2 * (r * nodes + c) + coordinate, 0.085);
    const [u, v] = [column - left, row - top];
    return (
      (at(top, left) * (1 - u) + at(top, left + 1) * u) * (1 - v) +
      (at(top + 1, left) * (1 - u) + at(top + 1, left + 1) * u) * v
    );
  };
  return ([x, y]) => {
    const [bentX, bentY] = [x + bend(x, y, 0) - 0.5, y + bend(x, y, 1) - 0.5];
    const [stretchedX, stretchedY] = [bentX * wide - shear * bentY, bentY * tall];
    return [cos * stretchedX - sin * stretchedY + 0.5 + right, sin * stretchedX + cos * stretchedY + 0.5 + down];
  };
};

/** The squared distance from a point to the stretch between two others. */
const squaredDistance = (x: number, y: number, [ax, ay]: Point, [bx, by]: Point): number => {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / length, 0), 1);
  return (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2;
};

/** Ink from 0 to 1: full within the radius of the pen, fading over one pixel around it. */
const draw = (strokes: readonly Stroke[], size: number, radius: number): Float64Array => {
  const nearest = new Float64Array(size * size).fill(Number.POSITIVE_INFINITY);
  const reach = radius + 1;
  for (const stroke of strokes)
    for (const [i, b] of stroke.entries()) {
      const a = stroke[i - 1];
      if (a === undefined) continue;
      const range = (k: 0 | 1): readonly [number, number] => [
        Math.max(Math.floor(Math.min(a[k], b[k]) - reach), 0),
        Math.min(Math.ceil(Math.max(a[k], b[k]) + reach), size - 1),
      ];
      const [left, right] = range(0);
      const [top, bottom] = range(1);
      for (let row = top; row <= bottom; row++)
        for (let column = left; column <= right; column++) {
          const at = row * size + column;
          nearest[at] = Math.min(nearest[at] ?? 0, squaredDistance(column + 0.5, row + 0.5, a, b));
        }
    }
  return nearest.map((squared) => Math.min(Math.max(radius + 0.5 - Math.sqrt(squared), 0), 1));
};

const digitsNames = { size: true, distortion: true, noise: true } as const;

/**
 * `count` images of digits, white on black, with the digits 0 to 9 in turn. An image depends on the key, its place and the
 * options only, so that the first images of a larger set are those of a smaller one.
 * @throws ArgumentError unless the count is whole, the size at least 8, and the other options from 0 on.
 * @example
 * digits(key(0), 12).labels // [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
 */
export const digits = (key: Key, count: number, given: DigitsOptions = {}): ImageSet => {
  const { size = 28, distortion = 1, noise = 0.15 } = checkedOptions('digits', given, digitsNames);
  checkKeyArgument('digits', key);
  for (const [what, value] of Object.entries({ count, size, distortion, noise }))
    if (typeof value !== 'number') checkNumber('digits', what, value);
  const whole = Number.isInteger(count) && count >= 0 && Number.isInteger(size) && size >= 8;
  if (!whole || !(distortion >= 0) || !(noise >= 0))
    throw new ArgumentError({
      op: 'digits',
      problem: `${count} images of size ${size}, distortion ${distortion}, noise ${noise}`,
      remedy: 'give a whole count, a size of 8 or more, and options from 0 on',
    });
  if (count * size * size > mostPixels)
    throw new ArgumentError({
      op: 'digits',
      problem: `${count} images of size ${size} have more than ${mostPixels} pixels`,
      remedy: 'draw them in parts, with a key for each',
    });
  const pixels = new Uint8Array(count * size * size);
  const grain = noise === 0 ? null : uniform(foldIn(key, 1), [count, size, size]).dataSync();
  // The square of the pen takes the middle five sevenths of the image, as in MNIST.
  const [side, margin] = [(size * 5) / 7, size / 7];
  for (const [i, units] of draws(foldIn(key, 0), count, numbers).entries()) {
    const choices = ways[i % 10] ?? [];
    const way = choices[Math.floor((units[0] ?? 0) * choices.length)] ?? [];
    const hand = handOf(units, distortion);
    const strokes = way.map((stroke) =>
      stroke.map((point): Point => {
        const [x, y] = hand(point);
        return [margin + x * side, margin + y * side];
      }),
    );
    const radius = between(units[7] ?? 0, [0.022, 0.062]) * size;
    const strength = between(units[8] ?? 0, [0.7, 1]);
    const start = i * size * size;
    for (const [at, ink] of draw(strokes, size, radius).entries()) {
      const shade = ink * strength + ((grain?.[start + at] ?? 0.5) - 0.5) * 2 * noise;
      pixels[start + at] = Math.round(255 * Math.min(Math.max(shade, 0), 1));
    }
  }
  return {
    pixels,
    shape: [count, 1, size, size],
    labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  };
};
