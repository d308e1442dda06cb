/**
 * Misuse, as newcomers and plain JavaScript commit it: every message word for word. A message that changes is read here
 * once more before it ships.
 */

import * as g from '../../../autograd/index.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import * as nn from '../../../nn/index.js';
import * as optim from '../../../optim/index.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { fails } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const { functional } = nn;
const { ArgumentError, AxisError, DtypeError, GradientError, NanError, ShapeError, TreeError } = g;

/** A value that the compiler would refuse. */
const untyped = (value: unknown): never => value as never;

const matrix = g.tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const vector = g.tensor([1, 2, 3]);
const integers = g.tensor([1, 2, 3], { dtype: 'int32' });

type Misuse = readonly [f: () => unknown, kind: Parameters<typeof fails>[1], message: string];

const refused = (...cases: readonly Misuse[]): void => {
  for (const [f, kind, message] of cases) fails(f, kind, message);
};

test('misuse: shapes that do not fit name both and say what to do', () => {
  refused(
    [
      () => g.add(matrix, g.ones([2, 2])),
      ShapeError,
      'add: shapes do not broadcast (shapes [2,3] · [2,2]); sizes must be equal or 1, aligned at the last axis; reshape or unsqueeze an operand',
    ],
    [
      () => g.matmul(matrix, matrix),
      ShapeError,
      "matmul: inner dimensions differ: 3 and 2 (shapes [2,3] · [2,3]); the first operand's columns must equal the second's rows; transpose one or check the previous layer's width",
    ],
    [
      () => g.concat([matrix, vector]),
      ShapeError,
      'concat: shapes differ beside axis 0 (shapes [2,3] · [3]); all sizes but those along the axis must agree; use stack to join along a new axis',
    ],
    [
      () => g.reshape(matrix, [4, 2]),
      ShapeError,
      'reshape: 6 elements do not fit 8 places (shapes [2,3] · [4,2]); keep the number of elements, or let one size be -1',
    ],
    [
      () => g.einsum('ij,jk->ik', matrix, matrix),
      ShapeError,
      "einsum: 'ij,jk->ik': j has size 3 in operand 0 and 2 in operand 1 (shapes [2,3] · [2,3]); axes that share a letter must have one size; 1 stretches between operands, not on a diagonal",
    ],
    [
      () => functional.mseLoss(vector, matrix),
      ShapeError,
      'mseLoss: input and target have different shapes (shapes [3] · [2,3]); reshape or broadcast one of them; a loss never broadcasts silently',
    ],
    [
      () => functional.crossEntropy(matrix, untyped(vector)),
      ShapeError,
      'crossEntropy: the target does not have the shape [2,3] (shapes [2,3] · [3]); class numbers have the shape of the scores without the class axis, probabilities the shape of the scores',
    ],
    [
      () => nn.linear(4, 2).apply(nn.linear(4, 2).init(g.key(0)), matrix),
      ShapeError,
      "linear: input has 3 features, weight expects 4 (shapes [2,3] · [2,4]); flatten the input, or check the previous layer's width",
    ],
    [
      () => g.vmap((a: g.Tensor, b: g.Tensor) => g.add(a, untyped(b)))(untyped(vector), untyped(g.ones([2]))),
      ShapeError,
      'vmap: batch sizes differ: 3 at [0] and 2 at [1] (shapes [3] · [2]); batch axes have one size; name other axes in `in`, or null for what is not batched',
    ],
    [
      () =>
        functional.lstmCell(matrix, g.ones([2, 2]), g.ones([2, 2]), {
          weightIh: g.ones([6, 3]),
          weightHh: g.ones([6, 2]),
        }),
      ShapeError,
      'lstmCell: the weights do not make 4 gates of 2 from the state (shapes [2,3] · [2,2] · [2,2] · [6,3] · [6,2]); give weights [gates·H, D] and [gates·H, H] for a state [N, H]',
    ],
    [
      () => g.fromData([1, 2, 3], [2, 2]),
      ShapeError,
      'fromData: 3 numbers do not fill 4 places (shape [2,2]); give as many numbers as the product of the sizes',
    ],
    [
      () => g.tensor([[1, 2], [3]]),
      ShapeError,
      'tensor: the nested lists have different lengths or depths (shape [2,2]); give every row the same length',
    ],
  );
});

