/** Every layer's gradients against its hand derivation and against finite differences; and the measure against wrong gradients. */
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { add, mul, stopGradient, sub, type Tensor } from '../../../core/index.js';
import { type Errors, measure, tolerances } from '../../derivations/check.js';
import type { Derivation } from '../../derivations/derivation.js';
import { derivations } from '../../derivations/index.js';
import { test } from '../../runner/testing.js';

for (const derivation of derivations)
  test(`${derivation.name}: tape, hand derivation and finite differences agree`, () => {
    fc.assert(
      fc.property(derivation.cases, (call) => {
        const errors = measure(derivation, call);
        assert.ok(errors.forward <= tolerances.hand, `output: ${errors.forward}`);
        assert.ok(errors.hand <= tolerances.hand, `hand derivation: ${errors.hand}`);
        assert.ok(errors.differences <= tolerances.differences, `finite differences: ${errors.differences}`);
      }),
      { numRuns: 40 },
    );
  });

/** The worst errors over some random calls. */
const worst = (derivation: Derivation): Errors =>
  fc
    .sample(derivation.cases, { numRuns: 10, seed: 1 })
    .map((call) => measure(derivation, call))
    .reduce((a, b) => ({
      forward: Math.max(a.forward, b.forward),
      hand: Math.max(a.hand, b.hand),
      differences: Math.max(a.differences, b.differences),
    }));

const scaled = (x: Tensor, factor: number): Tensor => mul(x, factor);

for (const derivation of derivations) {
  test(`${derivation.name}: a hand derivation off by a millionth is found`, () => {
    const wrong: Derivation = {
      ...derivation,
      backward: (g, cache) => derivation.backward(scaled(g, 1 + 1e-6), cache),
    };
    assert.ok(worst(wrong).hand > tolerances.hand);
  });

  test(`${derivation.name}: a tape off by a millionth is found by both oracles`, () => {
    const wrong: Derivation = {
      ...derivation,
      // The same value, with a gradient too small: y + 1e-6·(stopped y − y).
      layer: (inputs, config) => {
        const y = derivation.layer(inputs, config);
        return add(y, scaled(sub(stopGradient(y), y), 1e-6));
      },
    };
    const errors = worst(wrong);
    assert.ok(errors.forward <= tolerances.hand);
    assert.ok(errors.hand > tolerances.hand);
    assert.ok(errors.differences > tolerances.differences);
  });
}
