/** Where results may lie in the memory of what they are made of. */
import { trace } from '../../../autograd/index.js';
import { layOut } from '../../../core/backends/common/layout.js';
import { plan } from '../../../core/backends/common/plan.js';
import { add, exp, flip, mul, slice, type Tensor, zeros } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const inPlace = (f: (x: Tensor) => Tensor, x: Tensor): number => layOut(plan(trace(f)(x)), [0]).inPlace.size;

test('layout: a loop that reads each element where it then stores it is done in the memory of a donated argument, any other is not', () => {
  const x = zeros([8]);
  assert.is(
    inPlace((y) => add(mul(y, 2), exp(y)) as Tensor, x),
    1,
  );
  assert.is(
    inPlace((y) => add(mul(y, 2), flip(y)) as Tensor, x),
    0,
  );
  assert.is(
    inPlace((y) => mul(slice(y, [[1, 8]]), 2) as Tensor, x),
    0,
  );
});
