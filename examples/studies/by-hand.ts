/**
 * S5: one hidden layer on Fashion-MNIST with the backward pass written by hand, trained by a loop written by hand: no tape, no
 * optimiser, no `fit`.
 */
import { compile, foldIn, key, type Tensor } from '../../autograd/index.js';
import { compose, flattenExamples, loader, oneHotLabels } from '../../data/index.js';
import {
  type OneHiddenLayer,
  oneHiddenLayer,
  predict,
  reportedLoss,
  shareRight,
  trainingStep,
} from '../models/one-hidden-layer.js';
import { fashionMnist, fashionMnistData } from '../support/data-sets.js';
import type { Example } from '../support/example.js';
import { drawPanels } from '../support/study.js';

const rate = 0.03;
const hidden = 128;

/** Loss, as this network reports it, and accuracy. */
const measure = compile((net: OneHiddenLayer, x: Tensor, y: Tensor): { loss: Tensor; accuracy: Tensor } => {
  const probabilities = predict(net, x);
  return { loss: reportedLoss(probabilities, y), accuracy: shareRight(probabilities, y) };
});

export const byHand: Example = {
  name: 'by-hand',
  system: 'S5',
  title: 'One hidden layer on Fashion-MNIST, without automatic differentiation',
  asks: 'test accuracy ≥ 80 %',
  data: fashionMnistData,
  epochs: 5,
  async run(lab) {
    const { train, test } = await fashionMnist(lab.config);
    const from = key(lab.config.seed);
    const transform = compose(flattenExamples, oneHotLabels(10));
    const batches = loader(train, { size: 32, key: foldIn(from, 1), transform });
    const tested = loader(test, { size: 500, transform });

    const evaluateOn = (net: OneHiddenLayer): { readonly loss: number; readonly accuracy: number } => {
      let [loss, right, count] = [0, 0, 0];
      for (const { x, y } of tested.epoch()) {
        const figures = measure(net, x, y);
        const size = x.shape[0] ?? 0;
        loss += figures.loss.item() * size;
        right += figures.accuracy.item() * size;
        count += size;
      }
      return { loss: loss / count, accuracy: right / count };
    };

    let net = oneHiddenLayer(foldIn(from, 0), 784, hidden, 10);
    const losses: number[] = [];
    const accuracies: number[] = [];
    for (let epoch = 0; epoch < lab.epochs; epoch++) {
      for (const { x, y } of batches.epoch(epoch)) net = trainingStep(net, x, y, rate);
      const { loss, accuracy } = evaluateOn(net);
      losses.push(loss);
      accuracies.push(accuracy);
      lab.say(
        `  epoch ${epoch + 1}: loss over samples and classes ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`,
      );
    }
    await drawPanels(lab, 'by-hand.svg', 'One hidden layer by hand', [
      { title: 'test loss', yName: 'loss', curves: [{ name: 'test', values: losses }] },
      { title: 'test accuracy', yName: 'accuracy', goal: 0.8, curves: [{ name: 'test', values: accuracies }] },
    ]);
    lab.figure({ name: 'test accuracy', value: accuracies.at(-1) ?? 0, atLeast: 0.8 });
  },
};
