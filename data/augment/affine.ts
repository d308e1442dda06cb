/**
 * Random rotations, shifts, scalings and shears about the centre of each image.
 * A pixel p of the result comes from A⁻¹(p − c − t) + c, with c the centre, t the shift and A the rotation times the shear
 * times the scale; between pixels by bilinear interpolation.
 */
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkBounds, checkNumber } from '../checks.js';
import { bilinear } from './crop.js';
import { between, draws, pixelsOf, type Transform, transformOf, withPixels } from './transform.js';

export interface RandomAffineOptions {
  /** Rotation by up to this many degrees either way; 0 by default. */
  readonly degrees?: number;
  /** Shift by up to this share of the height and width either way; 0 by default. */
  readonly translate?: number;
  /** Bounds of the scale; 1 by default. */
  readonly scale?: readonly [min: number, max: number];
  /** Shear along the rows by up to this many degrees either way; 0 by default. */
  readonly shear?: number;
  /** What comes in from outside; 0 by default. */
  readonly fill?: number;
}

const radians = Math.PI / 180;

const randomAffineNames = { degrees: true, translate: true, scale: true, shear: true, fill: true } as const;

const affine = (op: string, options: RandomAffineOptions): Transform => {
  const {
    degrees = 0,
    translate = 0,
    scale = [1, 1],
    shear = 0,
    fill = 0,
  } = checkedOptions(op, options, randomAffineNames);
  checkNumber(op, 'degrees', degrees, [0, Number.MAX_VALUE]);
  checkNumber(op, 'translate', translate, [0, Number.MAX_VALUE]);
  checkBounds(op, 'scale', scale, [Number.MIN_VALUE, Number.MAX_VALUE]);
  checkNumber(op, 'shear', shear, [0, 90]);
  checkNumber(op, 'fill', fill);
  return transformOf(op, (batch, key) => {
    const images = pixelsOf(op, batch);
    const { count, channels, height, width } = images;
    const data = new (images.data.constructor as Float32ArrayConstructor)(images.data.length);
    const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
    for (const [i, [turn = 0, down = 0, across = 0, size = 0, skew = 0]] of draws(key, count, 5).entries()) {
      const angle = between(turn, [-degrees, degrees]) * radians;
      const slope = Math.tan(between(skew, [-shear, shear]) * radians);
      const zoom = between(size, scale);
      const shiftRow = between(down, [-translate, translate]) * height;
      const shiftColumn = between(across, [-translate, translate]) * width;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++) {
          // Backwards: the shift, the rotation, the shear, the scale.
          const [y, x] = [row - middleRow - shiftRow, column - middleColumn - shiftColumn];
          const turnedRow = cos * y - sin * x;
          const turnedColumn = sin * y + cos * x - slope * turnedRow;
          const fromRow = turnedRow / zoom + middleRow;
          const fromColumn = turnedColumn / zoom + middleColumn;
          for (let plane = i * channels; plane < (i + 1) * channels; plane++)
            data[(plane * height + row) * width + column] = bilinear(images, plane, fromRow, fromColumn, fill);
        }
    }
    return withPixels(batch, { ...images, data });
  });
};

/**
 * A random affine picture of each image.
 * @example
 * randomAffine({ degrees: 10, translate: 0.1 })({ x: ones([2, 1, 8, 8]), y: zeros([2]) }, key(0)).x.shape // [2, 1, 8, 8]
 */
export const randomAffine = (options: RandomAffineOptions = {}): Transform => affine('randomAffine', options);

/**
 * A random rotation of each image, by up to `degrees` either way.
 * @example
 * randomRotation(15)({ x: ones([2, 1, 8, 8]), y: zeros([2]) }, key(0)).x.shape // [2, 1, 8, 8]
 */
export const randomRotation = (degrees: number, fill = 0): Transform => affine('randomRotation', { degrees, fill });
