/** Recurrent networks, attention and transformers as layers: laws that need no reference numbers, and what is refused. */

import { compile, grad } from '../../../autograd/index.js';
import {
  ArgumentError,
  concat,
  DtypeError,
  flip,
  key,
  ones,
  permute,
  reshape,
  ShapeError,
  slice,
  sum,
  type Tensor,
  TreeError,
  tensor,
  treeLeaves,
  uniform,
  zeros,
} from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { fails, refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const { functional } = nn;
const random = (seed: number, shape: readonly number[]): Tensor =>
  uniform(key(seed), shape, { min: -1, max: 1, dtype: 'float64' });
const int32 = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const float64 = { dtype: 'float64' } as const;

test('recurrent layers: a sequence is its steps, one after another', () => {
  const layer = nn.lstm({ in: 3, hidden: 4 });
  const { params } = layer.init(key(1), float64);
  const x = random(2, [2, 5, 3]);
  const [{ output, h, c }] = layer.apply({ params }, x);
  const cell = {
    weightIh: params.weightIhL0,
    weightHh: params.weightHhL0,
    biasIh: params.biasIhL0,
    biasHh: params.biasHhL0,
  };
  let [hidden, memory] = [zeros([2, 4], 'float64') as Tensor, zeros([2, 4], 'float64') as Tensor];
  for (let t = 0; t < 5; t++) {
    const step = reshape(slice(x, [null, [t, t + 1, 1], null]), [2, 3]) as Tensor;
    [hidden, memory] = functional.lstmCell(step, hidden, memory, cell as nn.functional.CellParameters);
    assertClose(reshape(slice(output, [null, [t, t + 1, 1], null]), [2, 4]) as Tensor, hidden);
  }
  assertClose(reshape(h, [2, 4]) as Tensor, hidden);
  assertClose(reshape(c, [2, 4]) as Tensor, memory);
});

test('recurrent layers: a run in two parts with the state handed on is the whole run', () => {
  for (const layer of [nn.gru({ in: 2, hidden: 3, layers: 2 }), nn.rnn({ in: 2, hidden: 3, nonlinearity: 'relu' })]) {
    const { params } = layer.init(key(3), float64);
    const x = random(4, [2, 6, 2]);
    const [whole] = layer.apply({ params }, x);
    const [first] = layer.apply({ params }, slice(x, [null, [0, 4, 1], null]));
    const [second] = layer.apply({ params }, { x: slice(x, [null, [4, 6, 1], null]), h: first.h });
    assertClose(concat([first.output, second.output], 1), whole.output);
    assertClose(second.h, whole.h);
  }
});

test('recurrent layers: the reverse direction is the forward one on the reversed sequence', () => {
  const both = nn.gru({ in: 2, hidden: 3, bidirectional: true });
  const { params } = both.init(key(5), float64);
  const backwards = Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) =>
      name.endsWith('Reverse') ? [[name.replace('Reverse', ''), value] as const] : [],
    ),
  ) as nn.functional.RecurrentParameters;
  const x = random(6, [2, 4, 2]);
  const [{ output }] = both.apply({ params }, x);
  assertClose(slice(output, [null, null, [3, 6, 1]]), flip(functional.gru(flip(x, 1), backwards).output, 1));
});

test('recurrent layers: samples first, steps first and one sequence alone agree', () => {
  const layer = nn.lstm({ in: 2, hidden: 3, layers: 2, bidirectional: true });
  const { params } = layer.init(key(7), float64);
  const x = random(8, [1, 4, 2]);
  const [first] = layer.apply({ params }, x);
  const [turned] = nn
    .lstm({ in: 2, hidden: 3, layers: 2, bidirectional: true, batchFirst: false })
    .apply({ params }, permute(x, [1, 0, 2]));
  assertClose(permute(turned.output, [1, 0, 2]), first.output, 0);
  const [alone] = layer.apply({ params }, reshape(x, [4, 2]) as Tensor);
  assert.equal(
    [alone.output.shape, alone.h.shape, alone.c.shape],
    [
      [4, 6],
      [4, 3],
      [4, 3],
    ],
  );
  assertClose(alone.output, reshape(first.output, [4, 6]) as Tensor, 0);
});

