/** Laws of optimisers that need no reference numbers: equivalences, trees, composition. */
import * as fc from 'fast-check';
import { grad } from '../../../autograd/index.js';
import {
  add,
  fromData,
  mul,
  ShapeError,
  type Tensor,
  TreeError,
  treeLeaves,
  treeMap,
  zerosLike,
} from '../../../core/index.js';
import { l2Penalty } from '../../../nn/index.js';
import {
  accumulateMomentum,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  addDecayedWeights,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  clipByValue,
  exponentialDecay,
  type GradientTransform,
  globalNorm,
  nadam,
  partition,
  prepareUpdate,
  radam,
  rmsprop,
  scaleByLearningRate,
  sgd,
  sgdVelocity,
} from '../../../optim/index.js';
import { numbersFrom } from '../../numbers.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

interface Params {
  readonly w: Tensor;
  readonly b: Tensor;
}

/** A tree of random numbers. */
const draw = (seed: number): Params => {
  const next = numbersFrom(seed);
  const leaf = (...shape: number[]): Tensor =>
    fromData(
      Float64Array.from({ length: shape.reduce((a, n) => a * n, 1) }, () => next()),
      shape,
    );
  return { w: leaf(2, 3), b: leaf(3) };
};

/** Parameters after `steps` steps with random gradients. */
const run = (optimizer: GradientTransform, start: Params, steps: number, seed: number): Params => {
  let [params, state] = [start, optimizer.init(start)];
  for (let i = 0; i < steps; i++) {
    const [updates, next] = optimizer.update(draw(seed + i), state, params);
    params = applyUpdates(params, updates);
    state = next;
  }
  return params;
};

const assertSame = (a: Params, b: Params, tolerance = 1e-13): void => {
  assertClose(a.w, b.w, tolerance);
  assertClose(a.b, b.b, tolerance);
};

