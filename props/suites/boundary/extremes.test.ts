/** Boundary points of size: what the largest and the least numbers do where they are added, subtracted, squared or interpolated. */

import { compile, grad, gradcheck } from '../../../autograd/index.js';
import {
  arange,
  flatten,
  key,
  linspace,
  logspace,
  mul,
  pow,
  std,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../../../core/index.js';
import { resize, standardize } from '../../../data/index.js';
import {
  celu,
  functional,
  gaussianNllLoss,
  hardshrink,
  huberLoss,
  smoothL1Loss,
  softplus,
  softshrink,
} from '../../../nn/index.js';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  type GradientTransform,
  nadam,
  radam,
  rmsprop,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Float = 'float32' | 'float64';
const list = (x: Tensor): number[] => Array.from(x.dataSync());

const near = (got: readonly number[], want: readonly number[], tolerance: number): void => {
  assert.is(got.length, want.length);
  for (const [i, value] of got.entries())
    assert.ok(Math.abs(value - (want[i] ?? 0)) <= tolerance * Math.abs(want[i] ?? 0), `${got} is not ${want}`);
};

test('ranges of any width: linspace, logspace and arange overflow nowhere on the way', () => {
  const dtype = 'float64';
  assert.equal(linspace(-1.7e308, 1.7e308, 3, { dtype }).toArray(), [-1.7e308, 0, 1.7e308]);
  near(list(linspace(1.6e308, -1.6e308, 5, { dtype })), [1.6e308, 8e307, 0, -8e307, -1.6e308], 0);
  assert.equal(linspace(-1.7e308, 1.7e308, 2, { dtype, endpoint: false }).toArray(), [-1.7e308, 0]);
  near(list(arange(-1.5e308, 1.6e308, 1e308, { dtype })), [-1.5e308, -5e307, 5e307, 1.5e308], 1e-15);
  assert.equal(list(linspace(-3e38, 3e38, 3)), [-3e38, 0, 3e38].map(Math.fround));
  // Powers as the engine has them.
  near(list(logspace(-300, 300, 3, { dtype })), [1e-300, 1, 1e300], 1e-14);
  assert.equal(linspace(0, 1, 5).toArray(), [0, 0.25, 0.5, 0.75, 1]);
});

test('lengths of any size: std and standardize at the largest and the least numbers, with their gradients', () => {
  for (const [values, want] of [
    [[3e38, 2.9e38], 7.0710678e36],
    [[2e38, 2.5e38, 3e38], 5e37],
    [[-3e38, 3e38], 4.2426407e38],
    [[1e-38, 3e-38], 1.4142136e-38],
    [[1e-3, 3e-3], 1.4142136e-3],
  ] as const) {
    if (want < 3.4e38) near(list(std(tensor(values))), [want], 2e-4);
    if (values.length === 2) {
      const half = Math.SQRT1_2 * Math.sign(values[0] - values[1]);
      near(list(grad((x: Tensor) => std(x))(tensor(values))), [half, -half], 1e-5);
    }
  }
  near(list(std(tensor([1.7e308, 1.6e308], { dtype: 'float64' }))), [7.071067811865475e306], 1e-12);
  for (const size of [1e-38, 1e-20, 1, 1e20, 2e38, 3e38]) {
    const scale = standardize(tensor([[size], [-size]]));
    near(list(scale(tensor([[size], [-size], [size / 2]]))), [1, -1, 0.5], 1e-6);
    assert.equal(standardize(tensor([[size], [size]]))(tensor([[size]])).toArray(), [[0]]);
  }
});

test('lengths of any size: gaussianNllLoss squares nothing that its variance makes small again', () => {
  const loss = (x: Tensor, v: Tensor): Tensor => gaussianNllLoss(x, tensor([0]), v);
  const [x, v] = [tensor([1e30]), tensor([1e30])];
  for (const run of [loss, compile(loss)]) near(list(run(x, v)), [5e29], 1e-6);
  near(list(grad((w: Tensor) => loss(x, w))(v)), [-0.5], 1e-6);
  near(list(grad((y: Tensor) => loss(y, v))(x)), [1], 1e-6);
});

test('pow: the derivative is infinite where a^(b−1) overflows, and right as far as it does not', () => {
  const slope = (a: number): number => grad((x: Tensor) => pow(x, -0.05) as Tensor)(tensor(a)).item();
  near([slope(1e-35)], [-0.05 * 1e-35 ** -1.05], 1e-3);
  assert.is(slope(1e-37), -Infinity);
});

test('lengths of any size: losses and activations whose option has the unit of their input scale with both', () => {
  type Scaled = (x: Tensor, unit: number) => Tensor;
  const none = { reduction: 'none' } as const;
  const target = (x: Tensor): Tensor => zeros(x.shape, { dtype: x.dtype });
  const cases: readonly [degree: number, f: Scaled][] = [
    [1, (x, u) => smoothL1Loss(x, target(x), { beta: 1.5 * u, ...none })],
    [2, (x, u) => huberLoss(x, target(x), { delta: 1.5 * u, ...none })],
    [1, (x, u) => celu(x, { alpha: u })],
    [1, (x, u) => softshrink(x, { lambda: u })],
    [1, (x, u) => hardshrink(x, { lambda: u })],
    [1, (x, u) => softplus(x, { beta: 1 / u })],
  ];
  const x = [-4, -1.25, -0.5, 0, 0.5, 1.25, 4];
  for (const [degree, f] of cases)
    for (const [dtype, most] of [
      ['float32', 100],
      ['float64', 900],
    ] as const)
      for (const exponent of [-most, -30, 30, most].map((e) => Math.trunc(e / degree))) {
        const unit = 2 ** exponent;
        const at = (scale: number): Tensor =>
          tensor(
            x.map((value) => value * scale),
            { dtype },
          );
        const slope = (scale: number): number[] => [...grad((v: Tensor) => sum(f(v, scale)))(at(scale)).dataSync()];
        const values = [...f(at(unit), unit).dataSync()].map((y) => y / unit ** degree);
        const slopes = slope(unit).map((y) => y / unit ** (degree - 1));
        near(values, [...f(at(1), 1).dataSync()], dtype === 'float32' ? 1e-6 : 1e-14);
        near(slopes, slope(1), dtype === 'float32' ? 1e-6 : 1e-14);
      }
  const [left, right] = [tensor([1e25, 1e-35]), tensor([0, 0])];
  const far = [1e30, 1e-30].map((beta, i) => smoothL1Loss(left, right, { beta, ...none }).dataSync()[i] ?? 0);
  near(far, [5e19, 5e-41], 1e-4);
  // Squares that overflow are infinite, and no difference of infinities.
  assert.is(huberLoss(tensor([2e25]), tensor([0]), { delta: 1e25 }).item(), Infinity);
});

test('squares in normalisation layers: right as far as squares go, and 0 beyond, as the table says', () => {
  const want = [-1.069045, -0.2672612, 1.3363062];
  const layers: Readonly<Record<string, (x: Tensor, eps: number) => Tensor>> = {
    layerNorm: (x, eps) => functional.layerNorm(x, [3], { eps }),
    groupNorm: (x, eps) => functional.groupNorm(x, { groups: 1, eps }),
    instanceNorm: (x, eps) => functional.instanceNorm(x, { eps }),
  };
  const shaped = (name: string, size: number, dtype: Float): Tensor => {
    const row = [1, 2, 4].map((value) => value * size);
    return tensor(name === 'instanceNorm' ? [[row]] : [row], { dtype });
  };
  for (const [name, layer] of Object.entries(layers)) {
    for (const [dtype, sizes] of [
      ['float32', [1e-15, 1e-6, 1, 1e6, 1e15]],
      ['float64', [1e-150, 1e-30, 1, 1e30, 1e150]],
    ] as const)
      for (const size of sizes) near(list(layer(shaped(name, size, dtype), 0)), want, 1e-5);
    assert.ok(
      list(layer(shaped(name, 1e30, 'float32'), 1e-5)).every((y) => y === 0),
      name,
    );
  }
});

const optimisers: Readonly<Record<string, (eps: number) => GradientTransform<readonly unknown[]>>> = {
  adadelta: (eps) => adadelta({ eps }),
  adagrad: (eps) => adagrad({ eps }),
  adam: (eps) => adam({ eps }),
  amsgrad: (eps) => adam({ eps, amsgrad: true }),
  adamax: (eps) => adamax({ eps }),
  adamw: (eps) => adamw({ eps, weightDecay: 0 }),
  nadam: (eps) => nadam({ eps }),
  radam: (eps) => radam({ eps }),
  rmsprop: (eps) => rmsprop({ eps }),
  'centred rmsprop': (eps) => rmsprop({ eps, centered: true }),
};

/** The last of several updates along one gradient. */
const lastUpdate = (optimiser: GradientTransform<readonly unknown[]>, g: Tensor, steps: number): number[] => {
  const p = zeros(g.shape, { dtype: g.dtype });
  let state = optimiser.init(p);
  let update: unknown = p;
  for (let step = 0; step < steps; step++) [update, state] = optimiser.update(g, state, p);
  return list(update as Tensor);
};

test('an optimiser that divides 0 by 0 makes no update, with an eps of 0', () => {
  for (const [name, optimiser] of Object.entries(optimisers)) {
    const [still, moved] = lastUpdate(optimiser(0), tensor([0, 2]), 8);
    assert.ok(still === 0, `${name}: ${still}`);
    assert.ok(Number.isFinite(moved ?? Number.NaN), `${name}: ${moved}`);
    const [kept] = lastUpdate(optimiser(0), tensor([Number.NaN]), 2);
    assert.ok(Number.isNaN(kept ?? 0), `${name} lets NaN through`);
  }
});

test('squares in optimisers: a float32 gradient above 10¹⁹ makes the square infinite, and no step; adamax has no square', () => {
  for (const [name, optimiser] of Object.entries(optimisers)) {
    const [large = 0] = lastUpdate(optimiser(1e-8), tensor([1e18]), 8);
    const [beyond = 0] = lastUpdate(optimiser(1e-8), tensor([1e25]), 8);
    const [double = 0] = lastUpdate(optimiser(1e-8), tensor([1e25], { dtype: 'float64' }), 8);
    assert.ok(large < 0 && Number.isFinite(large), `${name} at 1e18: ${large}`);
    assert.ok(double < 0 && Number.isFinite(double), `${name} in float64: ${double}`);
    if (name === 'adamax') near([beyond], [large], 1e-5);
    else assert.ok(beyond === 0, `${name} at 1e25: ${beyond}`);
  }
});

test('interpolation between neighbours: equal ones come back, and nothing leaves its neighbours, in upsample and resize', () => {
  const linear = (x: Tensor, size: number | number[], alignCorners: boolean): Tensor =>
    functional.upsample(x, { size, mode: 'linear', alignCorners });
  for (const dtype of ['float32', 'float64'] as const)
    for (const value of [0.1, 1 / 3, 3e38, 1e-40, -0.7])
      for (const align of [true, false])
        for (const run of [linear, compile(linear)])
          for (const size of [2, 5, 7, 11]) {
            const x = tensor([[[value, value, value]]], { dtype });
            assert.ok(
              list(run(x, size, align)).every((y) => y === x.dataSync()[0]),
              `${value} to ${size}: ${list(run(x, size, align))}`,
            );
          }
  const x = tensor([[[0.1, 0.3, 0.2]]]);
  const [low, high] = [Math.fround(0.1), Math.fround(0.3)];
  for (const size of [4, 7, 13]) assert.ok(list(linear(x, size, true)).every((y) => y >= low && y <= high));
  // Infinite ends are weighed, and the gradient of a sum is the sum of the weights.
  assert.equal(list(linear(tensor([[[Infinity, 1]]]), 4, true)), [Infinity, Infinity, Infinity, 1]);
  near(list(grad((y: Tensor) => sum(linear(y, [4], true)))(tensor([[[0.1, 0.1]]]))), [2, 2], 1e-6);
  assert.ok(
    gradcheck(
      (y: Tensor) => functional.upsample(y, { size: [5, 3], mode: 'linear' }),
      [
        tensor([
          [
            [
              [0.1, 0.1],
              [0.1, 0.4],
            ],
          ],
        ]),
      ],
    ).ok,
  );
  for (const value of [0.1, 1 / 3]) {
    const images = tensor(
      [
        [
          [
            [value, value],
            [value, value],
          ],
        ],
      ],
      { dtype: 'float64' },
    );
    const bigger = resize([5, 7])({ x: images, y: zeros([1]) }, key(0)).x;
    assert.ok(
      list(bigger).every((y) => y === Math.fround(value) || y === value),
      String(list(bigger)),
    );
  }
});

test('a check of nothing does not pass: gradcheck says that nothing was checked', () => {
  const reports = [
    gradcheck((x: Tensor) => x, [tensor([1, 2], { dtype: 'int32' })]),
    gradcheck((x: Tensor) => mul(x, x), [zeros([0])]),
    gradcheck((_: Tensor) => tensor([1], { dtype: 'int32' }), [tensor([1])]),
    gradcheck((_: Tensor) => [], [tensor([1])]),
  ];
  for (const report of reports) {
    assert.is(report.ok, false);
    assert.match(String(report), /^nothing was checked/);
  }
});

test('flatten of a scalar or a vector is [1] and [N, 1], in both entry points', () => {
  for (const f of [flatten, functional.flatten]) {
    assert.equal(f(tensor(3)).toArray(), [3]);
    assert.equal(f(tensor(3), 0).shape, [1]);
    assert.equal(f(tensor([1, 2])).shape, [2, 1]);
    assert.equal(f(tensor([1, 2]), 0).shape, [2]);
    assert.equal(f(zeros([2, 3, 4])).shape, [2, 12]);
    assert.throws(() => f(tensor(3), 2), /^flatten: /);
    assert.throws(() => f(tensor([1, 2]), 1, 1), /^flatten: /);
  }
});
