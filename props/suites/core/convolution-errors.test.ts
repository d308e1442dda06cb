/** What convolution and transposed convolution refuse, and how they say it. */
import { vmap } from '../../../autograd/index.js';
import { withScope } from '../../../core/base/scope.js';
import {
  ArgumentError,
  type ConvOptions,
  conv,
  convTranspose,
  DtypeError,
  ShapeError,
  type Tensor,
  zeros,
} from '../../../core/index.js';
import { fails } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

test('conv: errors name the operation by its axes, the layer, the shapes and the remedy', () => {
  const call =
    (x: readonly number[], w: readonly number[], options: ConvOptions = {}) =>
    (): Tensor =>
      conv(zeros(x), zeros(w), options);
  fails(
    () => withScope('encoder', () => withScope('2', call([64, 3, 16, 16], [64, 32, 3, 3]))),
    ShapeError,
    "conv2d (encoder.2): input has 3 channels, weight expects 32 (shapes [64,3,16,16] · [64,32,3,3]); check the previous layer's out",
  );
  fails(
    call([1, 3, 8], [4, 2, 3], { groups: 2 }),
    ShapeError,
    "conv1d: input has 3 channels, weight expects 4 (2 groups of 2) (shapes [1,3,8] · [4,2,3]); check the previous layer's out",
  );
  fails(
    call([1, 6, 8], [4, 2, 3], { groups: 3 }),
    ShapeError,
    'conv1d: 4 output channels do not divide into 3 groups (shapes [1,6,8] · [4,2,3]); let out be a multiple of groups',
  );
  fails(
    call([3, 8, 8], [4, 3, 3, 3]),
    ShapeError,
    'conv2d: input has 3 axes, weight has 4 (shapes [3,8,8] · [4,3,3,3]); give x: [N, C, …] and w: [O, C/groups, …] with the same one to three spatial axes; unsqueeze a missing batch axis',
  );
  fails(
    call([4, 3], [4, 3]),
    ShapeError,
    'conv: weight has 2 axes (shapes [4,3] · [4,3]); give x: [N, C, …] and w: [O, C/groups, …] with the same one to three spatial axes; unsqueeze a missing batch axis',
  );
  fails(
    call([1, 1, 2, 2, 2], [1, 1, 1, 3, 1]),
    ShapeError,
    'conv3d: the kernel spans 3 places along spatial axis 1, the padded input has 2 (shapes [1,1,2,2,2] · [1,1,1,3,1]); pad more, or take a smaller kernel or dilation',
  );
  fails(
    call([1, 1, 2], [1, 1, 0]),
    ShapeError,
    'conv1d: the kernel has no taps (shapes [1,1,2] · [1,1,0]); give a kernel of size 1 at least along every axis',
  );
});

test('conv: bad options are refused with what was given', () => {
  const call = (options: ConvOptions) => (): Tensor => conv(zeros([1, 1, 5, 5]), zeros([1, 1, 2, 2]), options);
  const whole = 'give a whole number ≥ 1, or a list of 2, one a spatial axis';
  const padding =
    "give 'same', 'valid', a whole number ≥ 0, or a list of 2 numbers or [low, high] pairs, one a spatial axis";
  fails(call({ stride: 0 }), ArgumentError, `conv2d: stride 0; ${whole}`);
  fails(call({ stride: [1, 2, 3] }), ArgumentError, `conv2d: stride [1,2,3]; ${whole}`);
  fails(call({ dilation: [1, 0.5] }), ArgumentError, `conv2d: dilation [1,0.5]; ${whole}`);
  fails(call({ padding: -1 }), ArgumentError, `conv2d: padding -1; ${padding}`);
  fails(call({ padding: [1] }), ArgumentError, `conv2d: padding [1]; ${padding}`);
  fails(call({ padding: [[1, 0.5], 0] }), ArgumentError, `conv2d: padding [[1,0.5],0]; ${padding}`);
  fails(call({ padding: 'full' as 'same' }), ArgumentError, `conv2d: padding "full"; ${padding}`);
  fails(call({ groups: 0 }), ArgumentError, 'conv2d: groups 0; give a whole number ≥ 1');
  fails(call({ groups: 1.5 }), ArgumentError, 'conv2d: groups 1.5; give a whole number ≥ 1');
});

