/** The files of the studies. */

/** What each study leaves beside its report. */
export const studyFiles: Readonly<Record<string, readonly string[]>> = {
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
