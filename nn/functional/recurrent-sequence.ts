/**
 * Recurrent networks over whole sequences: several layers, one direction or both. Parameters are called and shaped as
 * PyTorch's: `weightIhL0` is its `weight_ih_l0`, `weightHhL1Reverse` its `weight_hh_l1_reverse`. The projections of all inputs of a
 * layer are one matrix product; only the step from state to state is a loop.
 */

import { type Dtype, floatLike } from '../../core/base/dtype.js';
import { inOperation } from '../../core/base/scope.js';
import {
  add,
  concat,
  foldIn,
  type Key,
  matmul,
  reshape,
  type Shape,
  ShapeError,
  scan,
  stack,
  type Tensor,
  transpose,
  where,
} from '../../core/index.js';
import { checkedOptions, tensorOperand } from '../../core/tensor/arguments.js';
import { dropout, keepProbability } from './dropout.js';
import { linear } from './linear.js';
import { gruStep, lstmStep, nonlinearityOf, type RnnCellOptions } from './recurrent.js';
import {
  type Cell,
  countingSteps,
  initial,
  layersOf,
  type RecurrentParameters,
  type State,
  type Weights,
} from './recurrent-parameters.js';

export type { RecurrentParameters };

export interface SequenceOptions {
  /** Sequences `[N, L, D]` (true, the default) or `[L, N, D]` (PyTorch's default). */
  readonly batchFirst?: boolean;
  /** The hidden states before the first step, `[layers·directions, N, H]`; zeros by default. */
  readonly h?: Tensor | null;
  /**
   * How many steps of each sequence count, int32 `[N]`, from 0 to L; all by default. Later outputs are 0, and later inputs change nothing, even
   * if they are NaN.
   */
  readonly lengths?: Tensor | null;
  /** The probability to drop an output of any layer but the last in training; 0 by default. */
  readonly dropout?: number;
  /** false by default. */
  readonly training?: boolean;
  /** Where dropout draws from. */
  readonly key?: Key | undefined;
}

export interface RnnOptions extends SequenceOptions, RnnCellOptions {}

export interface LstmOptions extends SequenceOptions {
  /** The cell states before the first step, `[layers·directions, N, H]`; zeros by default. */
  readonly c?: Tensor | null;
}

/** What comes out: the last layer's outputs `[N, L, directions·H]`, and every layer's and direction's last state `[layers·directions, N, H]`. */
export interface RecurrentOutput {
  readonly output: Tensor;
  readonly h: Tensor;
}

/** The cell states, too. */
export interface LstmOutput extends RecurrentOutput {
  readonly c: Tensor;
}

const optionNames = { batchFirst: 'flag', h: true, lengths: true, dropout: true, training: 'flag', key: true } as const;

/** Runs one direction over `xs: [L, N, D]`: its outputs in the order of the inputs, and its last state. */
const runDirection = (
  cell: Cell,
  xs: Tensor,
  weights: Weights,
  start: State,
  counting: Tensor | null,
  reverse: boolean,
): { readonly outputs: Tensor; readonly last: State } => {
  const step = (
    state: State,
    { x, counts }: { readonly x: Tensor; readonly counts: Tensor | null },
  ): [State, Tensor] => {
    const { h, c } = cell.step(x, linear(state.h, weights.weightHh, weights.biasHh), state);
    const shown: Tensor = weights.weightHr === null ? h : matmul(h, transpose(weights.weightHr) as Tensor);
    if (counts === null) return [{ h: shown, c }, shown];
    const kept: State = {
      h: where(counts, shown, state.h),
      c: c === null || state.c === null ? null : where(counts, c, state.c),
    };
    return [kept, where(counts, shown, 0)];
  };
  const projected = linear(xs, weights.weightIh, weights.biasIh);
  const [last, outputs] = scan(step, start, { x: projected, counts: counting }, { reverse });
  return { outputs, last };
};

