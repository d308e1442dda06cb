/** Views of every kind, for every primitive and composition, many times over. */
import * as fc from 'fast-check';
import { viewKinds } from '../../laws/views.js';
import { checkLaw } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { callsOf, compositionLaw, compositions, drawsOf, primitiveLaw, withOperands } from './views.js';

const kinds = fc.constantFrom(...viewKinds);

for (const name of withOperands)
  test(`views: ${name} reads any operand where it lies, whatever is drawn`, () => {
    checkLaw(fc.tuple(callsOf(name), kinds), ([drawn, kind]) => primitiveLaw(name, drawn, kind), { numRuns: 12 });
  });

for (const [name, composition] of Object.entries(compositions))
  test(`views: ${name} read every operand where it lies, whatever is drawn`, () => {
    checkLaw(fc.tuple(drawsOf(composition), kinds), ([drawn, kind]) => compositionLaw(composition, drawn, kind), {
      numRuns: 25,
    });
  });
