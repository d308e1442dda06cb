/**
 * The training driver of the classical course code, as options of `fit`: random batches drawn with replacement, a first check
 * after the first step, accuracies on samples, rates that fall from epoch to epoch, and the parameters with the best
 * validation accuracy put back at the end.
 */
import type { Tensor } from '../../autograd/index.js';
import { accuracy, crossEntropy } from '../../nn/index.js';
import { byEpoch, exponentialDecay, type FitOptions, reporter } from '../../optim/index.js';

export interface SolverOptions {
  /** 100 by default. */
  readonly batchSize?: number;
  /** 10 by default. */
  readonly epochs?: number;
  /** What all learning rates are multiplied by at the end of each epoch; 1 by default. */
  readonly decay?: number;
  /** On how many random training examples the training accuracy is measured; 1000 by default. */
  readonly trainingSample?: number;
  /** On how many validation examples; all by default. */
  readonly validationSample?: number;
  /** How many steps from one line of progress to the next; 10 by default. */
  readonly printEvery?: number;
  /** Takes the lines of progress; none are written without it. */
  readonly write?: (line: string) => void;
}

type Preset = Required<
  Pick<
    FitOptions<unknown, unknown, Tensor, Tensor, Tensor>,
    | 'loss'
    | 'metrics'
    | 'order'
    | 'batchSize'
    | 'epochs'
    | 'firstCheck'
    | 'sampleTrain'
    | 'evaluationBatchSize'
    | 'monitor'
    | 'restoreBest'
    | 'rateFactor'
    | 'callbacks'
  >
> &
  Pick<FitOptions<unknown, unknown, Tensor, Tensor, Tensor>, 'sampleValidation'>;

/**
 * ⌊examples/batchSize⌋ steps an epoch, at least one; one loss a step; accuracies after the first step, as epoch 0, and after
 * every epoch. Spread it into `fit`: `fit({ ...solver({ epochs: 20 }), model, optimizer, train, validation, key })`.
 */
export const solver = ({
  batchSize = 100,
  epochs = 10,
  decay = 1,
  trainingSample = 1000,
  validationSample,
  printEvery = 10,
  write,
}: SolverOptions = {}): Preset => ({
  loss: crossEntropy,
  metrics: { accuracy },
  order: 'replacement',
  batchSize,
  epochs,
  firstCheck: 'after',
  sampleTrain: trainingSample,
  ...(validationSample === undefined ? {} : { sampleValidation: validationSample }),
  evaluationBatchSize: 100,
  monitor: 'accuracy',
  restoreBest: true,
  rateFactor: byEpoch(exponentialDecay(1, { gamma: decay })),
  callbacks: write === undefined ? [] : [reporter({ write, everySteps: printEvery })],
});
