/** Boundary points of convolution and pooling: sizes that do not come out even, ties, NaN, padding, overlap. */

import { grad, jvp, vjp, vmap } from '../../../autograd/index.js';
import {
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool,
  conv,
  fromData,
  type MaxPoolOptions,
  maxPool,
  mul,
  ones,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  windowOutputSize,
  zeros,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { fails } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const { NaN: nan, NEGATIVE_INFINITY: minusInfinity, POSITIVE_INFINITY: infinity } = Number;

const line = (...values: readonly number[]): Tensor => fromData([...values], [1, 1, values.length], 'float64');
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

/** The gradient of the weighted sum of a function of a line. */
const gradient = (f: (x: Tensor) => Tensor, x: Tensor, ...weights: readonly number[]): number[] =>
  numbers(grad((at: Tensor) => sum(mul(f(at), line(...weights))))(x));

test('convolution: it is cross-correlation, the kernel is not turned round', () => {
  assert.equal(numbers(conv(line(1, 2, 4, 8), line(1, 10, 100))), [421, 842]);
  assert.equal(numbers(conv(line(1, 2, 4, 8), line(1, 10, 100), { flipKernel: true })), [124, 248]);
});

test('convolution: out = ⌊(H + 2P − D(K − 1) − 1)/S⌋ + 1', () => {
  for (const size of [4, 5, 9])
    for (const kernel of [1, 2, 3])
      for (const stride of [1, 2, 3])
        for (const padding of [0, 1, 2])
          for (const dilation of [1, 2]) {
            const room = size + 2 * padding - dilation * (kernel - 1) - 1;
            if (room < 0) continue;
            const out = Math.floor(room / stride) + 1;
            assert.equal(conv(zeros([1, 1, size]), zeros([1, 1, kernel]), { stride, padding, dilation }).shape, [
              1,
              1,
              out,
            ]);
            assert.is(windowOutputSize(size, { kernel, stride, padding, dilation }), out);
          }
});

test('convolution: a kernel that just fits gives one output, one place more is an error', () => {
  assert.equal(conv(zeros([1, 1, 3]), zeros([1, 1, 5]), { padding: 1 }).shape, [1, 1, 1]);
  fails(
    () => conv(zeros([1, 1, 3]), zeros([1, 1, 3]), { padding: 1, dilation: 3 }),
    ShapeError,
    'conv1d: the kernel spans 7 places along spatial axis 0, the padded input has 5 (shapes [1,1,3] · [1,1,3]); pad more, or take a smaller kernel or dilation',
  );
});

test('convolution: the input gradient pads the far side by what the stride dropped', () => {
  const x = line(1, 2, 3, 4, 5, 6);
  // Windows start at 0 and 3 and end at 1 and 4: nobody reads positions 2 and 5.
  assert.equal(
    gradient((at) => conv(at, line(1, 10), { stride: 3 }), x, 1, 2),
    [1, 10, 0, 2, 20, 0],
  );
  // Padded to ten places, of which the last is dropped.
  assert.equal(
    gradient((at) => conv(at, line(1, 10, 100), { stride: 2, padding: [[2, 2]] }), x, 1, 2, 3, 4),
    [100 + 2, 20, 200 + 3, 30, 300 + 4, 40],
  );
});

test('convolution: same padding gives ⌈size/stride⌉ outputs, the odd place at the end', () => {
  assert.equal(numbers(conv(line(1, 2, 3, 4), line(1, 10), { padding: 'same' })), [21, 32, 43, 4]);
  assert.equal(numbers(conv(line(1, 2, 3, 4, 5), line(1, 10, 100), { padding: 'same', stride: 2 })), [210, 432, 54]);
  assert.equal(numbers(conv(line(1, 2, 3, 4), line(1, 10, 100), { padding: 'same', stride: 2 })), [321, 43]);
  for (const size of [1, 4, 5, 31])
    for (const kernel of [1, 2, 3, 4])
      for (const stride of [1, 2, 3])
        for (const dilation of [1, 2])
          assert.is(windowOutputSize(size, { kernel, stride, dilation, padding: 'same' }), Math.ceil(size / stride));
});

test('convolution: nothing is multiplied with padding, so that an infinite weight meets only what is there', () => {
  assert.equal(numbers(conv(line(1, 2), line(infinity, 1, 0), { padding: 1 })), [1, infinity]);
});

test('convolution: an empty batch, no input channels and no output channels have their results', () => {
  assert.equal(conv(zeros([0, 2, 5]), zeros([3, 2, 2])).shape, [0, 3, 4]);
  assert.equal(numbers(conv(zeros([1, 0, 3]), zeros([1, 0, 2]))), [0, 0]);
  assert.equal(conv(zeros([1, 2, 3]), zeros([0, 2, 2])).shape, [1, 0, 2]);
  const [dx, dw] = grad((x: Tensor, w: Tensor) => sum(conv(x, w)), { argnums: [0, 1] })(
    zeros([0, 2, 5]),
    ones([3, 2, 2]),
  );
  assert.equal(
    [dx.shape, dw.shape],
    [
      [0, 2, 5],
      [3, 2, 2],
    ],
  );
  assert.equal(numbers(dw), new Array(12).fill(0));
});

test('convolution: one tensor as input and weight receives both gradients', () => {
  // y = Σ x², so that its gradient is 2x.
  assert.equal(numbers(grad((x: Tensor) => sum(conv(x, x)))(line(1, 2, 3))), [2, 4, 6]);
});

test('max pool tie: the whole cotangent goes to the first in row-major window order', () => {
  const x = fromData([1, 3, 3, 3, 3, 1, 3, 3, 3], [1, 1, 3, 3], 'float64');
  const [y, pullback] = vjp((at: Tensor) => maxPool(at, { kernel: 3 }), x);
  assert.equal(numbers(y), [3]);
  assert.equal(numbers(pullback(fromData([5], [1, 1, 1, 1], 'float64'))[0]), [0, 5, 0, 0, 0, 0, 0, 0, 0]);
  // Row-major: (0, 1) comes before (1, 0).
  const square = fromData([1, 2, 2, 1], [1, 1, 2, 2], 'float64');
  assert.equal(numbers(grad((at: Tensor) => sum(maxPool(at, { kernel: 2 })))(square)), [0, 1, 0, 0]);
  assert.equal(numbers(grad((at: Tensor) => sum(adaptiveMaxPool(at, 1)))(square)), [0, 1, 0, 0]);
  // Forward mode reads the tangent of the same place.
  const [, tangent] = jvp(
    (at: Tensor) => maxPool(at, { kernel: 2 }),
    [square],
    [fromData([1, 10, 100, 1000], [1, 1, 2, 2], 'float64')],
  );
  assert.equal(numbers(tangent), [10]);
});

test('max pool tie: 0 and −0 are equal, the first takes the lead', () => {
  assert.ok(Object.is(maxPool(line(-0, 0), { kernel: 2 }).item(), -0));
  assert.ok(Object.is(maxPool(line(0, -0), { kernel: 2 }).item(), 0));
});

test('max pool tie: NaN wins, the first one, and takes the gradient', () => {
  const x = line(9, nan, nan, 1, 2, 3);
  assert.equal(numbers(maxPool(x, { kernel: 3 })), [nan, 3]);
  assert.equal(
    gradient((at) => maxPool(at, { kernel: 3 }), x, 1, 2),
    [0, 1, 0, 0, 0, 2],
  );
  assert.equal(numbers(adaptiveMaxPool(x, 2)), [nan, 3]);
});

test('max pool tie: padding is −∞: it wins against nothing, not even against −∞', () => {
  assert.equal(numbers(maxPool(line(-1, -2, -3), { kernel: 3, stride: 1, padding: 1 })), [-1, -1, -2]);
  const x = line(minusInfinity, minusInfinity);
  assert.equal(numbers(maxPool(x, { kernel: 3, stride: 2, padding: 1 })), [minusInfinity]);
  assert.equal(
    gradient((at) => maxPool(at, { kernel: 3, stride: 2, padding: 1 }), x, 7),
    [7, 0],
  );
});

test('max pool tie: a window of padding alone gives −∞, and its cotangent goes nowhere', () => {
  // The taps of the only window stand at −1 and 2.
  const options: MaxPoolOptions = { kernel: 2, dilation: 3, padding: 1 };
  assert.equal(numbers(maxPool(line(5, 6), options)), [minusInfinity]);
  assert.equal(
    gradient((at) => maxPool(at, options), line(5, 6), 1),
    [0, 0],
  );
  const stack = fromData([5, 6, 7, 8], [2, 1, 1, 2], 'float64');
  assert.equal(numbers(vmap((at: Tensor) => maxPool(at, options))(stack)), [minusInfinity, minusInfinity]);
});

test('max pool tie: overlapping windows add', () => {
  const x = line(1, 9, 2, 3);
  assert.equal(
    gradient((at) => maxPool(at, { kernel: 2, stride: 1 }), x, 1, 10, 100),
    [0, 11, 0, 100],
  );
  assert.equal(
    gradient((at) => adaptiveMaxPool(at, 3), line(1, 9, 2, 3), 1, 10, 100),
    [0, 11, 0, 100],
  );
  assert.equal(
    gradient((at) => avgPool(at, { kernel: 2, stride: 1 }), x, 2, 20, 200),
    [1, 11, 110, 100],
  );
  assert.equal(
    gradient((at) => adaptiveAvgPool(at, 3), line(1, 9, 2, 3), 2, 20, 200),
    [1, 11, 110, 100],
  );
});

test('max pool tie: ceil mode keeps a last window that hangs over, unless it starts in the padding', () => {
  assert.equal(numbers(maxPool(line(1, 2, 3, 4, 5), { kernel: 2, ceilMode: true })), [2, 4, 5]);
  assert.equal(numbers(maxPool(line(1, 2, 3, 4, 5), { kernel: 2 })), [2, 4]);
  assert.equal(numbers(maxPool(line(7), { kernel: 2, ceilMode: true })), [7]);
  // Padded to 7 places, windows of 2 start at 0, 3 and 6 (position 5, in the padding).
  assert.equal(numbers(maxPool(line(1, 2, 3, 4, 5), { kernel: 2, stride: 3, padding: 1, ceilMode: true })), [1, 4]);
  assert.is(windowOutputSize(5, { kernel: 2, stride: 3, padding: 1, ceilMode: true }), 2);
});

test('average pooling counts zero padding, or does not, and never what hangs over in ceil mode', () => {
  const x = line(2, 4, 6, 8);
  assert.equal(numbers(avgPool(x, { kernel: 3, stride: 2, padding: 1 })), [2, 6]);
  assert.equal(numbers(avgPool(x, { kernel: 3, stride: 2, padding: 1, countIncludePad: false })), [3, 6]);
  // The third window starts at 3, of which one place is padding and one hangs over.
  assert.equal(numbers(avgPool(x, { kernel: 3, stride: 2, padding: 1, ceilMode: true })), [2, 6, 4]);
  assert.equal(
    numbers(avgPool(x, { kernel: 3, stride: 2, padding: 1, ceilMode: true, countIncludePad: false })),
    [3, 6, 8],
  );
  assert.equal(numbers(avgPool(x, { kernel: 2, divisor: 4 })), [1.5, 3.5]);
});

test('pooling: what stands outside a window does not reach its result, infinite or not', () => {
  const x = line(1, 2, 3, infinity, nan);
  assert.equal(numbers(avgPool(x, { kernel: 2, stride: 1 })), [1.5, 2.5, infinity, nan]);
  assert.equal(numbers(adaptiveAvgPool(x, 3)), [1.5, infinity, nan]);
  assert.equal(
    numbers(
      adaptiveAvgPool(
        tensor([
          [
            [1, 2, 3],
            [4, 5, nan],
          ],
        ]),
        2,
      ),
    ),
    [1.5, 2.5, 4.5, nan],
  );
});
