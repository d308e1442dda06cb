/** Every primitive under every law that its spec says applies. */
import { primitives } from '../../../core/index.js';
import { lawsOfPrimitive } from '../../primitive-laws.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { type PrimitiveName, specs } from '../../specs/index.js';

const names = Object.keys(specs) as PrimitiveName[];

for (const name of names)
  for (const { law, property, runs, checkedSomething } of lawsOfPrimitive(primitives[name], specs[name]))
    test(`${law}: ${name}`, () => {
      check(property, { numRuns: runs });
      checkedSomething();
    });
