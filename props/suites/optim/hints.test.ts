/** What a newcomer gives in place of the right thing is answered with the right thing. */

import { argmax, cast, key, mean, oneHot, ones, type Tensor, tensor, zeros } from '../../../core/index.js';
import { digits, loadStateDict, loadVariables } from '../../../data/index.js';
import { loadIdx } from '../../../data/node/index.js';
import * as nn from '../../../nn/index.js';
import {
  accumulateMomentum,
  accuracyMetric,
  adam,
  chain,
  evaluate,
  fit,
  sgd,
  sgdVelocity,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const x = ones([4, 2]);
const y = tensor([0, 1, 1, 0], { dtype: 'int32' });
const model = nn.linear(2, 2);
const variables = model.init(key(0));

const run = (more: object): Promise<unknown> =>
  fit({
    ...{ model, loss: nn.crossEntropy, optimizer: sgd(0.1), train: { x, y }, epochs: 1, key: key(0) },
    ...more,
  } as never);

const said = async (f: () => unknown): Promise<string> => {
  try {
    await f();
  } catch (error) {
    return String(error);
  }
  return 'nothing';
};

const hears = async (mistakes: Readonly<Record<string, readonly [() => unknown, RegExp]>>): Promise<void> => {
  for (const [name, [f, wanted]] of Object.entries(mistakes)) assert.match(await said(f), wanted, name);
};

const classLosses = {
  crossEntropy: nn.crossEntropy,
  crossEntropyOfProbabilities: nn.crossEntropyOfProbabilities,
  nllLoss: nn.nllLoss,
};

test('hints: targets of right shape and wrong element type are told the type, by every loss of classes', async () => {
  const row = oneHot(y, 2, { dtype: 'int32' });
  for (const [name, loss] of Object.entries(classLosses)) {
    const error = `^DtypeError: ${name}: `;
    await hears({
      [`${name} of booleans`]: [() => loss(x, cast(y, 'bool')), new RegExp(`${error}class numbers are bool`)],
      [`${name} of whole rows`]: [() => loss(x, row), new RegExp(`${error}the target has the shape.*is int32.*argmax`)],
      [`${name} of masks`]: [
        () => loss(x, cast(row, 'bool')),
        new RegExp(`${error}the target has the shape.*is bool.*argmax`),
      ],
    });
  }
  for (const loss of [nn.hingeLoss, nn.multiMarginLoss])
    assert.match(await said(() => loss(x, cast(y, 'bool'))), /class numbers are bool.*cast\(x, 'int32'\)/);
  assert.ok(nn.crossEntropy(x, cast(row, 'float32')).item() > 0);
});

test('hints: a loss that no trained parameter moves is refused, compiled or not, in one batch or several', async () => {
  const losses: Readonly<Record<string, (scores: Tensor, target: Tensor) => Tensor>> = {
    argmax: (scores) => mean(cast(argmax(scores, { axis: 1 }), 'float32')),
    target: (_, target) => mean(cast(target, 'float32')),
    constant: () => tensor(1),
  };
  for (const [name, loss] of Object.entries(losses))
    for (const compile of [true, false])
      for (const accumulate of [1, 2])
        assert.match(
          await said(() => run({ loss, compile, accumulate, batchSize: 2 })),
          /^ArgumentError: fit: the loss does not depend on any parameter that is trained; .*on scores and not on argmax/,
          name,
        );
  const item = (scores: Tensor, target: Tensor): Tensor => tensor(nn.crossEntropy(scores, target).item());
  assert.match(await said(() => run({ loss: item, compile: false })), /the loss does not depend on any parameter/);
});

test('hints: files and promises in place of tensors by name are refused', () =>
  hears({
    promise: [
      () => loadVariables(variables, Promise.resolve({}) as never),
      /^ArgumentError: loadVariables: the tensors are a promise; wait for them: .*\(await loadSafetensors\(path\)\)\.tensors/,
    ],
    file: [
      () => loadVariables(variables, { tensors: new Map(), metadata: {} } as never),
      /loadVariables: the tensors are an object with tensors in it/,
    ],
    dictionary: [
      () => loadStateDict(variables.params, Promise.resolve({}) as never),
      /^ArgumentError: loadStateDict: the tensors are a promise/,
    ],
  }));

test('hints: an operand that is missing among others is called missing, and a function that was called is told so', () =>
  hears({
    called: [() => nn.relu(undefined as never), /where a function is wanted, pass relu itself and not relu\(\)/],
    missing: [
      () => model.apply(variables, undefined as never),
      /^ArgumentError: linear: operand 1 is undefined, not a tensor; give one: look for/,
    ],
    loss: [() => nn.crossEntropy(undefined as never, y), /crossEntropy: operand 1 is undefined.*give one: look for/],
  }));

test('hints: what is meant is named', () =>
  hears({
    recurrent: [
      () => {
        const net = nn.sequential(nn.lstm({ in: 2, hidden: 3 }) as never, nn.linear(3, 2)) as unknown as typeof model;
        return net.apply(net.init(key(0)), ones([2, 5, 2]));
      },
      /linear \(1\): .*returns: 'last' or returns: 'sequence'/,
    ],
    images: [() => run({ train: digits(key(0), 4) }), /fit: train is an object; .*imageExamples\(images\)/],
    noKey: [
      () => (model.init as () => unknown)(),
      /^ArgumentError: init: the key of linear\(2, 2\) is undefined; .*init\(key\(0\)\)/,
    ],
    seed: [() => nn.sequential(model, nn.relu).init(0 as never), /init: the key of sequential.* is 0/],
    whole: [
      () => run({ initial: { params: { weight: zeros([2, 2], { dtype: 'int32' }), bias: zeros([2]) }, state: null } }),
      /^DtypeError: fit: the parameter weight is int32/,
    ],
    variables: [() => adam().init(variables), /variables.*optimizer\.init\(variables\.params\)/],
    penalty: [() => run({ penalty: 1e-4 }), /penalty is 0\.0001, not a function; .*l2Penalty\(params, 0\.0001\)/],
    list: [() => chain([sgd(0.1), adam()] as never), /^ArgumentError: chain: the transform is a list; .*chain\(a, b\)/],
    size: [() => nn.summary(model, [-1, 2]), /summary: the input is a list with the size -1/],
    classes: [
      () => loadIdx('nowhere', undefined as never),
      /^ArgumentError: loadIdx: there are no names of classes.*loadMnist/,
    ],
    momentum: [() => accumulateMomentum({} as never), /^ArgumentError: accumulateMomentum: there is no momentum/],
    velocity: [() => sgdVelocity({ lr: 0.1 } as never), /^ArgumentError: sgdVelocity: there is no momentum/],
    names: [
      () => nn.linear({ in: 2, out: 3 } as never, undefined as never),
      /linear: inputs is an object; .*linear\(in, out/,
    ],
  }));

test('accuracy: a figure over a number of examples is the number of hits divided once', async () => {
  const scores = tensor(Array.from({ length: 50 }, () => [0, 1]));
  const labels = tensor(
    Array.from({ length: 50 }, (_, i) => Number(i < 27)),
    { dtype: 'int32' },
  );
  const same = { apply: (_: unknown, input: Tensor) => [input, null] as const };
  for (const batchSize of [50, 7, 256])
    for (const metric of [nn.accuracy, accuracyMetric()]) {
      const { accuracy } = await evaluate(
        { model: same as never, loss: nn.crossEntropy, metrics: { accuracy: metric }, batchSize },
        { params: null, state: null },
        { x: scores, y: labels },
      );
      assert.is(accuracy, 0.54);
    }
});
