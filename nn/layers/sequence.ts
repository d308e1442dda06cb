/** Layers of sequence models: one step of recurrent networks, and attention with several heads. */
import { checkedOptions, checkSizes } from '../../core/arguments.js';
import { describe } from '../../core/errors.js';
import { ArgumentError, type FloatDtype, foldIn, type Key, type Tensor } from '../../core/index.js';
import {
  type AttentionOptions,
  multiheadAttention as attend,
  type MultiheadParameters,
} from '../functional/attention.js';
import {
  type CellParameters,
  gruCell as gruStep,
  lstmCell as lstmStep,
  rnnCell as rnnStep,
} from '../functional/recurrent.js';
import { type Initialiser, standard, uniform, xavierUniform, zeros } from '../initialisers.js';
import { type Layer, statelessLayer } from '../layer.js';

export interface CellOptions {
  /** Features of the input. */
  readonly in: number;
  /** Features of the hidden state. */
  readonly hidden: number;
  /** true by default. */
  readonly bias?: boolean;
}

/** Everything starts in U(±1/√hidden). */
/** The options of a cell, once they are known to be in order. */
const cellOptions = (op: string, options: CellOptions): CellOptions => {
  const { in: inputs, hidden } = checkedOptions(op, options, ['in', 'hidden', 'bias']);
  checkSizes(op, { in: inputs, hidden });
  return options;
};

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
  const weights = { inputWeight: make(0, gates * hidden, inputs), hiddenWeight: make(1, gates * hidden, hidden) };
  return bias ? { ...weights, inputBias: make(2, gates * hidden), hiddenBias: make(3, gates * hidden) } : weights;
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
 * One step `{ x: [N, in], h: [N, hidden] }` → `[N, hidden]` of a plain recurrent network with tanh.
 * @example
 * rnnCell({ in: 2, hidden: 3 }).init(key(0)).params.inputWeight.shape // [3, 2]
 */
export const rnnCell = (options: CellOptions): Layer<CellParameters, null, Step, Tensor> => {
  const { in: inputs, hidden } = cellOptions('rnnCell', options);
  return statelessLayer({
    name: `rnnCell(${inputs}, ${hidden})`,
    init: (key, dtype) => initCell(key, dtype, 1, options),
    forward: (params, { x, h }: Step) => rnnStep(x, h, params),
  });
};

/**
 * One step `{ x: [N, in], h: [N, hidden], c: [N, hidden] }` → `[h, c]` of a long short-term memory; gates in the order i, f, g, o.
 * @example
 * lstmCell({ in: 2, hidden: 3 }).init(key(0)).params.hiddenWeight.shape // [12, 3]
 */
export const lstmCell = (
  options: CellOptions,
): Layer<CellParameters, null, LstmStep, readonly [h: Tensor, c: Tensor]> => {
  const { in: inputs, hidden } = cellOptions('lstmCell', options);
  return statelessLayer({
    name: `lstmCell(${inputs}, ${hidden})`,
    init: (key, dtype) => initCell(key, dtype, 4, options),
    forward: (params, { x, h, c }: LstmStep) => lstmStep(x, h, c, params),
  });
};

/**
 * One step `{ x: [N, in], h: [N, hidden] }` → `[N, hidden]` of a gated recurrent unit; gates in the order r, z, n.
 * @example
 * gruCell({ in: 2, hidden: 3 }).init(key(0)).params.inputBias?.shape // [9]
 */
export const gruCell = (options: CellOptions): Layer<CellParameters, null, Step, Tensor> => {
  const { in: inputs, hidden } = cellOptions('gruCell', options);
  return statelessLayer({
    name: `gruCell(${inputs}, ${hidden})`,
    init: (key, dtype) => initCell(key, dtype, 3, options),
    forward: (params, { x, h }: Step) => gruStep(x, h, params),
  });
};

export interface MultiheadLayerOptions extends AttentionOptions {
  /** Features of queries, keys, values and outputs. */
  readonly width: number;
  /** Must divide the width. */
  readonly heads: number;
  /** true by default. */
  readonly bias?: boolean;
}

/** What attention reads: queries, and keys and values, which are the queries unless given. */
export interface AttentionInputs {
  readonly q: Tensor;
  readonly k?: Tensor;
  readonly v?: Tensor;
}

/**
 * Attention with several heads: `{ q: [N, L, width] }` attends to itself, `{ q, k, v }` to another sequence → `[N, L, width]`.
 * @throws ArgumentError when the heads do not divide the width; ShapeError for inputs that do not fit.
 * @example
 * multiheadAttention({ width: 4, heads: 2 }).init(key(0)).params.inWeight.shape // [12, 4]
 */
export const multiheadAttention = (
  options: MultiheadLayerOptions,
): Layer<MultiheadParameters, null, AttentionInputs, Tensor> => {
  const names = ['width', 'heads', 'bias', 'mask', 'causal', 'scale'] as const;
  const { width, heads, bias = true, ...rest } = checkedOptions('multiheadAttention', options, names);
  checkSizes('multiheadAttention', { width });
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0)
    throw new ArgumentError({
      op: 'multiheadAttention',
      problem: `${describe(heads)} heads do not divide a width of ${width}`,
      remedy: 'choose a number of heads that divides the width',
    });
  return statelessLayer({
    name: `multiheadAttention(${width}, ${heads})`,
    init: (key, dtype) => {
      const square = { fanIn: width, fanOut: width };
      const weights = {
        inWeight: xavierUniform()(foldIn(key, 0), [3 * width, width], { fanIn: width, fanOut: 3 * width }, dtype),
        outWeight: standard(foldIn(key, 1), [width, width], square, dtype),
      };
      return bias
        ? { ...weights, inBias: zeros(key, [3 * width], square, dtype), outBias: zeros(key, [width], square, dtype) }
        : weights;
    },
    forward: (params, { q, k = q, v = k }: AttentionInputs) => attend(q, k, v, params, { heads, ...rest }),
  });
};
