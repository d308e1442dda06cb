/** Any operand may be a view of a larger tensor: the bits are those of the same numbers in a tensor of their own. */
import * as fc from 'fast-check';
import { lawTally } from '../../laws/report.js';
import { viewKinds } from '../../laws/views.js';
import { seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { callsOf, compositionLaw, compositions, drawsOf, primitiveLaw, withOperands } from './views.js';

withOperands.forEach((name, i) => {
  test(`views: ${name} reads any operand where it lies`, () => {
    const tally = lawTally();
    // Kinds in turn, the next primitive beginning with the next; the suite that takes long draws many of each.
    fc.sample(callsOf(name), { numRuns: 2, seed: seed() }).forEach((drawn, run) => {
      for (const kind of viewKinds.slice((i + run) % viewKinds.length).slice(0, 1))
        tally.assert(primitiveLaw(name, drawn, kind));
    });
    tally.end();
  });
});

for (const [name, composition] of Object.entries(compositions))
  test(`views: ${name} read every operand where it lies`, () => {
    const tally = lawTally();
    // Slices alone have an offset and whole lines, and are drawn more often.
    const kinds = [...viewKinds, 'slice', 'slice'] as const;
    fc.sample(drawsOf(composition), { numRuns: kinds.length, seed: seed() }).forEach((drawn, run) => {
      for (const kind of kinds.slice(run, run + 1)) tally.assert(compositionLaw(composition, drawn, kind));
    });
    tally.end();
  });