test('misuse: a tensor of the wrong rank is told which rank is right', () => {
  refused(
    [
      () => g.matmul(matrix, untyped(g.tensor(2))),
      ShapeError,
      'matmul: an operand is a scalar (shapes [2,3] · []); use mul for scalars',
    ],
    [
      () => functional.linear(matrix, vector),
      ShapeError,
      'linear: the weight is not a matrix (shape [3]); give a weight of shape [out, in]',
    ],
    [
      () => functional.conv2d(matrix, g.ones([1, 1, 2, 2])),
      ShapeError,
      'conv2d: the input has 2 axes and the weight 4 (shapes [2,3] · [1,1,2,2]); both need 4: give images [N, C, H, W]',
    ],
    [() => g.tril(vector), ShapeError, 'tril: a matrix has two axes (shape [3]); give a tensor of rank 2 or more'],
    [
      () => vector.item(),
      ShapeError,
      'item: the tensor has 3 elements (shape [3]); use toArray(), or reduce to one element first',
    ],
  );
});

test('misuse: an axis out of range, twice, or no number at all is named with its range', () => {
  refused(
    [
      () => g.sum(matrix, { axes: 2 }),
      AxisError,
      'sum: axis 2 is out of range for rank 2; use an integer from -2 to 1',
    ],
    [
      () => g.softmax(matrix, 1.5),
      AxisError,
      'softmax: axis 1.5 is out of range for rank 2; use an integer from -2 to 1',
    ],
    [() => g.sum(matrix, { axes: [1, -1] }), AxisError, 'sum: axis 1 is named twice; name each axis once'],
    [
      () => g.cumsum(matrix, untyped('rows')),
      AxisError,
      'cumsum: axis "rows" is out of range for rank 2; use an integer from -2 to 1',
    ],
    [
      () => g.argmax(g.tensor(2), { axis: 0 }),
      AxisError,
      'argmax: axis 0 is out of range for rank 0; a scalar has no axes',
    ],
  );
});

test('misuse: element types do not mix, and an operation says which it takes', () => {
  refused(
    [
      () => g.add(vector, untyped(integers)),
      DtypeError,
      "add: float32 and int32 do not mix (shapes [3] · [3]); convert one of them with cast(x, 'float32')",
    ],
    [
      () => g.add(integers, 0.5),
      DtypeError,
      "add: the literal 0.5 does not fit int32 (shape [3]); convert the tensor with cast(x, 'float32')",
    ],
    [
      () => g.exp(integers),
      DtypeError,
      "exp: does not take int32 (shape [3]); convert with cast(x, 'float32') or cast(x, 'float64')",
    ],
    [
      () => g.where(untyped(vector), vector, vector),
      DtypeError,
      "where: the condition is float32, not bool (shapes [3] · [3] · [3]); compare first, for example greater(x, 0), or convert with cast(x, 'bool')",
    ],
    [
      () => g.take(vector, untyped(vector)),
      DtypeError,
      "take: the index is float32, not int32 (shape [3]); convert it with cast(index, 'int32')",
    ],
    [
      () => g.zeros([2], untyped('float8')),
      DtypeError,
      "zeros: there is no element type \"float8\"; use 'float16', 'bfloat16', 'float32', 'float64', 'int8', 'uint8', 'int32', 'uint32', 'int64' or 'bool'",
    ],
  );
});