/** All layers over sequences of either order, or over one sequence `[L, D]`. */
const run = (
  cell: Cell,
  x: Tensor,
  params: RecurrentParameters,
  options: LstmOptions,
): { readonly output: Tensor; readonly h: Tensor; readonly c: Tensor | null } => {
  const { op } = cell;
  const { batchFirst = true, h = null, c = null, lengths = null, dropout: p = 0, training = false, key } = options;
  keepProbability(op, { p });
  const layers = layersOf(params, cell);
  const inputs = layers[0]?.[0]?.weightIh.shape[1] ?? 0;
  const alone = tensorOperand(op, x).rank === 2;
  const wanted: Shape = x.shape;
  if ((x.rank !== 3 && !alone) || wanted.at(-1) !== inputs || wanted.includes(0))
    throw new ShapeError({
      op,
      problem: `the input is not a sequence of ${inputs} features with one step or more`,
      shapes: [wanted],
      remedy: `give ${batchFirst ? '[N, L, D]' : '[L, N, D]'}, or [L, D] for one sequence`,
    });
  const one = (state: Tensor | null): Tensor | null =>
    state === null || !alone ? state : (reshape(state, [state.shape[0] ?? 1, 1, state.shape.at(-1) ?? 1]) as Tensor);
  let xs: Tensor = alone
    ? (reshape(x, [wanted[0] ?? 1, 1, inputs]) as Tensor)
    : batchFirst
      ? (transpose(x, 0, 1) as Tensor)
      : x;
  const [steps = 0, samples = 0] = xs.shape;
  const counting = countingSteps(op, lengths, steps, samples);
  // Inputs behind the end of a sequence meet weights all the same; as zeros they leave no trace in gradients.
  if (counting !== null) xs = where(counting, xs, 0);
  const dtype: Dtype = floatLike(x.dtype);
  const places = layers.length * (layers[0]?.length ?? 1);
  const last: State[] = [];
  for (const [i, directions] of layers.entries()) {
    const ran = directions.map((weights, direction) => {
      const place = i * directions.length + direction;
      const size = (weights.weightHh.shape[0] ?? 0) / cell.gates;
      const start: State = {
        h: initial(op, one(h), place, places, [samples, weights.weightHh.shape[1] ?? 0], dtype),
        c: cell.hasCellState ? initial(op, one(c), place, places, [samples, size], dtype) : null,
      };
      return runDirection(cell, xs, weights, start, counting, direction === 1);
    });
    last.push(...ran.map((direction) => direction.last));
    const joined =
      ran.length === 1 && ran[0] !== undefined
        ? ran[0].outputs
        : concat(
            ran.map((d) => d.outputs),
            2,
          );
    const dropped = i < layers.length - 1 && p > 0 && training;
    xs = dropped ? dropout(joined, { p, training, key: key === undefined ? key : foldIn(key, i) }) : joined;
  }
  const finish = (state: Tensor): Tensor =>
    alone ? (reshape(state, [state.shape[0] ?? 1, state.shape[2] ?? 1]) as Tensor) : state;
  const cells = last.flatMap((state) => (state.c === null ? [] : [state.c]));
  return {
    output: alone
      ? (reshape(xs, [steps, xs.shape[2] ?? 1]) as Tensor)
      : batchFirst
        ? (transpose(xs, 0, 1) as Tensor)
        : xs,
    h: finish(stack(last.map((state) => state.h))),
    c: cells.length === 0 ? null : finish(stack(cells)),
  };
};

const rnnNames = { ...optionNames, nonlinearity: true } as const;

/**
 * A plain recurrent network over sequences: `h_t = tanh(W x_t + b + U h_{t−1} + c)`, layer upon layer. `x: [N, L, D]` → `output: [N, L, directions·H]`,
 * `h: [layers·directions, N, H]`; one sequence without a batch axis is `[L, D]`. How many layers and directions there are is read off the
 * parameters.
 * @throws ShapeError when inputs, states or weights do not fit; TreeError without weights; DtypeError unless lengths are int32;
 * ArgumentError for a length below 0 or above L.
 * @example
 * functional.rnn(ones([1, 2, 1]), { weightIhL0: ones([1, 1]), weightHhL0: ones([1, 1]) }, { nonlinearity: 'relu' }).output.toArray() // [[[1], [2]]]
 */
export const rnn = (x: Tensor, params: RecurrentParameters, given: RnnOptions = {}): RecurrentOutput =>
  inOperation('rnn', () => {
    const { nonlinearity, ...options } = checkedOptions('rnn', given, rnnNames);
    const f = nonlinearityOf('rnn', nonlinearity === undefined ? {} : { nonlinearity });
    const step = (a: Tensor, b: Tensor): State => ({ h: f(add(a, b)), c: null });
    const { output, h } = run({ op: 'rnn', gates: 1, hasCellState: false, step }, x, params, options);
    return { output, h };
  });

const lstmNames = { ...optionNames, c: true } as const;

/**
 * A long short-term memory over sequences (`functional.lstmCell` is one step). `x: [N, L, D]` → `output: [N, L, directions·H]`, `h` and
 * `c: [layers·directions, N, H]`; with a projection, `output` and `h` have P features in the place of H.
 * @throws ShapeError when inputs, states or weights do not fit; TreeError without weights; DtypeError unless lengths are int32;
 * ArgumentError for a length below 0 or above L.
 * @example
 * functional.lstm(ones([2, 5, 3]), { weightIhL0: zeros([16, 3]), weightHhL0: zeros([16, 4]) }).c.shape // [1, 2, 4]
 */
export const lstm = (x: Tensor, params: RecurrentParameters, given: LstmOptions = {}): LstmOutput =>
  inOperation('lstm', () => {
    const options = checkedOptions('lstm', given, lstmNames);
    const step = (a: Tensor, b: Tensor, { h: hidden, c: cell }: State): State => {
      const [h, c] = lstmStep(add(a, b), cell ?? hidden);
      return { h, c };
    };
    const { output, h, c } = run({ op: 'lstm', gates: 4, hasCellState: true, step }, x, params, options);
    return { output, h, c: c ?? h };
  });

/**
 * Gated recurrent units over sequences (`functional.gruCell` is one step). `x: [N, L, D]` → `output: [N, L, directions·H]`,
 * `h: [layers·directions, N, H]`.
 * @throws ShapeError when inputs, states or weights do not fit; TreeError without weights; DtypeError unless lengths are int32;
 * ArgumentError for a length below 0 or above L.
 * @example
 * functional.gru(ones([2, 5, 3]), { weightIhL0: zeros([12, 3]), weightHhL0: zeros([12, 4]) }).output.shape // [2, 5, 4]
 */
export const gru = (x: Tensor, params: RecurrentParameters, given: SequenceOptions = {}): RecurrentOutput =>
  inOperation('gru', () => {
    const options = checkedOptions('gru', given, optionNames);
    const step = (a: Tensor, b: Tensor, { h }: State): State => ({ h: gruStep(a, b, h), c: null });
    const { output, h } = run({ op: 'gru', gates: 3, hasCellState: false, step }, x, params, options);
    return { output, h };
  });
