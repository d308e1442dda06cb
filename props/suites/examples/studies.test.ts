/** Studies of each sort run from their command to their report; `studies.long.test.ts` runs all of them. */

import { studies } from '../../../examples/studies/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { studyFiles } from './study-files.js';
import { runSmall } from './support.js';

/** A table with a sweep, pictures alone. */
const sorts = ['update-rules', 'image-filters'];

for (const study of studies.filter(({ name }) => sorts.includes(name)))
  test(`study ${study.name}: runs, and leaves its report, its table and its picture`, () =>
    runSmall(study, studyFiles[study.name]));

test('studies: what each leaves is known', () => {
  assert.equal(
    studies.map(({ name }) => name),
    Object.keys(studyFiles),
  );
});
