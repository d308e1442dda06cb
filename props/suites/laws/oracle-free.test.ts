/** Laws that need no oracle: what must be true of a gradient whatever the numbers are. */
import * as fc from 'fast-check';
import { grad, valueAndGrad, vjp } from '../../../autograd/index.js';
import {
  add,
  broadcastTo,
  exp,
  flip,
  gather,
  key,
  logSoftmax,
  matmul,
  max,
  mean,
  mul,
  onesLike,
  permute,
  reshape,
  sin,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
} from '../../../core/index.js';
import { functional } from '../../../nn/index.js';
import { sgd } from '../../../optim/index.js';
import { runProgram } from '../../arbitraries/programs.js';
import { shapeWithAxis } from '../../arbitraries/shapes.js';
import { tensorOf, tensors } from '../../arbitraries/tensors.js';
import { draw, drawIntegers } from '../../arbitraries/values.js';
import {
  batchSplitLaw,
  distinctTensors,
  equalityLaw,
  equivarianceLaw,
  gradientLinearityLaw,
  programs,
} from '../../index.js';
import { assertLaw } from '../../laws/report.js';
import * as assert from '../../runner/assert.js';
import { check, checkLaw } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

const near = (got: Tensor, want: number | readonly number[], tolerance = 1e-12): void => {
  if (typeof want !== 'number') assert.is(got.size, want.length);
  for (const [i, value] of numbers(got).entries()) {
    const wanted = typeof want === 'number' ? want : (want[i] ?? Number.NaN);
    assert.ok(
      Math.abs(value - wanted) <= tolerance * (1 + Math.abs(wanted)),
      `element ${i} is ${value}, not ${wanted}`,
    );
  }
};

test('oracle-free: the gradient of a sum is ones', () => {
  check(fc.property(tensors(), (x) => near(grad((a: Tensor) => sum(a))(x), 1, 0)));
});

test('oracle-free: the gradient of αf + βg is α∇f + β∇g, for random programs f and g', () => {
  checkLaw(
    fc.tuple(programs(), programs()),
    ([{ inputs, steps }, other]) => {
      const total =
        (values: (...x: Tensor[]) => Tensor[]) =>
        (...x: Tensor[]): Tensor =>
          values(...x).reduce((most, value) => add(most, sum(value)), sum(sin(x[0] as Tensor)));
      return gradientLinearityLaw(total(runProgram(steps)), total(runProgram(other.steps)), inputs.map(tensorOf));
    },
    { numRuns: 60 },
  );
});

test('oracle-free: broadcasting, then summing, is scaling by the number of copies', () => {
  checkLaw(fc.tuple(tensors({ maxRank: 2 }), fc.integer({ min: 0, max: 5 })), ([x, copies]) => {
    const spread = (a: Tensor): Tensor => sum(broadcastTo(a, [copies, ...a.shape]) as Tensor, { axes: 0 });
    return equalityLaw(spread, (a: Tensor) => mul(a, copies), [x]);
  });
});

test('oracle-free: elementwise functions, reductions and softmax commute with permuting, reshaping and turning', () => {
  check(
    fc.property(tensors([2, 3, 2]), (x) => {
      const backwards = (a: Tensor): Tensor => permute(a, [2, 1, 0]);
      assertLaw(equivarianceLaw((a: Tensor) => tanh(a), x, backwards, backwards));
      assertLaw(
        equivarianceLaw(
          (a: Tensor) => sum(exp(a)),
          x,
          backwards,
          (y) => y,
        ),
      );
      assertLaw(equivarianceLaw((a: Tensor) => softmax(a, 1), x, backwards, backwards));
      assertLaw(
        equivarianceLaw(
          (a: Tensor) => logSoftmax(a, 1),
          x,
          (a) => flip(a, 1),
          (y) => flip(y, 1),
        ),
      );
      const flatten = (a: Tensor): Tensor => reshape(a, [12]) as Tensor;
      assertLaw(
        equalityLaw(
          (a: Tensor) => flatten(exp(a)),
          (a: Tensor) => exp(flatten(a)),
          [x],
        ),
      );
    }),
    { numRuns: 15 },
  );
});

test('oracle-free: (AB)ᵀ = BᵀAᵀ, with its gradients', () => {
  check(
    fc.property(tensors([2, 3]), tensors([3, 4]), (a, b) =>
      assertLaw(
        equalityLaw(
          (left: Tensor, right: Tensor) => transpose(matmul(left, right) as Tensor) as Tensor,
          (left: Tensor, right: Tensor) => matmul(transpose(right) as Tensor, transpose(left) as Tensor) as Tensor,
          [a, b],
        ),
      ),
    ),
    { numRuns: 15 },
  );
});

test('oracle-free: splitting a batch averages gradients of a dense network with cross-entropy', () => {
  const network = (
    { w, b }: { readonly w: Tensor; readonly b: Tensor },
    batch: { readonly x: Tensor; readonly y: Tensor },
  ) => functional.crossEntropy(add(matmul(tanh(batch.x), w), b) as Tensor, batch.y);
  check(
    fc.property(
      fc.record({ w: tensors([3, 4]), b: tensors([4]) }),
      fc.record({ x: tensors([5, 3]), y: drawIntegers([5], 0, 3).map(tensorOf) }),
      (params, batch) => assertLaw(batchSplitLaw(network, params, batch)),
    ),
    { numRuns: 15 },
  );
});

