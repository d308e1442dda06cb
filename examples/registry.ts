/** All examples, in the order in which they are listed. A new one is a file and a line here. */
import { breastCancer } from './breast-cancer.js';
import { cifarCnn } from './cifar-cnn.js';
import { digitsCnn } from './digits.js';
import { einsumExercises } from './einsum.js';
import { fashionCnn } from './fashion-cnn.js';
import { fashionMlp } from './fashion-mlp.js';
import { iris } from './iris.js';
import { lenet } from './lenet.js';
import type { Example } from './support/example.js';
import { wine } from './wine.js';

export const examples: readonly Example[] = [
  iris,
  einsumExercises,
  lenet,
  fashionCnn,
  fashionMlp,
  cifarCnn,
  digitsCnn,
  wine,
  breastCancer,
];