test('recurrent layers: steps beyond a length change nothing, forwards, backwards and in gradients', () => {
  const layer = nn.lstm({ in: 2, hidden: 3, bidirectional: true });
  const { params } = layer.init(key(9), float64);
  const x = random(10, [2, 5, 2]);
  const lengths = int32(3, 5);
  const [{ output, h }] = layer.apply({ params }, { x, lengths });
  const [short] = layer.apply({ params }, slice(x, [[0, 1, 1], [0, 3, 1], null]));
  assertClose(slice(output, [[0, 1, 1], [0, 3, 1], null]), short.output);
  assertClose(slice(output, [[0, 1, 1], [3, 5, 1], null]), zeros([1, 2, 6], 'float64'), 0);
  assertClose(slice(h, [null, [0, 1, 1], null]), short.h);
  const dx = grad((z: Tensor) => sum(layer.apply({ params }, { x: z, lengths })[0].output))(x);
  assertClose(slice(dx, [[0, 1, 1], [3, 5, 1], null]), zeros([1, 2, 2], 'float64'), 0);
});

test('recurrent layers: what they return stands in a sequential, and every parameter gets a gradient', () => {
  const net = nn.sequential(
    nn.gru({ in: 3, hidden: 4, layers: 2, bidirectional: true, returns: 'sequence' }),
    nn.lstm({ in: 8, hidden: 2, bidirectional: true, returns: 'last' }),
    nn.linear(4, 1),
  );
  const { params } = net.init(key(11), float64);
  const x = random(12, [2, 3, 3]);
  const loss = (p: typeof params): Tensor => sum(net.apply({ params: p }, x)[0]);
  assert.equal(net.apply({ params }, x)[0].shape, [2, 1]);
  for (const leaf of treeLeaves(grad(loss)(params))) assert.ok(leaf.dataSync().some((value) => value !== 0));
  assertClose(compile(loss)(params), loss(params), 1e-12);
});

test('recurrent layers: what they return last is the end of the last layer, of any number of layers and either direction', () => {
  const x = random(3, [2, 5, 3]);
  for (const make of [nn.rnn, nn.gru, nn.lstm] as readonly (typeof nn.gru)[])
    for (const layers of [1, 2, 3])
      for (const bidirectional of [false, true]) {
        const options = { in: 3, hidden: 4, layers, bidirectional } as const;
        const [atEnd, all] = [make({ ...options, returns: 'last' }), make({ ...options, returns: 'sequence' })];
        const { params } = atEnd.init(key(1), float64);
        const [[last], [sequence]] = [atEnd.apply({ params }, x), all.apply({ params }, x)];
        const forwards = slice(sequence, [null, [4, 5], [0, 4]]);
        const backwards = slice(sequence, [null, [0, 1], [4, 8]]);
        const ends = bidirectional ? concat([forwards, backwards], { axis: 2 }) : forwards;
        assertClose(last, reshape(ends, last.shape));
      }
});

test('recurrent layers: dropout acts between layers only, in training only, and asks for a key', () => {
  const layer = nn.gru({ in: 2, hidden: 3, layers: 2, dropout: 1, returns: 'sequence' });
  const { params } = layer.init(key(13), float64);
  const x = random(14, [1, 3, 2]);
  // With everything dropped the second layer sees zeros.
  const upper = Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) => (name.endsWith('L1') ? [[name.replace('L1', 'L0'), value]] : [])),
  ) as nn.functional.RecurrentParameters;
  const [dropped] = layer.apply({ params }, x, { training: true, key: key(0) });
  assertClose(dropped, functional.gru(zeros([1, 3, 3], 'float64'), upper).output);
  refuses(() => layer.apply({ params }, x, { training: true }), ArgumentError);
  assert.is(nn.gru({ in: 2, hidden: 3, dropout: 0.5 }).random, false);
});

