/** Numbers that name classes, rows and lengths: a wrong one is refused as it was given, wherever the function runs. */

import {
  add,
  compile,
  fromData,
  gather,
  indexSelect,
  inverse,
  key,
  scatterAdd,
  solve,
  type Tensor,
  take,
  takeFlat,
  tensor,
  vmap,
} from '../../../autograd/index.js';
import { ArgumentError } from '../../../core/base/errors.js';
import { withScope } from '../../../core/base/scope.js';
import * as nn from '../../../nn/index.js';
import { functional } from '../../../nn/index.js';
import { evaluate, fit, sgd } from '../../../optim/index.js';
import { sameErrorLaw } from '../../laws/errors.js';
import { assertLaw } from '../../laws/report.js';
import * as assert from '../../runner/assert.js';
import { fails } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const whole = (...numbers: number[]): Tensor => fromData(Int32Array.from(numbers), [numbers.length]);
const scores = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const wrongOnes = [-1, -3, 3, 2 ** 31 - 1, -(2 ** 31)];

const ofClasses: Readonly<Record<string, (x: Tensor, numbers: Tensor) => Tensor>> = {
  crossEntropy: (x, y) => nn.crossEntropy(x, y),
  'crossEntropy, smoothed and weighted': (x, y) =>
    nn.crossEntropy(x, y, { labelSmoothing: 0.1, weight: tensor([1, 2, 3]), ignoreIndex: 7 }),
  crossEntropyOfProbabilities: (x, y) => nn.crossEntropyOfProbabilities(x, y),
  nllLoss: (x, y) => nn.nllLoss(x, y, { reduction: 'none' }),
  hingeLoss: (x, y) => nn.hingeLoss(x, y),
  multiMarginLoss: (x, y) => nn.multiMarginLoss(x, y, { weight: tensor([1, 2, 3]) }),
  embedding: (x, y) => functional.embedding(take(x, [0, 1, 1]), y),
  'embedding by frequency': (x, y) =>
    functional.embedding(take(x, [0, 1, 1]), y, { scaleGradByFreq: true, maxNorm: 2 }),
};

test('class numbers: a wrong one is named as it was given, compiled or not, and in gradients', () => {
  for (const [name, f] of Object.entries(ofClasses))
    for (const wrong of wrongOnes) {
      assertLaw(sameErrorLaw(f, [scores, whole(0, wrong)]));
      assert.throws(
        () => compile(f)(scores, whole(0, wrong)),
        new RegExp(`^${name.split(/[ ,]/)[0]}: the \\w+ number ${wrong} at \\[1\\]`),
      );
      const each = compile(vmap((x: Tensor, y: Tensor) => f(x, y)));
      const two = tensor([scores.toArray(), scores.toArray()] as never);
      const message = new RegExp(`the \\w+ number ${wrong} at `);
      assert.throws(() => each(two, fromData(Int32Array.of(0, 1, 1, wrong), [2, 2])), message, `${name} under vmap`);
    }
});

test('class numbers: in places with axes of their own, and for one sample, too', () => {
  const x = tensor([
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ]);
  fails(
    () => compile((y: Tensor) => nn.crossEntropy(x, y))(fromData(Int32Array.of(0, 1, 2, 0), [2, 2])),
    ArgumentError,
    'crossEntropy: the class number 2 at [1,0] is out of range (shape [2,2]); the scores are of 2 classes: use whole numbers from 0 to 1, and ignoreIndex for what does not count',
  );
  assertLaw(
    sameErrorLaw((y: Tensor, at: Tensor) => nn.crossEntropy(y, at), [x, fromData(Int32Array.of(0, 1, 2, 0), [2, 2])]),
  );
  assertLaw(
    sameErrorLaw((y: Tensor, at: Tensor) => nn.crossEntropy(y, at), [tensor([1, 2]), fromData(Int32Array.of(-1), [])]),
  );
});

