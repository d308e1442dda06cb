/** Hostile calls of every function of `tapegrad/data`: a typed error, or a value, and nothing else. */
import * as api from '../../../data/index.js';
import { testAttacks } from './attack.js';
import { dataCases } from './data-cases.js';

const decoders = ['Cifar10', 'Csv', 'Idx', 'IdxImages', 'IdxLabels', 'Npy', 'Safetensors', 'Tar'];

testAttacks('tapegrad/data', api, dataCases, {
  ...Object.fromEntries(decoders.map((name) => [`tryDecode${name}`, [`decode${name}`]] as const)),
  // The case gives a reader that says so.
  binaryReader: ['read'],
});
