/** Saturated ends: what is left of second derivatives far out has its digits, in both float types and in both nestings. */

import { hessian, jacrev } from '../../../autograd/index.js';
import { cast, fromData, mul, ones, sum, type Tensor } from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Unary = (x: Tensor) => Tensor;

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const bothTypes = ['float32', 'float64'] as const;
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
const doubles = (values: readonly number[]): Tensor => fromData(Float64Array.from(values), [values.length]);

test('saturated ends: the Hessian of smooth losses and activations is the Jacobian of the Jacobian', () => {
  const smooth: Readonly<Record<string, Unary>> = {
    softplus: (x) => nn.softplus(x, { threshold: infinity }),
    logSigmoid: nn.logSigmoid,
    silu: nn.silu,
    mish: nn.mish,
    gelu: (x) => nn.gelu(x),
    softsign: nn.softsign,
    elu: (x) => nn.elu(x),
    'bceWithLogits 0': (x) => nn.bceWithLogits(x, mul(x, 0)),
    'bceWithLogits 1': (x) => nn.bceWithLogits(x, ones(x.shape, x.dtype as 'float32')),
    softMarginLoss: (x) => nn.softMarginLoss(x, ones(x.shape, x.dtype as 'float32')),
  };
  for (const [name, f] of Object.entries(smooth))
    for (const dtype of bothTypes)
      for (const at of [17, 20, 40, 90, -17, -20, -40, -90]) {
        const x = cast(doubles([at]), dtype);
        const loss = (y: Tensor): Tensor => sum(f(y));
        const [forward] = numbers(hessian(loss)(x));
        const [reverse = nan] = numbers(jacrev(jacrev(loss))(x) as Tensor);
        const close = Math.abs((forward ?? nan) - reverse) <= 2e-6 * Math.abs(reverse) + Number.MIN_VALUE;
        assert.ok(close || forward === reverse, `${name} at ${at} in ${dtype}: ${forward}, ${reverse}`);
      }
});
