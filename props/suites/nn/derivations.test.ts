/** Every layer's gradients against its hand derivation and against finite differences; and the measure against wrong gradients. */
import * as fc from 'fast-check';
import { add, mul, stopGradient, sub, type Tensor } from '../../../core/index.js';
import { check, checkBy } from '../../derivations/check.js';
import type { Derivation } from '../../derivations/derivation.js';
import { derivations } from '../../derivations/index.js';
import { lawTally } from '../../laws/report.js';
import * as assert from '../../runner/assert.js';
import { check as checkProperty } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

for (const derivation of derivations)
  test(`${derivation.name}: tape, hand derivation and finite differences agree`, () => {
    const [hands, quotients] = [lawTally(), lawTally()];
    checkProperty(
      fc.property(derivation.cases, (call) => {
        const { hand, differences } = check(derivation, call);
        hands.assert(hand);
        quotients.assert(differences);
      }),
      { numRuns: 7 },
    );
    hands.end();
    quotients.end();
  });

/** Whether one of four random calls breaks a law. */
const broken = (derivation: Derivation, law: 'hand' | 'differences'): boolean =>
  fc.sample(derivation.cases, { numRuns: 4, seed: 1 }).some((call) => {
    const { checked, holds } = checkBy[law](derivation, call);
    return checked > 0 && !holds;
  });

const scaled = (x: Tensor, factor: number): Tensor => mul(x, factor);

for (const derivation of derivations) {
  test(`${derivation.name}: a hand derivation off by a millionth is found`, () => {
    const wrong: Derivation = {
      ...derivation,
      backward: (g, cache) => derivation.backward(scaled(g, 1 + 1e-6), cache),
    };
    assert.ok(broken(wrong, 'hand'));
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
    assert.ok(broken(wrong, 'hand'));
    assert.ok(broken(wrong, 'differences'));
  });
}
