/** Layers of one step of recurrent networks, for loops of one's own; `recurrent.ts` has whole sequences. */

import { type FloatDtype, foldIn, type Key, type Tensor } from '../../core/index.js';
import {
  type CompleteNames,
  checkedOptions,
  checkPositive,
  checkSizes,
  type OptionNames,
} from '../../core/tensor/arguments.js';
import {
  type CellParameters,
  gruCell as gruStep,
  lstmCell as lstmStep,
  nonlinearityOf,
  type RnnCellOptions as RnnCellFunctionOptions,
  rnnCell as rnnStep,
} from '../functional/recurrent.js';
import { type Initialiser, uniform } from '../initialisers.js';
import { type Layer, statelessLayer } from '../layer.js';

export interface CellOptions {
  /** Features of the input. */
  readonly in: number;
  /** Features of the hidden state. */
  readonly hidden: number;
  /** true by default. */
  readonly bias?: boolean;
}

export interface RnnCellOptions extends CellOptions, RnnCellFunctionOptions {}

const cellNames = { in: true, hidden: true, bias: 'flag' } as const;
const rnnCellNames = { ...cellNames, nonlinearity: true } as const;

/** The options of a cell, once they are known to be in order. */
const cellOptions = <O extends CellOptions, Names extends OptionNames<O>>(
  op: string,
  options: O,
  names: CompleteNames<O, Names>,
): O => {
  const { in: inputs, hidden } = checkedOptions<O, Names>(op, options, names);
  checkSizes(op, { in: inputs, hidden });
  checkPositive(op, { hidden });
  return options;
};

/** Everything starts in U(±1/√hidden). */
const initCell = (
  key: Key,
  dtype: FloatDtype,
  gates: number,
  { in: inputs, hidden, bias = true }: CellOptions,
): CellParameters => {
  const bound = 1 / Math.sqrt(hidden);
  const init: Initialiser = uniform({ min: -bound, max: bound });
  const make = (place: number, ...shape: number[]): Tensor =>
    init(foldIn(key, place), shape, { fanIn: hidden, fanOut: hidden }, dtype);
  const weights = { weightIh: make(0, gates * hidden, inputs), weightHh: make(1, gates * hidden, hidden) };
  return bias ? { ...weights, biasIh: make(2, gates * hidden), biasHh: make(3, gates * hidden) } : weights;
};

/** An input and the state before it. */
export interface Step {
  readonly x: Tensor;
  readonly h: Tensor;
}

/** An input and a long short-term memory's state before it. */
export interface LstmStep extends Step {
  readonly c: Tensor;
}

/**
 * One step `{ x: [N, in], h: [N, hidden] }` → `[N, hidden]` of a plain recurrent network with tanh or ReLU.
 * @throws ShapeError for inputs that do not fit.
 * @example
 * rnnCell({ in: 2, hidden: 3 }).init(key(0)).params.weightIh.shape // [3, 2]
 */
export const rnnCell = (options: RnnCellOptions): Layer<CellParameters, null, Step, Tensor> => {
  const { in: inputs, hidden, nonlinearity = 'tanh' } = cellOptions('rnnCell', options, rnnCellNames);
  nonlinearityOf('rnnCell', { nonlinearity });
  return statelessLayer({
    name: `rnnCell(${inputs}, ${hidden})`,
    init: (key, dtype) => initCell(key, dtype, 1, options),
    forward: (params, { x, h }: Step) => rnnStep(x, h, params, { nonlinearity }),
  });
};

/**
 * One step `{ x: [N, in], h: [N, hidden], c: [N, hidden] }` → `[h, c]` of a long short-term memory; gates in the order i, f, g, o.
 * @throws ShapeError for inputs that do not fit.
 * @example
 * lstmCell({ in: 2, hidden: 3 }).init(key(0)).params.weightHh.shape // [12, 3]
 */
export const lstmCell = (
  options: CellOptions,
): Layer<CellParameters, null, LstmStep, readonly [h: Tensor, c: Tensor]> => {
  const { in: inputs, hidden } = cellOptions('lstmCell', options, cellNames);
  return statelessLayer({
    name: `lstmCell(${inputs}, ${hidden})`,
    init: (key, dtype) => initCell(key, dtype, 4, options),
    forward: (params, { x, h, c }: LstmStep) => lstmStep(x, h, c, params),
  });
};

/**
 * One step `{ x: [N, in], h: [N, hidden] }` → `[N, hidden]` of a gated recurrent unit; gates in the order r, z, n.
 * @throws ShapeError for inputs that do not fit.
 * @example
 * gruCell({ in: 2, hidden: 3 }).init(key(0)).params.biasIh?.shape // [9]
 */
export const gruCell = (options: CellOptions): Layer<CellParameters, null, Step, Tensor> => {
  const { in: inputs, hidden } = cellOptions('gruCell', options, cellNames);
  return statelessLayer({
    name: `gruCell(${inputs}, ${hidden})`,
    init: (key, dtype) => initCell(key, dtype, 3, options),
    forward: (params, { x, h }: Step) => gruStep(x, h, params),
  });
};
