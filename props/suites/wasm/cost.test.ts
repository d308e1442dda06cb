/** What a plan's units are estimated to cost, against counts made by hand. */

import {
  add,
  conv,
  grad,
  logSoftmax,
  logsumexp,
  matmul,
  mul,
  softmax,
  sum,
  type Tensor,
  take,
  tanh,
  trace,
  zeros,
} from '../../../autograd/index.js';
import { costOf, flopsOfStep } from '../../../core/backends/common/cost.js';
import { describeUnit } from '../../../core/backends/common/describe.js';
import { plan } from '../../../core/backends/common/plan.js';
import { removeDeadCode } from '../../../core/program/passes/dead-code.js';
import type { Program } from '../../../core/program/program.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const costs = (program: Program): readonly (readonly [string, number, number])[] =>
  plan(removeDeadCode(program)).units.map((unit) => {
    const { flops, bytes } = costOf(unit);
    return [describeUnit(unit).replace(/[ (].*$/, ''), flops, bytes] as const;
  });

test('cost: a matrix product multiplies and adds for every term, whichever operand is transposed', () => {
  const product = (a: Tensor, b: Tensor): Tensor => matmul(a, b);
  assert.equal(costs(trace(product)(zeros([4, 5]), zeros([5, 6]))), [['matmul', 2 * 4 * 5 * 6, 4 * (20 + 30 + 24)]]);
  const gradients = costs(trace(grad((a: Tensor, b: Tensor) => sum(matmul(a, b))))(zeros([4, 5]), zeros([5, 6])));
  assert.equal(
    gradients.filter(([name]) => name === 'matmul').map(([, flops]) => flops),
    [2 * 4 * 5 * 6],
  );
});

test('cost: the three faces of a convolution have the same products', () => {
  const loss = (x: Tensor, w: Tensor): Tensor => sum(conv(x, w, { padding: 1, groups: 2 }));
  const program = trace((x: Tensor, w: Tensor) =>
    grad((at: readonly Tensor[]) => loss(at[0] as Tensor, at[1] as Tensor))([x, w]),
  );
  const both = costs(program(zeros([2, 4, 5, 5]), zeros([6, 2, 3, 3]))).filter(([name]) => name.startsWith('conv'));
  const products = 2 * 2 * 6 * 25 * (2 * 9);
  assert.equal(both.map(([name, flops]) => `${name} ${flops}`).sort(), [
    `convFilterGradient ${products}`,
    `convInputGradient ${products}`,
  ]);
});

test('cost: a loop counts each operation for each element, and every operand once', () => {
  const f = (x: Tensor, y: Tensor): Tensor => add(mul(x, y), mul(x, x));
  assert.equal(
    costs(trace(f)(zeros([10]), zeros([10]))).reduce((total, [, flops]) => total + flops, 0),
    3 * 10,
  );
  const [[, flops] = []] = costs(trace((x: Tensor) => tanh(x))(zeros([10])));
  assert.ok((flops ?? 0) > 100, 'an elementary function is many operations');
});

test('cost: a step is known by its name, with or without its parameters', () => {
  assert.equal(['copy', 'sqrt():float32', 'constantPow(3):float64', 'mul():float32'].map(flopsOfStep), [0, 4, 10, 1]);
});

test('cost: softmax and random numbers are many operations an element, a copy is none', () => {
  const flopsOf = (f: (x: Tensor) => Tensor): number =>
    costs(trace(f)(zeros([3, 5]))).reduce((total, [, flops]) => total + flops, 0);
  assert.is(
    flopsOf((x) => softmax(x, 1)),
    16 * 15,
  );
  assert.is(
    flopsOf((x) => logSoftmax(x, 1)),
    18 * 15,
  );
  assert.is(
    flopsOf((x) => logsumexp(x, { axis: 1 })),
    24 * 15,
  );
  assert.is(
    flopsOf((x) => take(x, [0, 2])),
    0,
  );
});
