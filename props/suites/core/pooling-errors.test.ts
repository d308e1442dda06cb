/** What pooling refuses, and how it says it. */
import {
  ArgumentError,
  type AvgPoolOptions,
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool,
  DtypeError,
  type MaxPoolOptions,
  maxPool,
  ShapeError,
  zeros,
} from '../../../core/index.js';
import { fails } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

test('pooling: errors name the operation by its axes, the shapes and the remedy', () => {
  fails(
    () => maxPool(zeros([1, 4, 4]), { kernel: 3, padding: 3 }),
    ArgumentError,
    'maxPool1d: padding [3,3] is not less than the kernel of 3 places along spatial axis 0; pad less, or take a larger kernel',
  );
  fails(
    () => maxPool(zeros([1, 4, 4]), { kernel: 2, dilation: 2, padding: 2 }),
    ArgumentError,
    'maxPool1d: padding [2,2] is more than half of the 3 places that the dilated kernel spans along spatial axis 0; pad less, or take a larger kernel',
  );
  fails(
    () => avgPool(zeros([1, 1, 4, 2]), { kernel: 3 }),
    ShapeError,
    'avgPool2d: the kernel spans 3 places along spatial axis 1, the padded input has 2 (shapes [1,1,4,2] · [3,3]); pad more, or take a smaller kernel or dilation',
  );
  fails(
    () => maxPool(zeros([4, 4]), { kernel: 2 }),
    ShapeError,
    'maxPool: the input has 2 axes (shape [4,4]); give [N, C, …] with one to three spatial axes; unsqueeze a missing batch axis',
  );
  fails(
    () => maxPool(zeros([1, 1, 4, 4, 4]), { kernel: [2, 2] }),
    ArgumentError,
    'maxPool3d: kernel [2,2]; give a whole number ≥ 1, or a list of 3, one a spatial axis',
  );
  fails(
    () => avgPool(zeros([1, 1, 4]), { kernel: 2, stride: 0 }),
    ArgumentError,
    'avgPool1d: stride 0; give a whole number ≥ 1, or a list of 1, one a spatial axis',
  );
  fails(
    () => avgPool(zeros([1, 1, 4]), { kernel: 2, divisor: 0 }),
    ArgumentError,
    'avgPool1d: divisor 0; give a number other than 0',
  );
  fails(
    () => maxPool(zeros([1, 1, 4], 'int32'), { kernel: 2 }),
    DtypeError,
    "maxPool1d: does not take int32 (shape [1,1,4]); convert with cast(x, 'float32') or cast(x, 'float64')",
  );
  fails(
    () => adaptiveAvgPool(zeros([1, 1, 4, 4]), [2, 0]),
    ArgumentError,
    'adaptiveAvgPool2d: outputSize [2,0]; give a whole number ≥ 1, or a list of 2, one a spatial axis',
  );
  fails(
    () => adaptiveMaxPool(zeros([1, 1, 0]), 2),
    ShapeError,
    'adaptiveMaxPool1d: a spatial axis has no places (shape [1,1,0]); give spatial axes of size 1 at least',
  );
});

test('pooling: what plain JavaScript may give is refused by name', () => {
  const x = zeros([1, 1, 4]);
  fails(
    () => maxPool(x, 2 as unknown as MaxPoolOptions),
    ArgumentError,
    'maxPool: the options are 2, not an object; give them by name: kernel, stride, padding, dilation, ceilMode',
  );
  fails(
    () => maxPool(x, {} as MaxPoolOptions),
    ArgumentError,
    'maxPool1d: kernel undefined; give a whole number ≥ 1, or a list of 1, one a spatial axis',
  );
  fails(
    () => avgPool(x, { kernel: 2, dilation: 2 } as AvgPoolOptions),
    ArgumentError,
    'avgPool: there is no option dilation; the options are kernel, stride, padding, ceilMode, countIncludePad, divisor',
  );
  fails(
    () => adaptiveAvgPool(undefined as unknown as typeof x, 2),
    ArgumentError,
    'adaptiveAvgPool: the operand is undefined, not a tensor; give one; where a function is wanted, pass adaptiveAvgPool itself and not adaptiveAvgPool()',
  );
});
