/** Hostile calls of every function of `tapegrad/node`: a typed error, or a value, and nothing else. Files lie in a folder that is gone afterwards. */
import * as api from '../../../data/node/index.js';
import { testAttacks } from './attack.js';
import { nodeCases, withFiles } from './node-cases.js';

/** `tryLoadCsv` gives the error that `loadCsv` throws. */
const twins = Object.keys(nodeCases)
  .filter((name) => name.startsWith('try'))
  .map((name) => [name, [name.slice(3, 4).toLowerCase() + name.slice(4)]] as const);

testAttacks(
  'tapegrad/node',
  api,
  nodeCases,
  {
    ...Object.fromEntries(twins),
    // The cases give the name that they are to use.
    readBytes: ['*'],
    verifyChecksum: ['*'],
    newExperiment: ['write'],
    // Three folders of pictures, each of which says what is wrong with it.
    loadCinic10: ['loadImageFolder'],
    tryLoadCinic10: ['loadCinic10', 'loadImageFolder'],
  },
  withFiles,
);