test('recurrent layers: what does not fit is refused', () => {
  const { params } = nn.gru({ in: 2, hidden: 3 }).init(key(0));
  fails(
    () => functional.gru(ones([2, 4, 5]), params),
    ShapeError,
    'gru: the input is not a sequence of 2 features with one step or more (shape [2,4,5]); give [N, L, D], or [L, D] for one sequence',
  );
  fails(
    () => functional.gru(ones([2, 4, 2]), params, { h: zeros([2, 2, 3]) }),
    ShapeError,
    'gru: the states before the first step are not [1,2,3] (shape [2,2,3]); give one for every layer and direction: [layers·directions, N, H]',
  );
  refuses(() => functional.gru(ones([2, 4, 2]), params, { lengths: ones([2]) }), DtypeError);
  refuses(() => functional.gru(ones([2, 4, 2]), params, { lengths: int32(1) }), ShapeError);
  refuses(() => functional.lstm(ones([2, 4, 2]), params), ShapeError);
  refuses(() => functional.lstm(ones([2, 4, 2]), {}), TreeError);
  refuses(() => nn.lstm({ in: 2, hidden: 3, projection: 3 }), ArgumentError);
  refuses(() => nn.rnn({ in: 2, hidden: 3, layers: 0 }), ArgumentError);
  refuses(() => nn.rnn({ in: 2, hidden: 3, dropout: 2 }), ArgumentError);
  refuses(() => nn.rnn({ in: 2, hidden: 3, returns: 'first' as never }), ArgumentError);
  refuses(() => nn.rnn({ in: 2, hidden: 3, nonlinearity: 'sin' as never }), ArgumentError);
});

test('attention: keys that do not exist change nothing, and weights of those that do sum to 1', () => {
  const layer = nn.multiheadAttention({ width: 4, heads: 2, weights: 'mean' });
  const { params } = layer.init(key(1), float64);
  const x = random(2, [2, 5, 4]);
  const keyMask = tensor([
    [true, true, true, false, false],
    [true, true, true, true, true],
  ]);
  const [{ output, weights }] = layer.apply({ params }, { q: x, keyMask });
  const first = slice(x, [[0, 1, 1], null, null]);
  const [short] = layer.apply({ params }, { q: first, k: slice(first, [null, [0, 3, 1], null]) });
  assertClose(slice(output, [[0, 1, 1], null, null]), short.output);
  assertClose(sum(weights, { axes: -1 }), ones([2, 5], 'float64'));
  assertClose(slice(weights, [[0, 1, 1], null, [3, 5, 1]]), zeros([1, 5, 2], 'float64'), 0);
});

test('attention: a causal mask given, built in, added as numbers, and one of each sample agree', () => {
  const [plain, causal] = [false, true].map((on) => nn.multiheadAttention({ width: 4, heads: 2, causal: on }));
  const params = causal?.init(key(3), float64).params as nn.functional.MultiheadParameters;
  const q = random(4, [2, 3, 4]);
  const rows = [
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ];
  const mask = tensor(rows);
  const added = tensor(
    rows.map((row) => row.map((seen) => (seen ? 0 : Number.NEGATIVE_INFINITY))),
    float64,
  );
  const want = causal?.apply({ params }, q)[0] as Tensor;
  for (const given of [mask, added, tensor([rows, rows])])
    assertClose(plain?.apply({ params }, { q, mask: given })[0] as Tensor, want, 1e-14);
  assertClose(causal?.apply({ params }, { q, keyMask: ones([2, 3], 'bool') })[0] as Tensor, want, 1e-14);
});

test('attention: dropout needs a key in training and leaves the weights that are handed on', () => {
  const layer = nn.multiheadAttention({ width: 4, heads: 1, dropout: 1, weights: 'each' });
  const { params } = layer.init(key(5), float64);
  const x = random(6, [1, 3, 4]);
  const [{ output, weights }] = layer.apply({ params }, x, { training: true, key: key(0) });
  assertClose(output, zeros([1, 3, 4], 'float64'), 0);
  assertClose(sum(weights, { axes: -1 }), ones([1, 1, 3], 'float64'));
  refuses(() => layer.apply({ params }, x, { training: true }), ArgumentError);
});

test('attention: what does not fit is refused', () => {
  const options = { width: 4, heads: 2 } as const;
  const { params } = nn.multiheadAttention(options).init(key(0));
  const x = ones([1, 3, 4]);
  refuses(() => nn.multiheadAttention({ ...options, dropout: -1 }), ArgumentError);
  refuses(() => nn.multiheadAttention({ ...options, weights: 'all' as never }), ArgumentError);
  const layer = nn.multiheadAttention(options);
  refuses(() => layer.apply({ params }, ones([3, 4])), ShapeError);
  refuses(() => layer.apply({ params }, ones([1, 3, 6])), ShapeError);
  refuses(() => layer.apply({ params }, { q: x, keyMask: ones([1, 3]) }), DtypeError);
  refuses(() => layer.apply({ params }, { q: x, mask: int32(1, 1, 1) }), DtypeError);
});

