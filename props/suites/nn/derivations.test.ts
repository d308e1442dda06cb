/** Every layer's gradients against its hand derivation and against finite differences. */
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { measure, tolerances } from '../../derivations/check.js';
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