test('misuse: gradients of what is no scalar, no float or no function', () => {
  refused(
    [
      () => g.grad((a: g.Tensor) => g.mul(a, a))(vector),
      GradientError,
      'grad: the function returned f32[3], not a scalar float; reduce it with sum() or mean(); vjp and jacrev take any output, hasAux hands extra results through',
    ],
    [
      () => g.grad((a: g.Tensor) => g.sum(a))(integers),
      GradientError,
      "grad: the root is int32, which takes no gradient (shape [3]); close over it, leave it out of argnums, or convert it with cast(x, 'float32')",
    ],
    [
      () => g.grad(untyped(() => 1))(vector),
      GradientError,
      'grad: the function returned a number, not a scalar float; reduce it with sum() or mean(); vjp and jacrev take any output, hasAux hands extra results through',
    ],
    [
      () => g.grad(untyped(vector)),
      ArgumentError,
      'grad: takes a function, not a tensor of shape [3]; write grad((x) => …)',
    ],
    [
      () => g.vjp((a: g.Tensor) => g.mul(a, a), vector)[1](untyped(matrix)),
      ShapeError,
      'vjp: the cotangent at the root has another shape than its value (shapes [2,3] · [3]); give them the same shape; broadcastTo() stretches',
    ],
    [
      () => {
        let kept = vector as g.Tensor;
        g.grad((a: g.Tensor) => {
          kept = a;
          return g.sum(a);
        })(vector);
        return g.add(kept, 1);
      },
      GradientError,
      'add: a tensor from inside grad was used after that transform had ended (shape [3]); return it from the transformed function (see hasAux) instead of keeping it in an outer variable',
    ],
    [
      () => g.vmap((a: g.Tensor) => a.item())(untyped(vector)),
      GradientError,
      'item: the value is not known inside vmap (shape []); return the tensor and read it outside, or express the decision with where()',
    ],
    [
      () => g.grad((p: { readonly a: g.Tensor }) => g.sum(p.a))(untyped({ a: vector, b: 3 })),
      TreeError,
      'grad: b is number, not a tensor; a tree holds tensors in plain objects and arrays; close over other values or turn numbers into tensors',
    ],
  );
});

test('misuse: randomness needs a key', () => {
  refused(
    [
      () => functional.dropout(vector, { training: true }),
      ArgumentError,
      'dropout: training draws random numbers, and there is no key; pass { training: true, key: key(seed) }, a fresh key each step',
    ],
    [
      () =>
        nn
          .sequential(nn.linear(3, 2), nn.dropout(0.5))
          .apply(nn.sequential(nn.linear(3, 2), nn.dropout(0.5)).init(g.key(0)), matrix, { training: true }),
      ArgumentError,
      'dropout (1): training draws random numbers, and there is no key; pass { training: true, key: key(seed) }, a fresh key each step',
    ],
    [
      () => functional.dropout(vector, { p: 1.5 }),
      ArgumentError,
      'dropout: 1.5 is not a probability; give a number from 0 to 1',
    ],
    [
      () => g.normal(untyped(0), [2]),
      ArgumentError,
      'normal: the key is 0, not two int32 words; make one with key(seed), and split it for every use',
    ],
    [
      () => g.uniform(untyped(undefined), [2]),
      ArgumentError,
      'uniform: the key is undefined, not two int32 words; make one with key(seed), and split it for every use',
    ],
  );
});

test('misuse: batch norm in training refuses one value a channel', () => {
  refused(
    [
      () => functional.batchNorm(g.ones([1, 3]), functional.initialBatchNormState(3), { training: true }),
      ShapeError,
      'batchNorm: training needs more than one value a channel, there is 1 (shape [1,3]); use a larger batch, or drop a last batch of one sample',
    ],
    [
      () => nn.batchNorm1d(3).apply(nn.batchNorm1d(3).init(g.key(0)), g.ones([1, 3]), { training: true }),
      ShapeError,
      'batchNorm: training needs more than one value a channel, there is 1 (shape [1,3]); use a larger batch, or drop a last batch of one sample',
    ],
  );
});

