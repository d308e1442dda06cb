/** Layers, transforms and functions within each other: as deep as trees may be, and beyond that a typed error, never the end of the stack. */
import { checkpoint, grad } from '../../../autograd/index.js';
import { ArgumentError, key, mul, type Tensor, tensor, zeros } from '../../../core/index.js';
import { compose, type Transform } from '../../../data/index.js';
import { linear, residual, sequential } from '../../../nn/index.js';
import { chain, type GradientTransform, scale } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

/** `start` put into `outer` so many times. */
const within = <T>(start: T, depth: number, outer: (inner: T) => T): T => {
  let made = start;
  for (let i = 0; i < depth; i++) made = outer(made);
  return made;
};

type Model = ReturnType<typeof linear>;

test('layers within layers: 400 deep are made, run and differentiated; thousands are refused', () => {
  for (const outer of [sequential, residual] as unknown as readonly ((inner: Model) => Model)[]) {
    const model = within(linear(1, 1), 400, outer);
    const variables = model.init(key(0));
    const x = tensor([[1]]);
    assert.equal(model.apply(variables, x)[0].shape, [1, 1]);
    assert.equal(grad((v: Tensor) => mul(model.apply(variables, v)[0], zeros([])).reshape([]))(x).shape, [1, 1]);
    for (const depth of [600, 3000]) refuses(() => within(linear(1, 1), depth, outer).init(key(0)), ArgumentError);
  }
});

test('transforms and checkpoints within each other: thousands are refused', () => {
  const batch = { x: zeros([1, 1]), y: zeros([1]) };
  const transform = (depth: number): Transform =>
    within<Transform>(
      (b) => b,
      depth,
      (inner) => compose(inner),
    );
  assert.equal(transform(400)(batch, key(0)).x.shape, [1, 1]);
  refuses(() => transform(20_000)(batch, key(0)), ArgumentError);
  const optimiser = (depth: number): GradientTransform =>
    within<GradientTransform>(scale(1) as GradientTransform, depth, (inner) => chain(inner) as GradientTransform);
  const p = tensor([1]);
  const made = optimiser(400);
  assert.equal((made.update(p, made.init(p), p)[0] as Tensor).toArray(), [1]);
  refuses(() => optimiser(5000).init(p), ArgumentError);
  const squared = (depth: number) =>
    within(
      (x: Tensor): Tensor => mul(x, x),
      depth,
      (inner) => checkpoint(inner),
    );
  assert.is(grad(squared(40))(tensor(3)).item(), 6);
  refuses(() => grad(squared(2000))(tensor(3)), ArgumentError);
});
