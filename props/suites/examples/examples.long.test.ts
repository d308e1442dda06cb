/** Every example runs from its command to its report, on little data and for an epoch. */
import { examples } from '../../../examples/registry.js';
import { studies } from '../../../examples/studies/index.js';
import { test } from '../../runner/testing.js';
import { runSmall } from './support.js';

// The studies have a file of their own.
for (const example of examples.filter((candidate) => !studies.includes(candidate)))
  test(`example ${example.name}: runs, and leaves settings, figures and a report that shows them`, () =>
    runSmall(example));
