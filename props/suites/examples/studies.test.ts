/** Every study runs from its command to its report, on little data and for an epoch, and leaves its table and its picture. */
import * as assert from 'uvu/assert';
import { studies } from '../../../examples/studies/index.js';
import { test } from '../../runner/testing.js';
import { runSmall } from './support.js';

/** What each leaves beside its report. */
const files: Readonly<Record<string, readonly string[]>> = {
  'mnist-exploration': ['mnist-exploration.csv', 'settings.svg', 'depths.svg'],
  masks: ['digits.png', 'upright-edges.png', 'lying-edges.png', 'pooled.png'],
  'two-layer': ['two-layer.svg'],
  overfit: ['overfit.csv', 'overfit.svg'],
  'update-rules': ['update-rules.csv', 'update-rules.svg'],
  'best-dense': ['best-dense.svg'],
  'batch-norm': ['batch-norm.csv', 'batch-norm.svg'],
  'weight-scale': ['weight-scale.csv', 'weight-scale.svg'],
  'batch-size': ['batch-size.csv', 'batch-norm.svg', 'layer-norm.svg'],
  dropout: ['dropout.csv', 'dropout.svg'],
  'conv-overfit': ['conv-overfit.svg'],
  'conv-epoch': ['conv-epoch.svg', 'filters.png'],
  'image-filters': ['images.png', 'grey.png', 'edges.png'],
  'api-levels': ['losses.svg'],
  'api-levels-nhwc': ['losses.svg'],
  challenge: ['loss.svg', 'accuracy.svg', 'confusion.svg'],
  'challenge-nhwc': ['loss.svg', 'accuracy.svg', 'confusion.svg'],
  pruning: ['pruning.csv', 'layers.csv', 'pruning.svg'],
  'by-hand': ['by-hand.svg'],
  'fashion-perceptron': ['curves.svg', 'confusion.svg', 'predictions.csv'],
  'four-blocks': ['curves.svg', 'confusion.svg', 'predictions.csv'],
};

for (const study of studies)
  test(`study ${study.name}: runs, and leaves its report, its table and its picture`, () =>
    runSmall(study, files[study.name]));

test('studies: what each leaves is known', () => {
  assert.equal(
    studies.map(({ name }) => name),
    Object.keys(files),
  );
});