const optimizers: { readonly [name: string]: GradientTransform } = {
  sgd: sgd({ lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
  adam: adam({ lr: 0.1 }),
  amsgrad: adam({ lr: 0.1, amsgrad: true }),
  adamw: adamw({ lr: 0.1 }),
  adamax: adamax({ lr: 0.1 }),
  nadam: nadam({ lr: 0.1 }),
  radam: radam({ lr: 0.1 }),
  rmsprop: rmsprop({ lr: 0.1, momentum: 0.5, centered: true }),
  adagrad: adagrad({ lr: 0.1 }),
  adadelta: adadelta({ lr: 0.1 }),
};

for (const [name, optimizer] of Object.entries(optimizers)) {
  test(`${name}: does not depend on the order of keys in the parameter tree`, () => {
    const flipped = ({ w, b }: Params): Params => ({ b, w });
    const start = draw(1);
    assertSame(run(optimizer, start, 4, 10), run(optimizer, flipped(start), 4, 10), 0);
  });

  test(`${name}: keeps shapes and element types, in float32 too`, () => {
    const params = { w: fromData(new Float32Array(6), [2, 3]) };
    const [updates, state] = optimizer.update(params, optimizer.init(params), params);
    assert.equal([updates.w.shape, updates.w.dtype], [[2, 3], 'float32']);
    const [again] = optimizer.update(params, state, params);
    assert.is(again.w.dtype, 'float32');
  });

  test(`${name}: is pure; an update can be made again`, () => {
    const params = draw(1);
    const state = optimizer.init(params);
    const [first] = optimizer.update(draw(2), state, params);
    const [second] = optimizer.update(draw(2), state, params);
    assertSame(first, second, 0);
  });

  test(`${name}: gradients of another structure are an error`, () => {
    const params = draw(1);
    assert.throws(
      () => optimizer.update({ w: params.w } as unknown as Params, optimizer.init(params), params),
      (error: unknown) => error instanceof TreeError,
    );
  });

  test(`${name}: goes downhill on a parabola`, () => {
    let params = draw(3);
    let state = optimizer.init(params);
    for (let i = 0; i < 30; i++) {
      const [updates, next] = optimizer.update(params, state, params);
      params = applyUpdates(params, updates);
      state = next;
    }
    assert.ok(globalNorm(params).item() < globalNorm(draw(3)).item());
  });
}

test('sgd: momentum 0 is plain descent', () => {
  assertSame(
    run(sgd({ lr: 0.1 }), draw(1), 5, 20),
    run(chain(accumulateMomentum({ momentum: 0 }), scaleByLearningRate(0.1)), draw(1), 5, 20),
  );
});

test('sgd: weight decay is the gradient of ½·decay·Σ w² added to the loss', () => {
  const [params, gradient, decay] = [draw(1), draw(2), 0.3];
  const step = (optimizer: GradientTransform, slope: Params): Params =>
    applyUpdates(params, optimizer.update(slope, optimizer.init(params), params)[0]);
  const penalised = treeMap((g, w = g) => add(g, mul(w, decay)), gradient, params);
  assertSame(step(sgd({ lr: 0.1, weightDecay: decay }), gradient), step(sgd(0.1), penalised));
  assertSame(
    penalised,
    treeMap((g, w = g) => add(g, w), gradient, grad((p: Params) => l2Penalty(p, decay))(params)),
  );
});

test('sgd: both forms of momentum agree while the rate is constant, with and without look-ahead', () => {
  check(
    fc.property(fc.nat(1000), fc.boolean(), (seed, nesterov) => {
      const options = { lr: 0.05, momentum: 0.9, nesterov };
      assertSame(run(sgd(options), draw(seed), 6, seed), run(sgdVelocity(options), draw(seed), 6, seed));
    }),
    { numRuns: 20 },
  );
});

test('adam: the first step has the length of the rate, against the gradient, whatever its scale', () => {
  const start = treeMap((leaf) => zerosLike(leaf), draw(1));
  const moved = run(adam({ lr: 0.1, eps: 0 }), start, 1, 5);
  const gradients = treeLeaves(draw(5)).flatMap((leaf) => Array.from(leaf.dataSync()));
  const steps = treeLeaves(moved).flatMap((leaf) => Array.from(leaf.dataSync()));
  for (const [i, step] of steps.entries()) assert.ok(Math.abs(step + 0.1 * Math.sign(gradients[i] ?? 0)) < 1e-14);
});

test('adamw: without decay it is Adam', () => {
  assertSame(run(adamw({ lr: 0.1, weightDecay: 0 }), draw(1), 5, 20), run(adam({ lr: 0.1 }), draw(1), 5, 20), 0);
});

test('update: a state that init did not make is a typed error that says what to give', () => {
  const params = draw(1);
  const broken = [null, undefined, 3, {}, [], [null], [null, null, null]];
  const makers = [
    adam(),
    adamw(),
    adamax(),
    adagrad(),
    adadelta(),
    nadam(),
    radam(),
    rmsprop(),
    sgd({ lr: 0.1, momentum: 0.9 }),
  ];
  const labelled = partition({ all: adam() }, () => 'all') as GradientTransform;
  for (const optimizer of [...(makers as readonly GradientTransform[]), labelled])
    for (const state of broken)
      assert.throws(
        () => optimizer.update(params, state, params),
        (error: unknown) => error instanceof TreeError && /give optimizer\.init\(params\)/.test(error.message),
      );
  assert.throws(
    () => prepareUpdate(adam() as GradientTransform, null),
    /update: the state is null, which init of this optimiser does not make/,
  );
});

test('chain: is associative, and the empty chain passes gradients on', () => {
  const [a, b, c] = [clipByValue(0.3), addDecayedWeights(0.1), scaleByLearningRate(0.5)] as const;
  assertSame(run(chain(chain(a, b), c), draw(1), 3, 7), run(chain(a, chain(b, c)), draw(1), 3, 7), 0);
  const [updates] = chain().update(draw(4), [], draw(1));
  assertSame(updates, draw(4), 0);
});

test('clipByGlobalNorm: one norm over the whole tree; small gradients pass', () => {
  const gradients = draw(6);
  const norm = globalNorm(gradients).item();
  const [small] = clipByGlobalNorm(norm / 2).update(gradients, null, gradients);
  assert.ok(Math.abs(globalNorm(small).item() - norm / 2) < 1e-5);
  const [same] = clipByGlobalNorm(norm * 2).update(gradients, null, gradients);
  assertSame(same, gradients, 1e-14);
});

test('learning rates: a schedule is asked with the number of the step, from 0', () => {
  const start = treeMap((leaf) => zerosLike(leaf), draw(1));
  const transform = scaleByLearningRate(exponentialDecay(1, { gamma: 0.5 }));
  let state = transform.init(start);
  for (const rate of [1, 0.5, 0.25]) {
    const [updates, next] = transform.update(draw(2), state, start);
    assertClose(
      updates.b,
      treeMap(
        (leaf) =>
          fromData(
            Array.from(leaf.dataSync(), (x) => -rate * x),
            leaf.shape,
            'float64',
          ),
        draw(2).b,
      ),
    );
    state = next;
  }
});

test('applyUpdates: an update never broadcasts a parameter into another shape', () => {
  assert.throws(
    () => applyUpdates({ b: fromData([1], [1]) }, { b: fromData([1, 2], [2]) }),
    (error: Error) =>
      error instanceof ShapeError && error.message.startsWith('applyUpdates: an update has another shape'),
  );
});
