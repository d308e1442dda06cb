/** Composition: sequential and module, their keys, states, names in errors and types. */

import { grad, vjp } from '../../../autograd/index.js';
import {
  ArgumentError,
  add,
  flip,
  fromData,
  key,
  mul,
  ones,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  treeEntries,
  uniform,
} from '../../../core/index.js';
import {
  batchNorm1d,
  defineLayer,
  dropout,
  flatten,
  type Layer,
  linear,
  module,
  relu,
  sequential,
  statelessLayer,
  type WeightAndBias,
} from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
const bits = (tree: unknown): string =>
  treeEntries(tree)
    .map(([path, leaf]) => `${path}:${numbers(leaf).join()}`)
    .join(';');

test('sequential: computes its children one after another, on their own parameters', () => {
  const net = sequential(linear(3, 4), relu, linear(4, 2));
  const { params } = net.init(key(1));
  const x = uniform(key(2), [5, 3]);
  const [y] = net.apply({ params }, x);
  const [hidden] = linear(3, 4).apply({ params: params[0] }, x);
  const [want] = linear(4, 2).apply({ params: params[2] }, relu(hidden));
  assert.equal(numbers(y), numbers(want));
});

test('sequential: a net without state needs none, and gives none', () => {
  const { state } = sequential(linear(3, 4), relu).init(key(1));
  assert.is(state, null);
});

test('sequential: gradients have the structure of the parameters', () => {
  const net = sequential(linear(3, 2), relu);
  const { params } = net.init(key(0));
  const g = grad((p: typeof params) => sum(net.apply({ params: p }, ones([1, 3]))[0]))(params);
  assert.equal(
    treeEntries(g).map(([path]) => path),
    treeEntries(params).map(([path]) => path),
  );
});

test('sequential: the same seed gives the same bits, another seed others', () => {
  const net = sequential(linear(3, 4), sequential(linear(4, 4), linear(4, 2)));
  assert.is(bits(net.init(key(7))), bits(net.init(key(7))));
  assert.is.not(bits(net.init(key(7))), bits(net.init(key(8))));
});

test('sequential: layers of one shape start with different weights', () => {
  const { params } = sequential(linear(3, 3), linear(3, 3)).init(key(7));
  assert.not.equal(numbers(params[0].weight), numbers(params[1].weight));
});

test('sequential: float64 parameters on request', () => {
  const { params } = sequential(linear(3, 3), batchNorm1d(3)).init(key(7), { dtype: 'float64' });
  assert.equal(new Set(treeEntries(params).map(([, leaf]) => leaf.dtype)), new Set(['float64']));
});

test('module: children run where the function says, with a residual', () => {
  const net = module({ inner: linear(3, 3) }, (m, x) => add(x, m.inner(x)));
  const { params } = net.init(key(3));
  const x = uniform(key(4), [2, 3]);
  const [y] = net.apply({ params }, x);
  assert.equal(numbers(y), numbers(add(x, linear(3, 3).apply({ params: params.inner }, x)[0])));
});

test('module: several inputs come as an object', () => {
  const net = module({ left: linear(2, 3), right: linear(4, 3) }, (m, { a, b }: { a: Tensor; b: Tensor }) =>
    add(m.left(a), m.right(b)),
  );
  const { params } = net.init(key(3));
  const [y] = net.apply({ params }, { a: ones([5, 2]), b: ones([5, 4]) });
  assert.equal(y.shape, [5, 3]);
});

test('module: a layer used twice adds up its gradients', () => {
  const net = module({ shared: linear(2, 2, { bias: false }) }, (m, x) => add(m.shared(x), m.shared(mul(x, 3))));
  const once = module({ shared: linear(2, 2, { bias: false }) }, (m, x) => m.shared(mul(x, 4)));
  const { params } = net.init(key(3), { dtype: 'float64' });
  const x = uniform(key(4), [3, 2], { dtype: 'float64' });
  const gradient = (layer: Layer<{ readonly shared: WeightAndBias }, null>): number[] =>
    numbers(grad((p: typeof params) => sum(layer.apply({ params: p }, x)[0]))(params).shared.weight);
  const [a, b] = [gradient(net), gradient(once)];
  assert.ok(a.every((value, i) => Math.abs(value - (b[i] ?? 0)) < 1e-12));
});

test('module: a layer with state that runs twice hands its state on', () => {
  const net = module({ norm: batchNorm1d(1) }, (m, x) => m.norm(m.norm(x)));
  const { params, state } = net.init(key(0));
  const [, next] = net.apply({ params, state }, tensor([[1], [3]]), { training: true });
  assert.is(next.norm.batches.item(), 2);
});

test('module: initial weights depend neither on the order of the children nor on siblings', () => {
  const forward = (): Tensor => ones([1]);
  const ab = module({ a: linear(2, 2), b: linear(2, 2) }, forward).init(key(5)).params;
  const ba = module({ b: linear(2, 2), a: linear(2, 2) }, forward).init(key(5)).params;
  const abc = module({ a: linear(2, 2), b: linear(2, 2), c: linear(2, 2) }, forward).init(key(5)).params;
  assert.is(bits(ab), bits(ba));
  assert.is(bits(ab), bits({ a: abc.a, b: abc.b }));
});