test('misuse: sizes that are no sizes', () => {
  refused(
    [
      () => g.zeros([2.5]),
      ArgumentError,
      'zeros: size 2.5 is not a whole number ≥ 0 (shape [2.5]); give whole, non-negative sizes',
    ],
    [
      () => g.ones([-1]),
      ArgumentError,
      'ones: size -1 is not a whole number ≥ 0 (shape [-1]); give whole, non-negative sizes',
    ],
    [
      () => g.zeros(untyped(3)),
      ArgumentError,
      'zeros: the shape is 3, not a list of sizes; write it as [2, 3]; [] is a scalar',
    ],
  );
});

test('misuse: sizes beyond any memory end in an error before anything is allocated', () => {
  refused(
    [
      () => g.zeros([1e9, 1e9]),
      ArgumentError,
      'zeros: 1000000000000000000 elements are more than a tensor can hold (shape [1000000000,1000000000]); check the sizes; work on parts of the data',
    ],
    [
      () => g.arange(1e12),
      ArgumentError,
      'arange: 1000000000000 elements are more than a tensor can hold (shape [1000000000000]); check the sizes; work on parts of the data',
    ],
    [
      () => g.repeatInterleave(vector, [1e9, 1e9, 1e9]),
      ArgumentError,
      'repeatInterleave: 3000000000 elements are more than a tensor can hold (shape [3000000000]); check the sizes; work on parts of the data',
    ],
    [
      () => functional.adaptiveAvgPool2d(g.ones([1, 1, 2, 2]), 1e9),
      ArgumentError,
      'adaptiveAvgPool2d: 1000000000000000000 elements are more than a tensor can hold (shape [1,1,1000000000,1000000000]); check the sizes; work on parts of the data',
    ],
    [
      () => g.uniform(g.key(0), [1e9, 1e9]),
      ArgumentError,
      'uniform: 1000000000000000000 elements are more than a tensor can hold (shape [1000000000,1000000000]); check the sizes; work on parts of the data',
    ],
    [
      () => g.broadcastTo(vector, [1e9, 3]),
      ArgumentError,
      'broadcastTo: 3000000000 elements are more than a tensor can hold (shape [1000000000,3]); check the sizes; work on parts of the data',
    ],
    [
      () => g.mul(g.ones([1 << 20, 1]), g.ones([1, 1 << 20])),
      ArgumentError,
      'mul: 1099511627776 elements are more than a tensor can hold (shape [1048576,1048576]); check the sizes; work on parts of the data',
    ],
  );
});

test('misuse: an operation is told how many tensors it takes', () => {
  const { add, exp, concat } = g.primitives;
  refused(
    [
      () => g.bind(add, [vector], null),
      ArgumentError,
      'add: takes 2 tensors, not 1; give as many as the primitive has arguments',
    ],
    [
      () => g.bind(exp, [vector, vector], null),
      ArgumentError,
      'exp: takes 1 tensor, not 2; give as many as the primitive has arguments',
    ],
  );
  assert.equal(g.bind(concat, [vector, vector, vector], { axis: 0 }).shape, [3 * vector.size]);
});

test('misuse: a parameter that holds itself, or is nested without end, is refused', () => {
  const [list, object]: [unknown[], Record<string, unknown>] = [[], {}];
  list.push(list);
  object.self = object;
  let deep: unknown = 0;
  for (let level = 0; level < 40; level++) deep = level % 2 === 0 ? [deep] : { deep };
  // Where code is made of operations, it is known by their parameters.
  const wasm = createWasmBackend();
  for (const params of [list, object, deep, [object], { list }])
    refused([
      () => onBackend(wasm, () => g.bind(g.primitives.exp, [vector], params)),
      ArgumentError,
      'bind: a parameter is nested more than 32 levels deep; give numbers, texts, and lists and objects of them that do not hold themselves',
    ]);
});