test('conv: takes floats of one type only', () => {
  fails(
    () => conv(zeros([1, 1, 3], 'int32'), zeros([1, 1, 2], 'int32')),
    DtypeError,
    "conv1d: does not take int32 (shapes [1,1,3] · [1,1,2]); convert with cast(x, 'float32') or cast(x, 'float64')",
  );
  fails(
    () => conv(zeros([1, 1, 3], 'bool'), zeros([1, 1, 2])),
    DtypeError,
    "conv1d: bool and float32 do not mix (shapes [1,1,3] · [1,1,2]); convert one of them with cast(x, 'float32')",
  );
  fails(
    () => conv(zeros([1, 1, 3], 'float64'), zeros([1, 1, 2])),
    DtypeError,
    "conv1d: float64 and float32 do not mix (shapes [1,1,3] · [1,1,2]); convert one of them with cast(x, 'float64')",
  );
});

test('conv: under vmap an error shows the shapes of one example', () => {
  fails(
    () => vmap((x: Tensor) => conv(x, zeros([2, 4, 3])))(zeros([7, 1, 3, 5])),
    ShapeError,
    "conv1d: input has 3 channels, weight expects 4 (shapes [1,3,5] · [2,4,3]); check the previous layer's out",
  );
});

test('convTranspose: errors name the operation by its axes', () => {
  const call =
    (x: readonly number[], w: readonly number[], options: object = {}) =>
    (): Tensor =>
      convTranspose(zeros(x), zeros(w), options);
  fails(
    call([1, 3, 4, 4], [2, 3, 2, 2]),
    ShapeError,
    "convTranspose2d: input has 3 channels, weight expects 2 (shapes [1,3,4,4] · [2,3,2,2]); check the previous layer's out",
  );
  fails(
    call([1, 3, 4], [3, 1, 2], { groups: 2 }),
    ShapeError,
    'convTranspose1d: 3 input channels do not divide into 2 groups (shapes [1,3,4] · [3,1,2]); let groups divide the number of channels',
  );
  fails(
    call([1, 1, 1], [1, 1, 2], { padding: 1 }),
    ShapeError,
    'convTranspose1d: the result would have the spatial shape [0] (shapes [1,1,1] · [1,1,2]); pad less, or give a larger input',
  );
  fails(
    call([1, 1, 3], [1, 1, 2], { stride: 2, outputPadding: 2 }),
    ArgumentError,
    'convTranspose1d: outputPadding 2 along spatial axis 0 (shapes [1,1,3] · [1,1,2]); let it be smaller than the stride or the dilation',
  );
});

test('conv: what plain JavaScript may give is refused by name', () => {
  const x = zeros([1, 1, 3]);
  fails(
    () => conv(x, [[[1]]] as unknown as Tensor),
    ArgumentError,
    'conv: operand 2 is a list, not a tensor; make one with tensor(…)',
  );
  fails(
    () => conv(x, x, { strides: 2 } as ConvOptions),
    ArgumentError,
    'conv: there is no option strides; did you mean stride? The options are stride, padding, dilation, groups, flipKernel',
  );
  fails(
    () => conv(x, x, { stride: '2' as unknown as number }),
    ArgumentError,
    'conv1d: stride "2"; give a whole number ≥ 1, or a list of 1, one a spatial axis',
  );
  fails(
    () => conv(x, x, { dilation: Number.NaN }),
    ArgumentError,
    'conv1d: dilation NaN; give a whole number ≥ 1, or a list of 1, one a spatial axis',
  );
});