test('module: children without parameters or state leave no trace in the trees', () => {
  const { params, state } = module(
    { fc: linear(2, 2), act: relu, drop: dropout(0.5), norm: batchNorm1d(2) },
    (_, x) => x,
  ).init(key(0));
  assert.equal(Object.keys(params), ['fc', 'norm']);
  assert.equal(Object.keys(state), ['norm']);
});

test('module and sequential nest in each other', () => {
  const block = module({ fc: linear(4, 4) }, (m, x) => add(x, relu(m.fc(x))));
  const net = sequential(flatten, linear(6, 4), block, batchNorm1d(4), linear(4, 2));
  const { params, state } = net.init(key(0));
  const [y, next] = net.apply({ params, state }, ones([3, 2, 3]), { training: true });
  assert.equal(y.shape, [3, 2]);
  assert.is(next[3].batches.item(), 1);
});

test('errors: carry the path of the layer', () => {
  const net = module({ encoder: sequential(linear(4, 3), relu, linear(5, 2)) }, (m, x) => m.encoder(x));
  const { params } = net.init(key(0));
  assert.throws(
    () => net.apply({ params }, ones([1, 4])),
    (error: unknown) =>
      error instanceof ShapeError &&
      error.message ===
        "linear (encoder.2): input has 3 features, weight expects 5 (shapes [1,3] · [2,5]); flatten the input, or check the previous layer's width",
  );
});

test('errors: a missing key in training names the dropout layer', () => {
  const net = sequential(linear(4, 3), dropout(0.5));
  const { params } = net.init(key(0));
  assert.throws(
    () => net.apply({ params }, ones([1, 4]), { training: true }),
    (error: unknown) =>
      error instanceof ArgumentError &&
      error.message.startsWith('dropout (1): training draws random numbers, and there is no key'),
  );
});

test('dropout layers: two in one net drop different elements; the same key drops the same', () => {
  const net = sequential(dropout(0.5), dropout(0.5));
  const both = (seed: number): number[] =>
    numbers(net.apply({ params: [null, null] }, ones([200]), { training: true, key: key(seed) })[0]);
  assert.equal(both(1), both(1));
  assert.not.equal(both(1), both(2));
  // Equal masks would leave half of the elements, different ones a quarter.
  const left = both(1).filter((value) => value !== 0).length;
  assert.ok(left > 25 && left < 75, `${left} of 200 are left`);
});

test('dropout layers: a layer that runs twice in a module draws twice', () => {
  const net = module({ drop: dropout(0.5) }, (m, x) => [m.drop(x), m.drop(x)] as const);
  const [[a, b]] = net.apply({ params: null }, ones([64]), { training: true, key: key(0) });
  assert.not.equal(numbers(a), numbers(b));
});

test('apply: is pure; state and parameters that went in are as they were', () => {
  const net = sequential(linear(2, 2), batchNorm1d(2));
  const { params, state } = net.init(key(0));
  const before = bits({ params, state });
  net.apply({ params, state }, uniform(key(1), [4, 2]), { training: true });
  assert.is(bits({ params, state }), before);
});

test('plain functions of the core are layers: flip in the middle of a net', () => {
  const net = sequential((x: Tensor) => flip(x, 1), linear(2, 1));
  const { params } = net.init(key(0));
  const [y, pullback] = vjp((x: Tensor) => net.apply({ params }, x)[0], tensor([[1, 2]]));
  const [dx] = pullback(ones(y.shape));
  assert.equal(numbers(dx), numbers(params[1].weight).reverse());
});

test('own layers: with and without state', () => {
  const counter = defineLayer({
    name: 'counter',
    init: () => ({ params: null, state: fromData(new Int32Array(1), []) as Tensor }),
    apply: ({ state }, x: Tensor) => [x, add(state, 1)],
  });
  const scale = statelessLayer({
    name: 'scale',
    init: (_, dtype) => ones([], dtype) as Tensor,
    forward: (s, x: Tensor) => mul(x, s),
  });
  const net = sequential(counter, scale);
  const { params, state } = net.init(key(0));
  const [, next] = net.apply({ params, state }, ones([2]));
  assert.is(next[0].item(), 1);
});

test('types: parameters and state are exactly those of the children', () => {
  const net = sequential(linear(3, 2, { bias: false }), relu, batchNorm1d(2), linear(2, 1));
  const { params, state } = net.init(key(0));
  assert.equal(Object.keys(params[0]), ['weight']);
  // @ts-expect-error the first layer has no bias
  assert.is(params[0].bias, undefined);
  assert.is(params[1], null);
  assert.equal(params[3].bias.shape, [1]);
  assert.equal(state[2].batches.shape, []);
  // @ts-expect-error there is no fifth layer
  assert.is(params[4], undefined);
  // @ts-expect-error a net with running statistics needs them
  assert.throws(() => net.apply({ params }, ones([2, 3])), /there are no running statistics/);

  const model = module({ fc: linear(3, 2), act: relu }, (m, x) => m.act(m.fc(x)));
  const made = model.init(key(0));
  assert.is(made.state, null);
  // @ts-expect-error a function has no parameters
  assert.is(made.params.act, undefined);
  // @ts-expect-error there is no child of this name
  const misspelt = module({ fc: linear(3, 2) }, (m, x) => m.fully(x));
  refuses(() => misspelt.apply({ params: made.params }, ones([1, 3])), TypeError);
});