test('oracle-free: the gradient of softmax sums to 0 along its axis, and logits may be shifted', () => {
  check(
    fc.property(
      shapeWithAxis({ minSize: 1 }).chain(({ shape, axis }) =>
        fc.tuple(tensors(shape), tensors(shape), fc.constant(axis)),
      ),
      ([x, g, axis]) => {
        for (const f of [softmax, logSoftmax]) {
          const [, pullback] = vjp((a: Tensor) => f(a, axis), x);
          near(sum(pullback(g)[0], { axes: axis }), 0);
          assertLaw(
            equalityLaw(
              (a: Tensor) => f(add(a, 3.25) as Tensor, axis),
              (a: Tensor) => f(a, axis),
              [x],
            ),
          );
        }
      },
    ),
    { numRuns: 20 },
  );
});

/** Batch statistics of rows. */
const batchNorm = (x: Tensor): Tensor => {
  const channels = x.shape[1] ?? 0;
  const state = functional.initialBatchNormState(channels, { dtype: 'float64' });
  return functional.batchNorm(x, state, { training: true })[0];
};

test('oracle-free: batch norm: the gradient sums to 0 in each channel, and a shift of the inputs changes nothing', () => {
  check(
    fc.property(distinctTensors([5, 3]), tensors([5, 3]), (x, g) => {
      const [, pullback] = vjp(batchNorm, x);
      near(sum(pullback(g)[0], { axes: 0 }), 0, 1e-10);
      assertLaw(equalityLaw((a: Tensor) => batchNorm(add(a, 2.5) as Tensor), batchNorm, [x], { tolerance: 1e-10 }));
    }),
    { numRuns: 20 },
  );
});

test('oracle-free: batch norm in training is the layer for which splitting the batch changes the gradient', () => {
  const [x] = fc.sample(distinctTensors([4, 2]), { numRuns: 1, seed: 1 });
  const loss = (w: Tensor, batch: Tensor): Tensor => {
    const y = (batch.shape[0] ?? 0) < 2 ? batch : batchNorm(mul(batch, w) as Tensor);
    return mean(square(sub(y, 1)));
  };
  const [w] = fc.sample(tensors([2]), { numRuns: 1, seed: 2 });
  if (x === undefined || w === undefined) throw new Error('nothing drawn');
  assert.not.ok(batchSplitLaw(loss, w, x).holds);
});

test('oracle-free: the gradient of a maximum sums to the cotangent, and only winners have one', () => {
  check(
    fc.property(
      shapeWithAxis({ minSize: 1 }).chain(({ shape, axis }) => fc.tuple(drawIntegers(shape, -2, 2), fc.constant(axis))),
      ([{ shape, data }, axis]) => {
        // Integers as floats: full of ties.
        const x = tensorOf({ shape, data });
        const [y, pullback] = vjp((a: Tensor) => max(a, { axes: axis, keepDims: true }), x);
        const g = add(onesLike(y), y) as Tensor;
        const [pulled] = pullback(g);
        near(sum(pulled, { axes: axis, keepDims: true }), numbers(g));
        const losers = numbers(sub(broadcastTo(y, shape), x));
        for (const [i, value] of numbers(pulled).entries()) if ((losers[i] ?? 0) > 0) assert.is(value, 0);
      },
    ),
  );
});

test('oracle-free: dropout: the gradient has the mask of the output, and the mean is preserved', () => {
  const x = tensorOf({ shape: [4000], data: new Array<number>(4000).fill(1) });
  const dropped = (a: Tensor): Tensor => functional.dropout(a, { p: 0.3, training: true, key: key(7) });
  const [y, pullback] = vjp(dropped, x);
  assert.equal(numbers(pullback(onesLike(y))[0]), numbers(y));
  // The deviation of the mean of 4000 is √(0.3/0.7/4000) ≈ 0.01.
  assert.ok(Math.abs(mean(y).item() - 1) < 0.05);
});

test('oracle-free: gathering what was scattered: each picked element counts once for each time it was picked', () => {
  check(
    fc.property(draw([4]), drawIntegers([6], 0, 3), (x, index) => {
      const gradient = grad((a: Tensor) => sum(gather(a, tensorOf(index), 0)))(tensorOf(x));
      near(
        gradient,
        [0, 1, 2, 3].map((place) => index.data.filter((picked) => picked === place).length),
        0,
      );
    }),
  );
});

test('oracle-free: a training step does not depend on the order of keys in the parameter tree', () => {
  const step = (params: { readonly a: Tensor; readonly b: Tensor }): { readonly a: Tensor; readonly b: Tensor } => {
    const loss = (p: { readonly a: Tensor; readonly b: Tensor }): Tensor => sum(square(sub(mul(p.a, p.b), 1)));
    const optimizer = sgd({ lr: 0.1, momentum: 0.9 });
    const [, gradient] = valueAndGrad(loss)(params);
    const [updates] = optimizer.update(gradient, optimizer.init(params), params);
    return { a: add(params.a, updates.a), b: add(params.b, updates.b) };
  };
  check(
    fc.property(tensors([3]), tensors([3]), (a, b) => {
      const [one, other] = [step({ a, b }), step({ b, a })];
      assert.equal(numbers(one.a), numbers(other.a));
      assert.equal(numbers(one.b), numbers(other.b));
    }),
    { numRuns: 10 },
  );
});
