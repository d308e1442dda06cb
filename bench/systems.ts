/** Training steps that are timed: model, data and optimiser, as one pure function of trees. */

import type { Compiled } from '../autograd/compile/compile.js';
import {
  add,
  compile,
  foldIn,
  full,
  key,
  maximum,
  mul,
  normal,
  randomIntegers,
  sigmoid,
  type Tensor,
  tanh,
  treeLeaves,
  treeUnflatten,
  uniform,
  valueAndGrad,
} from '../autograd/index.js';
import { crossEntropy } from '../nn/index.js';
import { adam, applyUpdates, type GradientTransform, prepareUpdate, sgd } from '../optim/index.js';
import { blockNet, denseNet, lenet, type Net } from './networks.js';
import { layers } from './workloads.js';

type Trees = readonly unknown[];

export interface System {
  readonly name: string;
  /** The compiled function, its first arguments, and the next call's arguments from its result. */
  readonly prepare: () => {
    readonly step: Compiled<Trees, Trees>;
    readonly args: Trees;
    readonly next: (args: Trees, result: Trees) => Trees;
  };
}

/** A training step of a classifier: parameters, layer state and optimiser state go in and come out. */
const training = (
  name: string,
  makeModel: () => Net,
  optimizer: () => GradientTransform,
  inputShape: readonly number[],
  classes: number,
): System => ({
  name,
  prepare: () => {
    const model = makeModel();
    const transform = optimizer();
    const { params, state } = model.init(key(0));
    const step = (...args: Trees): Trees => {
      const [p, s, o, number, x, y] = args as [unknown, unknown, unknown, Tensor, Tensor, Tensor];
      const leaves = treeLeaves(p);
      const loss = (at: readonly Tensor[]): readonly [Tensor, unknown] => {
        const [scores, after] = model.apply({ params: treeUnflatten(p, at), state: s }, x, {
          training: true,
          key: foldIn(key(7), number),
        });
        return [crossEntropy(scores, y), after];
      };
      const [[value, after], gradient] = valueAndGrad(loss, { hasAux: true })(leaves);
      const [updates, nextState] = transform.update(treeUnflatten(p, gradient), o, p);
      return [applyUpdates(p, updates), after, nextState, add(number, 1), value];
    };
    const [batch = 1] = inputShape;
    const x = normal(key(1), inputShape);
    const y = randomIntegers(key(2), [batch], { max: classes });
    const args = [params, state, transform.init(params), full([], 0, 'int32'), x, y];
    return {
      step: compile(step, { donate: [0, 1, 2, 3] }) as Compiled<Trees, Trees>,
      args: [args[0], args[1], prepareUpdate(transform, args[2]), ...args.slice(3)],
      next: (before, [p, s, o, number]) => [p, s, prepareUpdate(transform, o), number, before[4], before[5]],
    };
  },
});

const elementwise: System = {
  name: 'chain 2^20',
  prepare: () => {
    const [x, y, z] = [1, 2, 3].map((seed) => uniform(key(seed), [2 ** 20], { min: -2, max: 2 }));
    const chain = (...[a, b, c]: Trees): Trees => {
      const [p, q, r] = [a as Tensor, b as Tensor, c as Tensor];
      return [mul(tanh(add(mul(p, q), r)), sigmoid(p))];
    };
    return { step: compile(chain) as Compiled<Trees, Trees>, args: [x, y, z], next: (args) => args };
  },
};

const arithmetic: System = {
  name: 'arithmetic 2^20',
  prepare: () => {
    const [x, y, z] = [1, 2, 3].map((seed) => uniform(key(seed), [2 ** 20], { min: -2, max: 2 }));
    const chain = (...[a, b, c]: Trees): Trees => {
      const [p, q, r] = [a as Tensor, b as Tensor, c as Tensor];
      return [maximum(add(mul(p, q), mul(r, 0.5)), mul(p, 0.1))];
    };
    return { step: compile(chain) as Compiled<Trees, Trees>, args: [x, y, z], next: (args) => args };
  },
};

export const systems: readonly System[] = [
  training(
    'mlp sgd',
    () => denseNet(layers.mlp),
    () => sgd({ lr: 0.01, momentum: 0.9 }),
    [128, 784],
    10,
  ),
  training(
    'mlp adam',
    () => denseNet(layers.mlp),
    () => adam(1e-3),
    [128, 784],
    10,
  ),
  training(
    'iris',
    () => denseNet(layers.iris),
    () => sgd({ lr: 0.1 }),
    [25, 4],
    3,
  ),
  elementwise,
  arithmetic,
  training('lenet', lenet, () => sgd({ lr: 0.01, momentum: 0.9 }), [64, 1, 28, 28], 10),
  training('cnn', blockNet, () => adam(1e-3), [64, 1, 28, 28], 10),
];
