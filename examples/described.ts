/**
 * S1: a network and its training described by data alone: layers, activations, initialisers, loss, optimiser and schedule by
 * name, in a JSON file of one's own (`--model FILE`) or in `descriptions/lenet.json`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foldIn, key } from '../autograd/index.js';
import { channelMoments, channelsLast, compose, loader, normalize } from '../data/index.js';
import { readBytes } from '../data/node/index.js';
import { accuracy, countParameters } from '../nn/index.js';
import { describedTraining, readDescription } from './support/components/describe.js';
import { lookUp } from './support/components/entry.js';
import { imageSets } from './support/data-sets.js';
import type { Example } from './support/example.js';

const lenetFile = fileURLToPath(new URL('./descriptions/lenet.json', import.meta.url));

export const described: Example = {
  name: 'described',
  system: 'S1',
  title: 'A network described by a list of named layers',
  asks: 'every component by name; unknown names are refused',
  data: {
    path: '',
    contents: 'a folder for each data set: mnist, fashion-mnist or cifar-10',
    otherwise: 'digits drawn by the library stand in for the data set',
  },
  epochs: 1,
  takesModel: true,
  async run(lab) {
    // A run that is taken up again goes on with the description that it began with.
    const own = join(lab.folder, 'model.json');
    const file = existsSync(own) ? own : (lab.config.model ?? lenetFile);
    const text = new TextDecoder().decode(await readBytes(file, 'described'));
    const description = readDescription(text, file);
    await lab.write('model.json', text);

    const images = await lookUp(imageSets, description.data, 'data set', file)(lab.config);
    const { layout = 'NHWC' } = description;
    const normalized = normalize(channelMoments(images.train));
    const transform = layout === 'NHWC' ? compose(normalized, channelsLast) : normalized;
    const inOrder = loader(images.test, { size: 250, transform });
    const [, channels, height, width] = images.test.shape;
    const shape = layout === 'NHWC' ? [height, width, channels] : [channels, height, width];

    const { batchSize, ...training } = describedTraining(description, shape);
    const shuffled = { size: batchSize, key: foldIn(key(lab.config.seed), 1), transform };
    const run = await lab.train({
      ...training,
      metrics: { accuracy },
      train: loader(images.train, shuffled),
      validation: inOrder,
    });
    lab.figure({ name: 'parameters', value: countParameters(run.params), unit: 'number' });
    lab.figure({ name: 'test accuracy', value: run.validation.accuracy });
    await lab.weights('weights.safetensors', run.params);
  },
};
