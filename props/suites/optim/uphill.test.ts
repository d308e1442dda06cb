/** What is no optimiser by itself does not pass as one: updates are added, so that a gradient as it stands would climb. */

import { key, mul, sum, type Tensor, tensor, treeMap } from '../../../core/index.js';
import { crossEntropy, linear } from '../../../nn/index.js';
import * as optim from '../../../optim/index.js';
import {
  accumulateMomentum,
  adam,
  addDecayedWeights,
  chain,
  clipByGlobalNorm,
  clipByValue,
  constant,
  defineTransform,
  findLearningRate,
  fit,
  type GradientTransform,
  partition,
  scale,
  scaleByAdam,
  scaleByLearningRate,
  sgd,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const options = {
  model: linear(2, 2),
  loss: crossEntropy,
  train: {
    x: tensor([
      [1, 2],
      [4, 3],
    ]),
    y: tensor([0, 1], { dtype: 'int32' }),
  },
  epochs: 2,
  key: key(0),
};

const { epochs: _, ...rest } = options;

const run = (optimizer: GradientTransform) => fit({ ...options, optimizer });

const said = (outcome: Promise<unknown>): Promise<string> =>
  outcome.then(
    () => 'nothing',
    (error: unknown) => String(error),
  );

const climbing: Readonly<Record<string, GradientTransform>> = {
  clipByGlobalNorm: clipByGlobalNorm(1),
  clipByValue: clipByValue(1),
  addDecayedWeights: addDecayedWeights(0.1),
  scale: scale(0.1),
  scaleByAdam: scaleByAdam() as GradientTransform,
  accumulateMomentum: accumulateMomentum({ momentum: 0.9 }) as GradientTransform,
  chain: chain(clipByGlobalNorm(1)) as GradientTransform,
  nested: chain(
    chain(clipByGlobalNorm(1)) as GradientTransform,
    scaleByAdam() as GradientTransform,
  ) as GradientTransform,
  empty: chain() as GradientTransform,
  twice: chain(adam(0.1) as GradientTransform, sgd(0.1) as GradientTransform) as GradientTransform,
  group: partition({ a: clipByValue(1) }, () => 'a') as GradientTransform,
  mixed: partition({ a: sgd(0.1) as GradientTransform, b: clipByValue(1) }, () => 'a') as GradientTransform,
  defined: defineTransform(clipByValue(1)),
};

test('uphill: transforms that take no step down are refused as optimisers, with the remedy', async () => {
  for (const [name, optimizer] of Object.entries(climbing)) {
    const wanted = /^ArgumentError: fit: optimizer (goes uphill|has groups that).*chain\(clipByGlobalNorm\(1\), sgd/;
    assert.match(await said(run(optimizer)), wanted, name);
    const finding = findLearningRate({ ...rest, optimizer: () => optimizer, steps: 2 });
    assert.match(await said(finding), /^ArgumentError: findLearningRate: optimizer (goes|has)/, name);
  }
});

test('uphill: a step down anywhere in a chain, in all groups, or of your own is taken', async () => {
  const own: GradientTransform<null> = {
    init: () => null,
    update: (gradients, state) => [treeMap((g: Tensor) => mul(g, -0.1), gradients), state],
  };
  const going: readonly GradientTransform[] = [
    chain(clipByGlobalNorm(1), sgd(0.1) as GradientTransform) as GradientTransform,
    chain(scaleByLearningRate(0.1) as GradientTransform, clipByValue(1)) as GradientTransform,
    chain(clipByGlobalNorm(1), scale(-0.1)) as GradientTransform,
    chain(
      clipByGlobalNorm(1),
      partition({ a: sgd(0.1) as GradientTransform, b: adam() as GradientTransform }, (path) =>
        path === 'weight' ? 'a' : 'b',
      ) as GradientTransform,
    ) as GradientTransform,
    own,
    defineTransform(own),
    chain(clipByGlobalNorm(1), own) as GradientTransform,
    chain(sgd(0.1) as GradientTransform, scale(-1)) as GradientTransform, // an ascent that is meant
  ];
  for (const optimizer of going) assert.is((await run(optimizer)).reason, 'epochs');
});

/** Functions of the library that make no transforms: those that run, and averages, which look like transforms. */
const others = ['fit', 'evaluate', 'findLearningRate', 'refreshState', 'exponentialAverage', 'stochasticAverage'];

/** What the library exports that makes a transform, made in one of the ways in which they are made. */
const made = (): readonly (readonly [name: string, transform: GradientTransform])[] =>
  Object.entries(optim).flatMap(([name, make]): (readonly [string, GradientTransform])[] => {
    if (typeof make !== 'function' || others.includes(name)) return [];
    for (const given of [0.1, { momentum: 0.9 }, { lr: 0.1, momentum: 0.9 }]) {
      try {
        const it = (make as (given: unknown) => unknown)(given) as Partial<GradientTransform> | undefined;
        if (
          typeof it?.init === 'function' &&
          typeof it.update === 'function' &&
          !('result' in it) &&
          it.update.length >= 2
        )
          return [[name, it as GradientTransform]];
      } catch {
        // Not made in this way.
      }
    }
    return [];
  });

test('uphill: every transform of the library says which way it goes, and goes there', () => {
  const g = { w: tensor([0.5, -2]), b: tensor([3]) };
  const p = { w: tensor([0, 0]), b: tensor([0]) };
  const all = made();
  assert.ok(all.length >= 15, all.map(([name]) => name).join());
  for (const [name, transform] of all) {
    const [updates] = transform.update(g, transform.init(p), p);
    const along = sum(mul(updates.w, g.w)).item() + sum(mul(updates.b, g.b)).item();
    assert.is(transform.direction, along > 0 ? 'gradient' : 'descent', name);
  }
});

test('uphill: a direction that there is not is refused', () =>
  assert.throws(
    () => chain({ ...sgd(constant(0.1)), direction: 'down' } as never),
    /^chain: direction of the transform is "down"/,
  ));
