/** Recurrent networks as layers over whole sequences, with PyTorch's parameters, so that its weights load by name. */

import { describe } from '../../core/base/errors.js';
import {
  ArgumentError,
  type FloatDtype,
  foldIn,
  type Key,
  reshape,
  type Shape,
  slice,
  Tensor,
  transpose,
} from '../../core/index.js';
import { checkedOptions, checkPositive, checkSizes } from '../../core/tensor/arguments.js';
import { nonlinearityOf } from '../functional/recurrent.js';
import {
  gru as gruFunction,
  type LstmOutput,
  lstm as lstmFunction,
  type RecurrentOutput,
  type RecurrentParameters,
  rnn as rnnFunction,
  type SequenceOptions,
} from '../functional/recurrent-sequence.js';
import { type Initialiser, uniform } from '../initialisers.js';
import { type Context, defineLayer, type Layer, requireKey } from '../layer.js';

export interface RecurrentLayerOptions {
  /** Features of the input. */
  readonly in: number;
  /** Features of the hidden state. */
  readonly hidden: number;
  /** How many layers stand on each other; 1 by default. */
  readonly layers?: number;
  /** true by default. */
  readonly bias?: boolean;
  /** Sequences `[N, L, D]` (true, the default) or `[L, N, D]` (PyTorch's default). */
  readonly batchFirst?: boolean;
  /** The probability to drop outputs between layers in training; 0 by default. */
  readonly dropout?: number;
  /** Whether a second network reads the sequence from its end; false by default. */
  readonly bidirectional?: boolean;
  /**
   * What the layer hands on: `all` (default) the outputs and the last states, `sequence` the outputs alone, `last` the last layer's last
   * hidden state `[N, directions·H]`. The latter two stand in `sequential`.
   */
  readonly returns?: 'all' | 'sequence' | 'last';
}

export interface RnnLayerOptions extends RecurrentLayerOptions {
  /** `tanh` by default. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

export interface LstmLayerOptions extends RecurrentLayerOptions {
  /** Features that outputs and hidden states are projected to; none by default. */
  readonly projection?: number;
}

/** A sequence with the states before it and the number of steps that count. */
export interface SequenceInputs {
  readonly x: Tensor;
  /** `[layers·directions, N, H]`; zeros by default. */
  readonly h?: Tensor;
  /** int32 `[N]`; all steps by default. */
  readonly lengths?: Tensor;
}

export interface LstmInputs extends SequenceInputs {
  /** `[layers·directions, N, H]`; zeros by default. */
  readonly c?: Tensor;
}

/** A tensor where one is asked for. */
type Returned<O, All> = O extends { readonly returns: 'sequence' | 'last' } ? Tensor : All;

const optionNames = {
  in: true,
  hidden: true,
  layers: true,
  bias: 'flag',
  batchFirst: 'flag',
  dropout: true,
  bidirectional: 'flag',
  returns: true,
} as const;

interface Family {
  readonly op: string;
  readonly gates: number;
  readonly run: (
    x: Tensor,
    params: RecurrentParameters,
    options: SequenceOptions & { readonly c?: Tensor },
  ) => RecurrentOutput | LstmOutput;
}

const checkRecurrent = (op: string, o: LstmLayerOptions): void => {
  const { in: inputs, hidden, layers = 1, dropout = 0, returns = 'all', projection } = o;
  checkSizes(op, { in: inputs, hidden, layers });
  checkPositive(op, { hidden });
  if (layers < 1)
    throw new ArgumentError({ op, problem: `there are ${layers} layers`, remedy: 'give one layer or more' });
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout <= 1))
    throw new ArgumentError({
      op,
      problem: `dropout ${describe(dropout)} is not a probability`,
      remedy: 'give a number from 0 to 1',
    });
  if (projection !== undefined && !(Number.isInteger(projection) && projection >= 1 && projection < hidden))
    throw new ArgumentError({
      op,
      problem: `a projection to ${describe(projection)} features`,
      remedy: `give a whole number from 1 to ${hidden - 1}, fewer than hidden`,
    });
  if (returns !== 'all' && returns !== 'sequence' && returns !== 'last')
    throw new ArgumentError({
      op,
      problem: `there is nothing called ${describe(returns)} to return`,
      remedy: "use 'all', 'sequence' or 'last'",
    });
};

/** Shapes of every layer's and direction's parameters, in PyTorch's order. */
const parameterShapes = (
  gates: number,
  { in: inputs, hidden, layers = 1, bias = true, bidirectional = false, projection }: LstmLayerOptions,
): readonly (readonly [name: string, shape: Shape])[] => {
  const directions = bidirectional ? ['', 'Reverse'] : [''];
  const output = projection ?? hidden;
  return Array.from({ length: layers }, (_, i) =>
    directions.flatMap((direction) => {
      const name = `L${i}${direction}`;
      const from = i === 0 ? inputs : output * directions.length;
      const shapes: (readonly [string, Shape])[] = [
        [`weightIh${name}`, [gates * hidden, from]],
        [`weightHh${name}`, [gates * hidden, output]],
      ];
      if (bias) shapes.push([`biasIh${name}`, [gates * hidden]], [`biasHh${name}`, [gates * hidden]]);
      if (projection !== undefined) shapes.push([`weightHr${name}`, [projection, hidden]]);
      return shapes;
    }),
  ).flat();
};