test('misuse: what is no tensor is said to be what it is', () => {
  refused(
    [
      () => g.exp(untyped(undefined)),
      ArgumentError,
      'exp: the operand is undefined, not a tensor; give one; where a function is wanted, pass exp itself and not exp()',
    ],
    [() => g.sum(untyped([1, 2])), ArgumentError, 'sum: the operand is a list, not a tensor; make one with tensor(…)'],
    [
      () => g.add(vector, untyped('1')),
      ArgumentError,
      'add: an operand is "1", neither a tensor nor a number; make a tensor with tensor(…)',
    ],
    [
      () => g.stack(untyped(vector)),
      ArgumentError,
      'stack: the operands are a tensor of shape [3], not a list of tensors; put them into one list: [a, b]',
    ],
    [
      () => g.concat([vector, untyped([1, 2])]),
      ArgumentError,
      'concat: operand 2 is a list, not a tensor; make one with tensor(…)',
    ],
    [
      () => g.tensor(untyped(['1'])),
      ArgumentError,
      'tensor: cannot read "1" as a number; give numbers, nested lists of numbers, or fromData(typedArray, shape)',
    ],
    [
      () => g.fromData(untyped([1, null]), [2]),
      ArgumentError,
      'fromData: the data are null, not numbers; give a list of numbers, a Float32Array, Float64Array, Int32Array or Uint8Array',
    ],
    [
      () => g.index(vector, untyped('a')),
      ArgumentError,
      "index: \"a\" is no index (shape [3]); give numbers, [start, stop, step], ':', '...' or null",
    ],
    [
      () => g.einsum(untyped(matrix), untyped('ij')),
      ArgumentError,
      "einsum: the specification is a tensor of shape [2,3], not a text; begin with it: einsum('ij,jk->ik', a, b)",
    ],
    [
      () => nn.sequential(untyped(3)),
      ArgumentError,
      'sequential: a child is 3, neither a layer nor a function; give layers such as linear(4, 3), or functions such as relu',
    ],
    [
      () => nn.linear(3, 4).apply(untyped(undefined), matrix),
      TreeError,
      'linear(3, 4): apply was called without parameters; pass what init returned: layer.apply(layer.init(key(0)), x), or { params, state }',
    ],
  );
});

test('misuse: options that are misspelt, positional or null are refused, never ignored', () => {
  refused(
    [
      () => g.sum(matrix, untyped(1)),
      ArgumentError,
      'sum: the options are 1, not an object; give them by name: axis, axes, keepDims',
    ],
    [
      () => g.sum(matrix, untyped({ axs: 1 })),
      ArgumentError,
      'sum: there is no option axs; did you mean axis? The options are axis, axes, keepDims',
    ],
    [
      () => g.mean(matrix, untyped({ dim: 1 })),
      ArgumentError,
      'mean: there is no option dim; the options are axis, axes, keepDims',
    ],
    [
      () => g.sort(vector, untyped(null)),
      ArgumentError,
      'sort: the options are null, not an object; give them by name: axis, axes, descending',
    ],
    [
      () => g.grad((a: g.Tensor) => g.sum(a), untyped({ argnum: 1 })),
      ArgumentError,
      'grad: there is no option argnum; did you mean argnums? The options are argnums, hasAux',
    ],
    [
      () => g.clamp(vector, untyped({ minimum: 0 })),
      ArgumentError,
      'clamp: there is no option minimum; did you mean min? The options are min, max',
    ],
    [
      () => nn.linear(3, 4, untyped({ bais: false })),
      ArgumentError,
      'linear: there is no option bais; did you mean bias? The options are bias, weightLayout, weightInit, biasInit',
    ],
    [
      () => optim.adam(untyped({ beta1: 0.9 })),
      ArgumentError,
      'adam: there is no option beta1; did you mean betas? The options are lr, betas, eps, weightDecay, amsgrad',
    ],
  );
});

