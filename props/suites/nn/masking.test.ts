/** What is masked has no influence: on values, on gradients, on other samples; and masks of every shape say the same. */

import { compile, grad } from '../../../autograd/index.js';
import {
  ArgumentError,
  broadcastTo,
  DtypeError,
  fromData,
  isFinite as isFiniteEach,
  key,
  min,
  normal,
  reshape,
  ShapeError,
  slice,
  softmax,
  sum,
  type Tensor,
  tensor,
  treeLeaves,
  treeUnflatten,
  tril,
  uniform,
  where,
  zeros,
} from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import { assertLaw, maskedLaw } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { fails, refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const { functional } = nn;
const random = (seed: number, shape: readonly number[]): Tensor =>
  uniform(key(seed), shape, { min: -1, max: 1, dtype: 'float64' });
const int32 = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const float64 = { dtype: 'float64' } as const;
const bools = (shape: readonly number[], at: (i: number) => boolean): Tensor =>
  fromData(
    Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Number(at(i))),
    shape,
    'bool',
  );
const none = (x: Tensor): Tensor => zeros(x.shape, 'bool');
/** The tree with masks that are false everywhere. */
const noneOf = <T>(tree: T): T =>
  treeUnflatten(
    tree,
    treeLeaves(tree).map((leaf) => none(leaf)),
  );
const finite = (tree: unknown): boolean => treeLeaves(tree).every((leaf) => min(isFiniteEach(leaf)).item() === 1);

test('maskedSoftmax: softmax of what is not masked, 0 elsewhere, and a lane of zeros without any', () => {
  const x = random(1, [2, 3, 4]);
  const mask = tensor([
    [true, false, true, true],
    [false, false, false, false],
    [true, true, true, true],
  ]);
  const y = functional.maskedSoftmax(x, mask);
  const third = softmax(reshape(fromData([...x.dataSync().subarray(8, 12)], [4], 'float64'), [4]));
  assertClose(fromData(y.dataSync().subarray(8, 12), [4]), third, 0);
  assert.equal([...y.dataSync().subarray(4, 8)], [0, 0, 0, 0]);
  assert.is(y.dataSync()[1], 0);
  for (const axis of [0, 1, 2, -1, -2, -3])
    assertLaw(
      maskedLaw(
        (z: Tensor) => functional.maskedSoftmax(z, mask, axis),
        [x],
        [bools(x.shape, (i) => mask.dataSync()[i % 12] === 0)],
      ),
    );
  refuses(() => functional.maskedSoftmax(x, int32(1, 1, 1, 1)), DtypeError);
});

test('attention: a query that may attend to nothing gets zeros and gives no gradient', () => {
  const [q, k, v] = [random(1, [2, 3, 4]), random(2, [2, 5, 4]), random(3, [2, 5, 2])];
  const rows = bools([3, 5], (i) => Math.floor(i / 5) !== 1);
  const added = where(rows, 0, Number.NEGATIVE_INFINITY);
  for (const mask of [rows, fromData(added.dataSync(), [3, 5], 'float64')]) {
    const f = (a: Tensor, b: Tensor, c: Tensor): Tensor => functional.attention(a, b, c, { mask });
    assert.equal([...f(q, k, v).dataSync().subarray(2, 4)], [0, 0]);
    assertLaw(maskedLaw(f, [q, k, v], [bools(q.shape, (i) => Math.floor(i / 4) % 3 === 1), none(k), none(v)]));
  }
});

test('attention: a mask may have samples that queries and keys do not have, and one column for all keys', () => {
  const drawn = (seed: number): Tensor => normal(key(seed), [1, 2, 4], { dtype: 'float64' });
  const [q, k, v] = [drawn(1), drawn(2), drawn(3)] as const;
  const mask = normal(key(4), [3, 2, 2], { dtype: 'float64' });
  const together = functional.attention(q, k, v, { mask });
  assert.equal(together.shape, [3, 2, 4]);
  for (const i of [0, 1, 2]) {
    const own = slice(mask, [[i, i + 1]]);
    assertClose(slice(together, [[i, i + 1]]) as Tensor, functional.attention(q, k, v, { mask: own as Tensor }), 1e-15);
  }
  const [lone, keys, values] = [q, k, v].map((x) => reshape(x, [2, 4]) as Tensor) as [Tensor, Tensor, Tensor];
  assertClose(functional.attention(lone, keys, values, { mask }), together, 1e-15);
  const column = slice(mask, [[0, 1], null, [0, 1]]) as Tensor;
  assertClose(functional.attention(q, k, v, { mask: column }), functional.attention(q, k, v), 1e-14);
});

