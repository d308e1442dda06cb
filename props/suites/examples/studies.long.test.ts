/** Every study runs from its command to its report, on little data and for an epoch, and leaves its table and its picture. */
import { studies } from '../../../examples/studies/index.js';
import { test } from '../../runner/testing.js';
import { studyFiles } from './study-files.js';
import { runSmall } from './support.js';

for (const study of studies)
  test(`study ${study.name}: runs, and leaves its report, its table and its picture`, () =>
    runSmall(study, studyFiles[study.name]));