test('transformers: layers on each other, positions permuted alike, causality, and every parameter gets a gradient', () => {
  const encoder = nn.transformerEncoder({ width: 4, heads: 2, feedForward: 6, layers: 2, finalNorm: true });
  const { params } = encoder.init(key(7), float64);
  const x = random(8, [2, 3, 4]);
  const [y] = encoder.apply({ params }, x);
  assert.equal(y.shape, [2, 3, 4]);
  // Without positions a transformer does not know the order.
  assertClose(encoder.apply({ params }, flip(x, 1))[0], flip(y, 1));
  const layer = nn.transformerEncoderLayer({ width: 4, heads: 2, feedForward: 6 });
  const one = (own: nn.EncoderLayerParameters | undefined, z: Tensor): Tensor =>
    layer.apply({ params: own as nn.EncoderLayerParameters }, z)[0];
  const [lower, upper] = params.layers;
  const norm = nn.layerNorm(4);
  assertClose(norm.apply({ params: params.norm ?? {} }, one(upper, one(lower, x)))[0], y, 0);
  for (const leaf of treeLeaves(
    grad((p: typeof params) => sum(encoder.apply({ params: p }, x)[0].mul(random(9, [2, 3, 4]))))(params),
  ))
    assert.ok(leaf.dataSync().some((value) => value !== 0));

  const decoder = nn.transformerDecoder({
    width: 4,
    heads: 2,
    feedForward: 6,
    layers: 2,
    causal: true,
    normFirst: true,
  });
  const made = decoder.init(key(10), float64).params;
  const memory = random(11, [2, 5, 4]);
  const [out] = decoder.apply({ params: made }, { x, memory });
  const changed = concat([slice(x, [null, [0, 2, 1]]), random(12, [2, 1, 4])], 1);
  const [later] = decoder.apply({ params: made }, { x: changed, memory });
  assertClose(slice(later, [null, [0, 2, 1]]), slice(out, [null, [0, 2, 1]]));
  const seen = ones([2, 5], 'bool');
  assertClose(decoder.apply({ params: made }, { x, memory, memoryKeyMask: seen })[0], out, 1e-13);
});

test('transformers: dropout draws anew in every place and layer, and steps may come first', () => {
  const encoder = nn.transformerEncoder({ width: 4, heads: 2, feedForward: 6, layers: 2, dropout: 0.5 });
  const { params } = encoder.init(key(13), float64);
  const x = random(14, [2, 3, 4]);
  const run = (seed: number): Tensor => encoder.apply({ params }, x, { training: true, key: key(seed) })[0];
  assertClose(run(1), run(1), 0);
  assert.not.equal(run(1).toArray(), run(2).toArray());
  const turned = nn.transformerEncoder({ width: 4, heads: 2, feedForward: 6, layers: 2, batchFirst: false });
  assertClose(permute(turned.apply({ params }, permute(x, [1, 0, 2]))[0], [1, 0, 2]), encoder.apply({ params }, x)[0]);
  refuses(() => nn.transformerEncoderLayer({ width: 4, heads: 2, activation: 'sin' as never }), ArgumentError);
});

test('positions: sines have the wavelengths of the paper, learned ones their table', () => {
  const table = nn.sinusoidalPositions(4, 5, float64).toArray() as number[][];
  for (const [t, row] of table.entries())
    for (const [j, value] of row.entries()) {
      const angle = t / 10000 ** ((2 * Math.floor(j / 2)) / 5);
      assert.ok(Math.abs(value - (j % 2 === 0 ? Math.sin(angle) : Math.cos(angle))) < 1e-15);
    }
  const learned = nn.learnedPositions(4, 3);
  const made = learned.init(key(0), float64);
  assertClose(
    learned.apply(made, zeros([2, 3, 3], 'float64'))[0],
    concat(
      [1, 1].map(() => reshape(slice(made.params.weight, [[0, 3, 1], null]), [1, 3, 3]) as Tensor),
      0,
    ),
  );
  refuses(() => learned.apply(made, zeros([2, 5, 3])), ShapeError);
  refuses(() => nn.positionalEncoding()(ones([3])), ShapeError);
});
