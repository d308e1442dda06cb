/** Sums of 2²⁰ float32 numbers between 0 and 1, by whichever operation adds them up: within a millionth. */

import { conv, cumsum, fromData, matmul, mean, sum, type Tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const count = 2 ** 20;
const numbers = Float32Array.from({ length: count }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 8) / 2 ** 24);
const exact = numbers.reduce((total, x) => total + x, 0);
const ones = (length: number): Float32Array => new Float32Array(length).fill(1);

const sums: Readonly<Record<string, () => ArrayLike<number>>> = {
  'sum of all': () => sum(fromData(numbers, [count])).dataSync(),
  'sum over several axes': () => sum(fromData(numbers, [64, 128, 128]), { axes: [0, 1, 2] }).dataSync(),
  'sum over the first axis': () => {
    const side = Float32Array.from({ length: 3 * count }, (_, i) => numbers[Math.floor(i / 3)] ?? 0);
    return sum(fromData(side, [count, 3]), { axes: 0 }).dataSync();
  },
  mean: () =>
    mean(fromData(numbers, [count]))
      .dataSync()
      .map((x) => x * count),
  'the last of running sums': () =>
    cumsum(fromData(numbers, [count]), 0)
      .dataSync()
      .slice(-1),
  'a matrix product with one column': () =>
    (matmul(fromData(numbers, [1, count]), fromData(ones(count), [count, 1])) as Tensor).dataSync(),
  'a matrix product with eight columns': () =>
    (matmul(fromData(numbers, [1, count]), fromData(ones(8 * count), [count, 8])) as Tensor).dataSync(),
  'a convolution over many channels': () =>
    conv(fromData(numbers, [1, count / 4, 2, 2]), fromData(ones(count), [1, count / 4, 2, 2])).dataSync(),
};

for (const [name, run] of Object.entries(sums))
  test(`sums: ${name} of 2²⁰ numbers is right within a millionth`, () => {
    for (const total of Array.from(run())) assert.ok(Math.abs(total - exact) <= 1e-6 * exact, `${total}, not ${exact}`);
  });