test('lengths: a wrong one is named as it was given, compiled or not', () => {
  const layer = nn.gru({ in: 2, hidden: 3 });
  const { params } = layer.init(key(0));
  const x = tensor([
    [
      [1, 2],
      [3, 4],
    ],
  ]);
  const run = (input: Tensor, lengths: Tensor): Tensor => layer.apply({ params }, { x: input, lengths })[0].output;
  for (const wrong of [-1, 3]) assertLaw(sameErrorLaw(run, [x, whole(wrong)]));
});

test('indices: a wrong one is refused in the name of what was called, compiled or not, and so are matrices', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  for (const wrong of [2, -3]) {
    assertLaw(sameErrorLaw((a: Tensor, i: Tensor) => indexSelect(a, i), [x, whole(0, wrong)]));
    assertLaw(sameErrorLaw((a: Tensor, i: Tensor) => take(a, i, 1), [x, whole(0, wrong)]));
    assertLaw(sameErrorLaw((a: Tensor, i: Tensor) => gather(a, i, 0), [x, fromData(Int32Array.of(0, wrong), [1, 2])]));
  }
  assertLaw(sameErrorLaw((a: Tensor, i: Tensor) => takeFlat(a, i), [x, whole(4)]));
  assertLaw(sameErrorLaw((a: Tensor, i: Tensor) => scatterAdd(a, i, a, 0), [x, fromData(Int32Array.of(0, 5), [1, 2])]));
  assertLaw(
    sameErrorLaw(
      (a: Tensor) => inverse(a),
      [
        tensor([
          [1, 1],
          [1, 1],
        ]),
      ],
    ),
  );
  assertLaw(
    sameErrorLaw(
      (a: Tensor) => solve(a, x),
      [
        tensor([
          [1, 1],
          [1, 1],
        ]),
      ],
    ),
  );
});

test('class numbers: fit and evaluate name the loss or the layer, and the label as it was given', async () => {
  const said = async (f: () => unknown): Promise<string> => {
    try {
      await f();
      return 'nothing';
    } catch (error) {
      return String(error);
    }
  };
  const data = (...labels: number[]): { x: Tensor; y: Tensor } => ({ x: scores, y: whole(...labels) });
  const model = nn.linear(3, 2);
  const options = {
    model,
    loss: nn.crossEntropy,
    optimizer: sgd(0.1),
    epochs: 1,
    key: key(0),
    order: 'sequential',
  } as const;
  const message =
    'ArgumentError: crossEntropy: the class number -1 at [1] is out of range (shape [2]); the scores are of 2 classes: use whole numbers from 0 to 1, and ignoreIndex for what does not count';
  for (const compiled of [true, false]) {
    assert.is(await said(() => fit({ ...options, train: data(0, -1), compile: compiled })), message);
    assert.is(
      await said(() => evaluate({ model, loss: nn.crossEntropy, compile: compiled }, model.init(key(0)), data(0, -1))),
      message,
    );
    // Two tables of one shape share their code: each is named by its own place.
    const tables = nn.sequential(nn.embedding(9, 4), (x: Tensor) => x, nn.linear(4, 2));
    assert.is(
      await said(() =>
        fit({ ...options, model: tables, train: { x: whole(0, 9), y: whole(0, 1) }, compile: compiled }),
      ),
      'ArgumentError: embedding (0): the row number 9 at [1] is out of range (shape [2]); use whole numbers from 0 to 8',
    );
  }
});

test('indices: operations that share their code are told apart by their layers', () => {
  const both = compile(
    (x: Tensor, i: Tensor, j: Tensor): Tensor =>
      add(
        withScope('first', () => take(x, i)),
        withScope('second', () => take(x, j)),
      ),
  );
  assert.equal(both(scores, whole(0), whole(1)).toArray(), [[5, 7, 9]]);
  assert.throws(() => both(scores, whole(2), whole(0)), /^take \(first\): index\[0\] = 2 is out of range/);
  assert.throws(() => both(scores, whole(0), whole(2)), /^take \(second\): index\[0\] = 2 is out of range/);
});