test('attention: keys and values that a query does not see do not reach it', () => {
  const [q, k, v] = [random(1, [2, 4, 3]), random(2, [2, 4, 3]), random(3, [2, 4, 2])];
  const padded = bools([2, 1, 4], (i) => i !== 3 && i !== 4);
  const absent = (width: number) => bools([2, 4, width], (i) => [3, 4].includes(Math.floor(i / width)));
  const f = (a: Tensor, b: Tensor, c: Tensor): Tensor => functional.attention(a, b, c, { mask: padded });
  assertLaw(maskedLaw(f, [q, k, v], [none(q), absent(3), absent(2)]));
  // Rows before the last position, of which only it sees key and value there.
  const early = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
    where(
      bools([4, 1], (i) => i < 3),
      functional.attention(a, b, c, { causal: true }),
      0,
    );
  const last = (width: number) => bools([2, 4, width], (i) => Math.floor(i / width) % 4 === 3);
  assertLaw(maskedLaw(early, [q, k, v], [none(q), none(k), last(2)]));
  const y = functional.attention(q, where(last(3), Number.NaN, k), where(last(2), Number.NaN, v), { causal: true });
  assert.equal(
    [...y.dataSync()].map(Number.isNaN),
    [0, 1, 2, 3, 0, 1, 2, 3].flatMap((row) => [row === 3, row === 3]),
    'a row that sees NaN is NaN',
  );
});

test('multihead attention: a sample without keys, and left padding with causal, leave gradients finite', () => {
  const layer = nn.multiheadAttention({ width: 4, heads: 2, causal: true });
  const { params } = layer.init(key(1), float64);
  const x = random(2, [2, 3, 4]);
  for (const keyMask of [bools([2, 3], (i) => i < 3), bools([2, 3], (i) => i !== 0 && i !== 3 && i !== 4)]) {
    const present = reshape(keyMask, [2, 3, 1]) as Tensor;
    const loss = (p: typeof params, given: Tensor): Tensor =>
      sum(where(present, layer.apply({ params: p }, { q: given, keyMask })[0], 0));
    assert.ok(finite(grad(loss)(params, x)), 'finite padding');
    const spoilt = where(present, x, Number.NaN) as Tensor;
    const [clean, dirty] = [grad(loss)(params, x), grad(loss)(params, spoilt)];
    for (const [i, leaf] of treeLeaves(dirty).entries()) assertClose(leaf, treeLeaves(clean)[i] as Tensor);
    const compiled = compile(grad(loss))(params, spoilt);
    for (const [i, leaf] of treeLeaves(compiled).entries()) assertClose(leaf, treeLeaves(dirty)[i] as Tensor, 1e-13);
  }
});

test('transformers: padding leaves no trace in outputs and gradients of what exists', () => {
  const shared = { width: 4, heads: 2, feedForward: 6, dropout: 0 } as const;
  for (const batchFirst of [true, false]) {
    const encoder = nn.transformerEncoder({ ...shared, layers: 2, batchFirst });
    const decoder = nn.transformerDecoderLayer({ ...shared, causal: true, normFirst: true, batchFirst });
    const [e, d] = [encoder.init(key(1), float64).params, decoder.init(key(2), float64).params];
    const keyMask = bools([2, 3], (i) => i !== 2 && i !== 3);
    const at = (x: Tensor): Tensor =>
      bools(x.shape, (i) => {
        const place = Math.floor(i / 4);
        return keyMask.dataSync()[batchFirst ? place : (place % 2) * 3 + Math.floor(place / 2)] === 0;
      });
    const x = random(3, batchFirst ? [2, 3, 4] : [3, 2, 4]);
    const memory = random(4, x.shape);
    const masked = at(x);
    assertLaw(
      maskedLaw(
        (params: typeof e, y: Tensor) => where(masked, 0, encoder.apply({ params }, { x: y, keyMask })[0]),
        [e, x],
        [noneOf(e), masked],
      ),
    );
    assertLaw(
      maskedLaw(
        (params: typeof d, y: Tensor, m: Tensor) =>
          where(masked, 0, decoder.apply({ params }, { x: y, memory: m, keyMask, memoryKeyMask: keyMask })[0]),
        [d, x, memory],
        [noneOf(d), masked, masked],
      ),
    );
  }
});

test('recurrent layers: what stands behind the end of a sequence does not matter, not even NaN', () => {
  const lengths = int32(2, 4, 0);
  const x = random(1, [3, 4, 2]);
  const behind = bools(x.shape, (i) => Math.floor((i % 8) / 2) >= ([2, 4, 0][Math.floor(i / 8)] ?? 0));
  for (const layer of [
    nn.lstm({ in: 2, hidden: 3, layers: 2, bidirectional: true, projection: 2 }),
    nn.gru({ in: 2, hidden: 3, layers: 2 }),
    nn.rnn({ in: 2, hidden: 3, nonlinearity: 'relu', bidirectional: true }),
  ] as const) {
    const { params } = layer.init(key(2), float64);
    const f = (p: typeof params, y: Tensor): Tensor => layer.apply({ params: p as never }, { x: y, lengths })[0].output;
    assertLaw(maskedLaw(f, [params, x], [noneOf(params), behind]));
  }
});