test('misuse: options that exist with values that do not', () => {
  refused(
    [
      () => functional.mseLoss(vector, vector, { reduction: untyped('avg') }),
      ArgumentError,
      "mseLoss: there is no reduction \"avg\"; use 'mean', 'counted', 'sum', 'none' or { divisor }",
    ],
    [
      () => functional.crossEntropy(matrix, g.tensor([0, 1], { dtype: 'int32' }), { labelSmoothing: 2 }),
      ArgumentError,
      'crossEntropy: labelSmoothing is 2; give the share of the target that is spread over all classes, from 0 to 1',
    ],
    [
      () => functional.maxPool2d(g.ones([1, 1, 2, 2]), { kernel: 2, layout: untyped('nchw') }),
      ArgumentError,
      "maxPool2d: there is no layout \"nchw\"; use 'NCHW' or 'NHWC'",
    ],
    [() => nn.linear(3, untyped('4')), ArgumentError, 'linear: outputs is "4"; give a whole number ≥ 0'],
    [
      () => optim.adam(untyped('fast')),
      ArgumentError,
      'adam: the options are "fast", not an object; give them by name: lr, betas, eps, weightDecay, amsgrad',
    ],
    [
      () => optim.adam({ betas: [0.9, 1] }),
      ArgumentError,
      'adam: betas is [0.9,1]; give two numbers from 0 up to, not including, 1',
    ],
    [
      () => optim.sgd(untyped({})),
      ArgumentError,
      'sgd: there is no learning rate; give one: sgd(0.1), or sgd({ lr: 0.1, momentum: 0.9 })',
    ],
    [
      () => optim.cosineWarmRestarts(0.1, { period: 5, factor: 0.5 }),
      ArgumentError,
      'cosineWarmRestarts: factor is 0.5; give a number ≥ 1: periods must not shrink, or they would never reach later steps',
    ],
    [() => optim.cosineAnnealing(0.1, { period: 0 }), ArgumentError, 'cosineAnnealing: period is 0; give a number > 0'],
  );
});

test('misuse: values out of range', () => {
  refused(
    [
      () => g.max(g.zeros([0])),
      ShapeError,
      'max: an empty set of numbers has none (shape [0]); reduce over an axis that has elements, or concatenate a neutral value first',
    ],
    [
      () => g.inverse(g.zeros([2, 2])),
      ArgumentError,
      'inverse: the matrix is singular: elimination finds no pivot in column 0 (shape [2,2]); check that no row or column repeats others; adding a small multiple of eye(n) makes it invertible',
    ],
    [
      () => g.topk(vector, 5),
      ArgumentError,
      'topk: cannot take 5 of 3 elements (shape [3]); let k be a whole number from 0 to 3',
    ],
    [
      () => g.take(vector, [3]),
      ArgumentError,
      'take: index[0] = 3 is out of range for axis 0 of size 3; use integers from -3 to 2',
    ],
    [
      () => functional.crossEntropy(matrix, g.tensor([0, 3], { dtype: 'int32' })),
      ArgumentError,
      'crossEntropy: the class number 3 at [1] is out of range (shape [2]); the scores are of 3 classes: use whole numbers from 0 to 2, and ignoreIndex for what does not count',
    ],
  );
});

test('misuse: NaN hunting names the operation, the element and the line', () => {
  const loss = g.debugNans((x: g.Tensor) => g.sum(g.log(x)));
  let thrown: unknown;
  try {
    loss(g.tensor([1, -1]));
  } catch (error) {
    thrown = error;
  }
  assert.instance(thrown, NanError);
  assert.is(
    (thrown as Error).message.replace(/in \S*misuse\.test\.ts:\d+:\d+/, 'in HERE'),
    'log: made NaN from inputs without any, first at [1], in HERE (shape [2]); look for 0/0, ∞ − ∞, 0·∞, log and sqrt at or below 0; safeLog, safeSqrt and safeDiv keep clear of them',
  );
});

test('misuse: backwards, NaN hunting names the operation whose gradient it was', () => {
  const slope = g.debugNans(g.grad((x: g.Tensor) => g.sum(g.mul(g.sqrt(x), 0))));
  let thrown: unknown;
  try {
    slope(g.tensor([4, 0]));
  } catch (error) {
    thrown = error;
  }
  assert.instance(thrown, NanError);
  assert.match((thrown as Error).message, 'gradient of sqrt');
});
