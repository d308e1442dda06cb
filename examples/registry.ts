/** All examples, in the order in which they are listed. A new one is a file and a line here. */
import { breastCancer } from './breast-cancer.js';
import { cifarCnn } from './cifar-cnn.js';
import { described } from './described.js';
import { digitsCnn } from './digits.js';
import { drawnDigits } from './drawn-digits.js';
import { einsumExercises } from './einsum.js';
import { fashionCnn } from './fashion-cnn.js';
import { fashionMlp } from './fashion-mlp.js';
import { iris } from './iris.js';
import { lenet } from './lenet.js';
import { start } from './start.js';
import { studies } from './studies/index.js';
import type { Example } from './support/example.js';
import { transfer } from './transfer.js';
import { wine } from './wine.js';

export const examples: readonly Example[] = [
  start,
  iris,
  einsumExercises,
  lenet,
  described,
  fashionCnn,
  transfer,
  fashionMlp,
  cifarCnn,
  digitsCnn,
  drawnDigits,
  wine,
  breastCancer,
  ...studies,
];
