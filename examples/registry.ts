/** All examples, in the order in which they are listed. A new one is a file and a line here. */
import { einsumExercises } from './einsum.js';
import { iris } from './iris.js';
import { lenet } from './lenet.js';
import type { Example } from './support/example.js';

export const examples: readonly Example[] = [iris, einsumExercises, lenet];