test('recurrent layers: lengths below 0 or above the number of steps are refused, and stop a compiled program', () => {
  const layer = nn.gru({ in: 2, hidden: 3 });
  const { params } = layer.init(key(2), float64);
  const x = random(1, [2, 4, 2]);
  const run = (lengths: Tensor): Tensor => layer.apply({ params }, { x, lengths })[0].output;
  for (const wrong of [5, -1]) {
    fails(
      () => run(int32(2, wrong)),
      ArgumentError,
      `gru: the length ${wrong} at [1] is out of range (shape [2]); give lengths from 0 to 4, the number of steps`,
    );
    refuses(() => compile(run)(int32(2, wrong)), ArgumentError);
  }
  assertClose(compile(run)(int32(0, 4)), run(int32(0, 4)));
});

test('multihead attention: masks [L, 1], [N, L, S], [N·heads, L, S] and [N, heads, L, S] mean the same, also with keys behind the others', () => {
  for (const options of [
    {},
    { addZeroAttention: true },
    { addBiasKv: true },
    { addZeroAttention: true, addBiasKv: true },
  ]) {
    const layer = nn.multiheadAttention({ width: 4, heads: 2, ...options });
    const { params } = layer.init(key(1), float64);
    const [q, k] = [random(2, [3, 2, 4]), random(3, [3, 5, 4])];
    const run = (mask: Tensor): Tensor => layer.apply({ params }, { q, k, mask })[0];
    const each = bools([3, 2, 2, 5], (i) => (i * 7) % 5 !== 0);
    assertClose(run(reshape(each, [6, 2, 5]) as Tensor), run(each), 0);
    const column = bools([2, 1], (i) => i === 0);
    assertClose(run(column), run(broadcastTo(column, [2, 5])), 0);
    const samples = bools([3, 2, 5], (i) => (i * 5) % 4 !== 0);
    assertClose(run(samples), run(reshape(samples, [3, 1, 2, 5]) as Tensor), 0);
    const added = fromData(Float64Array.from([0.5, -0.5]), [2, 1]);
    assertClose(run(added), run(broadcastTo(added, [2, 5])), 0);
  }
});

test('multihead attention: masks that do not fit are named', () => {
  const layer = nn.multiheadAttention({ width: 4, heads: 2 });
  const { params } = layer.init(key(1));
  const q = zeros([3, 2, 4]);
  fails(
    () => layer.apply({ params }, { q, mask: zeros([5, 2, 2], 'bool') }),
    ShapeError,
    'multiheadAttention: the mask does not fit (shape [5,2,2]); give [2, 2], [3, 2, 2], [6, 2, 2] or [3, 2, 2, 2]: queries by keys, the same for all, a sample each, or a sample and head each',
  );
  for (const shape of [[3], [2, 3], [1, 3, 2, 2], [1, 1, 1, 2, 2]])
    refuses(() => layer.apply({ params }, { q, mask: zeros(shape, 'bool') }), ShapeError);
  fails(
    () => layer.apply({ params }, { q, keyMask: zeros([2, 3], 'bool') }),
    ShapeError,
    'multiheadAttention: the mask of keys does not fit (shape [2,3]); give [3, 2], samples by keys',
  );
  fails(
    () => functional.attention(zeros([2, 4]), zeros([3, 4]), zeros([3, 1]), { mask: tril(zeros([2, 2], 'bool')) }),
    ShapeError,
    'attention: the mask does not fit the scores (shapes [2,2] · [2,3]); give a mask that broadcasts to […, L, S], L queries by S keys',
  );
});

test('class weights of 0: what they leave out counts for nothing, not even NaN, in values and gradients', () => {
  const [nan, weight] = [Number.NaN, tensor([0, 1, 2], { dtype: 'float64' })];
  const clean = tensor(
    [
      [0.3, 1, -1],
      [1, 2, 0.5],
      [0.1, 0, 2],
    ],
    { dtype: 'float64' },
  );
  const spoilt = tensor(
    [
      [nan, nan, nan],
      [1, 2, 0.5],
      [0.1, 0, 2],
    ],
    { dtype: 'float64' },
  );
  const target = tensor([0, 1, 2], { dtype: 'int32' });
  const shares = tensor(
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    { dtype: 'float64' },
  );
  const losses: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    crossEntropy: (x) => functional.crossEntropy(x, target, { weight }),
    'crossEntropy, sum': (x) => functional.crossEntropy(x, target, { weight, reduction: 'sum' }),
    'crossEntropy, shares': (x) => functional.crossEntropy(x, shares, { weight }),
    'crossEntropy, ignored': (x) => functional.crossEntropy(x, target, { weight, ignoreIndex: 1 }),
    nllLoss: (x) => functional.nllLoss(x, target, { weight }),
    hingeLoss: (x) => functional.hingeLoss(x, target, { weight }),
    multiMarginLoss: (x) => functional.multiMarginLoss(x, target, { weight }),
  };
  for (const [name, loss] of Object.entries(losses))
    for (const f of [loss, compile(loss)]) {
      assert.is(f(spoilt).item(), f(clean).item(), name);
      const [gradient, without] = [grad(f)(spoilt), grad(f)(clean)];
      assert.equal(gradient.toArray(), without.toArray(), name);
      assert.equal([...gradient.dataSync()].slice(0, 3).map(Math.abs), [0, 0, 0], name);
    }
});