/** Everything starts in U(±1/√hidden). */
const initRecurrent = (key: Key, dtype: FloatDtype, gates: number, options: LstmLayerOptions): RecurrentParameters => {
  const bound = 1 / Math.sqrt(options.hidden);
  const init: Initialiser = uniform({ min: -bound, max: bound });
  const fans = { fanIn: options.hidden, fanOut: options.hidden };
  return Object.fromEntries(
    parameterShapes(gates, options).map(([name, shape], i) => [name, init(foldIn(key, i), shape, fans, dtype)]),
  ) as RecurrentParameters;
};

/** The last layer's last hidden states, both directions side by side: `[N, directions·H]`, or `[directions·H]` for one sequence. */
const lastOf = (h: Tensor, directions: number): Tensor => {
  const [places = 1, ...rest] = h.shape;
  const top = slice(h, [[places - directions, places, 1], ...rest.map(() => null)]);
  const size = directions * (rest.at(-1) ?? 1);
  return rest.length === 1 ? (reshape(top, [size]) as Tensor) : (reshape(transpose(top, 0, 1), [-1, size]) as Tensor);
};

const recurrentLayer = (
  { op, gates, run }: Family,
  options: LstmLayerOptions,
): Layer<RecurrentParameters, null, never, never> => {
  checkRecurrent(op, options);
  const { in: inputs, hidden, layers = 1, batchFirst = true, dropout = 0, bidirectional = false, returns } = options;
  const random = dropout > 0 && layers > 1;
  const layer = defineLayer<RecurrentParameters, null, Tensor | LstmInputs, unknown>({
    name: `${op}(${inputs}, ${hidden}${layers === 1 ? '' : ` × ${layers}`}${bidirectional ? ', bidirectional' : ''})`,
    random,
    init: (key, dtype) => ({ params: initRecurrent(key, dtype, gates, options), state: null }),
    apply: ({ params }, given, { training, key }: Context) => {
      const { x, ...states } = given instanceof Tensor ? { x: given } : given;
      const drops = random && training ? { dropout, training, key: requireKey(op, key) } : {};
      const all = run(x, params, { ...states, batchFirst, ...drops });
      if (returns === 'sequence') return [all.output, null];
      return [returns === 'last' ? lastOf(all.h, bidirectional ? 2 : 1) : all, null];
    },
  });
  return layer as Layer<RecurrentParameters, null, never, never>;
};

const rnnNames = { ...optionNames, nonlinearity: true } as const;

/**
 * A plain recurrent network over sequences: `[N, L, in]` → `{ output: [N, L, directions·hidden], h: [layers·directions, N, hidden] }`. Give a tensor, or
 * `{ x, h, lengths }`. `params: { weightIhL0, weightHhL0, biasIhL0, biasHhL0, … }`.
 * @throws ArgumentError for options out of range; ShapeError for inputs that do not fit.
 * @example
 * rnn({ in: 3, hidden: 4, returns: 'last' }).apply(rnn({ in: 3, hidden: 4 }).init(key(0)), ones([2, 5, 3]))[0].shape // [2, 4]
 */
export const rnn = <const O extends RnnLayerOptions>(
  options: O,
): Layer<RecurrentParameters, null, Tensor | SequenceInputs, Returned<O, RecurrentOutput>> => {
  const given: RnnLayerOptions = options;
  const { nonlinearity = 'tanh' } = checkedOptions('rnn', given, rnnNames);
  nonlinearityOf('rnn', { nonlinearity });
  return recurrentLayer(
    { op: 'rnn', gates: 1, run: (x, params, given) => rnnFunction(x, params, { ...given, nonlinearity }) },
    options,
  );
};

const lstmNames = { ...optionNames, projection: true } as const;

/**
 * A long short-term memory over sequences: `[N, L, in]` → `{ output: [N, L, directions·hidden], h, c: [layers·directions, N, hidden] }`. Give a
 * tensor, or `{ x, h, c, lengths }`. With `projection: P`, outputs and hidden states have P features.
 * @throws ArgumentError for options out of range; ShapeError for inputs that do not fit.
 * @example
 * lstm({ in: 3, hidden: 4, bidirectional: true, returns: 'sequence' }).apply(lstm({ in: 3, hidden: 4, bidirectional: true }).init(key(0)), ones([2, 5, 3]))[0].shape // [2, 5, 8]
 */
export const lstm = <const O extends LstmLayerOptions>(
  options: O,
): Layer<RecurrentParameters, null, Tensor | LstmInputs, Returned<O, LstmOutput>> => {
  const given: LstmLayerOptions = options;
  checkedOptions('lstm', given, lstmNames);
  return recurrentLayer({ op: 'lstm', gates: 4, run: lstmFunction }, options);
};

/**
 * Gated recurrent units over sequences: `[N, L, in]` → `{ output: [N, L, directions·hidden], h: [layers·directions, N, hidden] }`. Give a tensor,
 * or `{ x, h, lengths }`.
 * @throws ArgumentError for options out of range; ShapeError for inputs that do not fit.
 * @example
 * gru({ in: 3, hidden: 4, layers: 2 }).init(key(0)).params.weightIhL1?.shape // [12, 4]
 */
export const gru = <const O extends RecurrentLayerOptions>(
  options: O,
): Layer<RecurrentParameters, null, Tensor | SequenceInputs, Returned<O, RecurrentOutput>> => {
  const given: RecurrentLayerOptions = options;
  checkedOptions('gru', given, optionNames);
  return recurrentLayer({ op: 'gru', gates: 3, run: (x, params, given) => gruFunction(x, params, given) }, options);
};
