/** What `npm start` runs: a sweep of small networks, then a convolutional one, both on data that needs no file. */
import { learnDrawnDigits } from './drawn-digits.js';
import { irisSweep } from './iris.js';
import type { Example } from './support/example.js';

export const start: Example = {
  name: 'start',
  system: null,
  title: 'A first look',
  asks: 'two trainings in about a minute',
  data: null,
  epochs: 6,
  seed: 8,
  async run(lab) {
    lab.heading('1. Iris: sixteen two-layer networks');
    await irisSweep(lab, 200);
    lab.heading('2. Drawn digits: a convolutional network');
    await learnDrawnDigits(lab, 'digits', lab.epochs);
  },
};
