/**
 * One step of recurrent layers. Weights are `[gates·H, …]`, the gates one above the other, and are called what PyTorch calls
 * them: `weightIh` leads from the input to the hidden state, `weightHh` from the hidden state to itself.
 */

import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { sameShape } from '../../core/base/shape.js';
import { ArgumentError, add, mul, relu, ShapeError, sigmoid, slice, sub, type Tensor, tanh } from '../../core/index.js';
import { checkedOptions, checkTensors } from '../../core/tensor/arguments.js';
import { linear } from './linear.js';

export interface CellParameters {
  /** From the input: `[gates·H, D]`. */
  readonly weightIh: Tensor;
  /** From the hidden state: `[gates·H, H]`. */
  readonly weightHh: Tensor;
  /** `[gates·H]`. */
  readonly biasIh?: Tensor | null;
  /** `[gates·H]`. */
  readonly biasHh?: Tensor | null;
}

export interface RnnCellOptions {
  /** `tanh` by default. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/** The function of a plain recurrent network, or an `ArgumentError`. */
export const nonlinearityOf = (op: string, { nonlinearity = 'tanh' }: RnnCellOptions): ((x: Tensor) => Tensor) => {
  if (nonlinearity === 'tanh') return tanh;
  if (nonlinearity === 'relu') return relu;
  throw new ArgumentError({
    op,
    problem: `there is no nonlinearity ${describe(nonlinearity)}`,
    remedy: "use 'tanh' or 'relu'",
  });
};

const checkCellNames = { weightIh: true, weightHh: true, biasIh: true, biasHh: true } as const;

/** Throws unless the weights have as many rows as there are gates of the hidden state's width. */
const checkCell = (op: string, gates: number, states: readonly Tensor[], params: CellParameters): void => {
  checkTensors(op, states);
  const { weightIh, weightHh } = checkedOptions(op, params, checkCellNames);
  checkTensors(op, [weightIh, weightHh]);
  const [, h] = states;
  const size = h?.shape.at(-1) ?? 1;
  if (weightIh.shape[0] === gates * size && sameShape(weightHh.shape, [gates * size, size])) return;
  throw new ShapeError({
    op,
    problem: `the weights do not make ${gates} gate${gates > 1 ? 's' : ''} of ${size} from the state`,
    shapes: [...states.map(({ shape }) => shape), weightIh.shape, weightHh.shape],
    remedy: 'give weights [gates·H, D] and [gates·H, H] for a state [N, H]',
  });
};

/** Column block `i` of width `size`. */
const gate = (x: Tensor, i: number, size: number): Tensor =>
  slice(x, [...new Array<null>(x.rank - 1).fill(null), [i * size, (i + 1) * size, 1]]);

const fromInput = (x: Tensor, { weightIh, biasIh }: CellParameters): Tensor => linear(x, weightIh, biasIh ?? null);
const fromHidden = (h: Tensor, { weightHh, biasHh }: CellParameters): Tensor => linear(h, weightHh, biasHh ?? null);

/** `c′` and `σ(o)·tanh(c′)` of a long short-term memory, from the sum of what input and hidden state bring to the gates. */
export const lstmStep = (gates: Tensor, c: Tensor): readonly [h: Tensor, c: Tensor] => {
  const size = c.shape.at(-1) ?? 1;
  const input = sigmoid(gate(gates, 0, size));
  const forget = sigmoid(gate(gates, 1, size));
  const candidate = tanh(gate(gates, 2, size));
  const output = sigmoid(gate(gates, 3, size));
  const next: Tensor = add(mul(forget, c), mul(input, candidate));
  return [mul(output, tanh(next)), next];
};

/** `h′` of a gated recurrent unit, from what the input (`a`) and the hidden state (`b`) bring to the gates. */
export const gruStep = (a: Tensor, b: Tensor, h: Tensor): Tensor => {
  const size = h.shape.at(-1) ?? 1;
  const reset = sigmoid(add(gate(a, 0, size), gate(b, 0, size)));
  const update = sigmoid(add(gate(a, 1, size), gate(b, 1, size)));
  const candidate: Tensor = tanh(add(gate(a, 2, size), mul(reset, gate(b, 2, size))));
  return add(mul(sub(1, update), candidate), mul(update, h));
};

const rnnCellNames = { nonlinearity: true } as const;

/**
 * `h′ = tanh(Wx + b + Uh + c)`, or with ReLU in the place of tanh. `x: [N, D]`, `h: [N, H]` → `[N, H]`.
 * @throws ShapeError when the weights do not fit the state; ArgumentError for another nonlinearity.
 * @example
 * functional.rnnCell(ones([1, 2]), zeros([1, 3]), { weightIh: zeros([3, 2]), weightHh: zeros([3, 3]) }).toArray() // [[0, 0, 0]]
 */
export const rnnCell = (x: Tensor, h: Tensor, params: CellParameters, options: RnnCellOptions = {}): Tensor =>
  inOperation('rnnCell', () => {
    const f = nonlinearityOf('rnnCell', checkedOptions('rnnCell', options, rnnCellNames));
    checkCell('rnnCell', 1, [x, h], params);
    return f(add(fromInput(x, params), fromHidden(h, params)));
  });

/**
 * A long short-term memory cell (Hochreiter & Schmidhuber 1997) with gates i, f, g, o:
 * `c′ = σ(f)·c + σ(i)·tanh(g)`, `h′ = σ(o)·tanh(c′)`. Returns `[h′, c′]`, both `[N, H]`.
 * @throws ShapeError when the weights do not fit the state.
 * @example
 * functional.lstmCell(ones([1, 2]), zeros([1, 1]), ones([1, 1]), { weightIh: zeros([4, 2]), weightHh: zeros([4, 1]) })[1].toArray() // [[0.5]]
 */
export const lstmCell = (x: Tensor, h: Tensor, c: Tensor, params: CellParameters): readonly [Tensor, Tensor] =>
  inOperation('lstmCell', () => {
    checkCell('lstmCell', 4, [x, h, c], params);
    return lstmStep(add(fromInput(x, params), fromHidden(h, params)), c);
  });

/**
 * A gated recurrent unit (Cho et al. 2014) with gates r, z, n: `n = tanh(W_n x + b_n + r·(U_n h + c_n))`,
 * `h′ = (1 − z)·n + z·h`. `x: [N, D]`, `h: [N, H]` → `[N, H]`.
 * @throws ShapeError when the weights do not fit the state.
 * @example
 * functional.gruCell(ones([1, 2]), ones([1, 1]), { weightIh: zeros([3, 2]), weightHh: zeros([3, 1]) }).toArray() // [[0.5]]
 */
export const gruCell = (x: Tensor, h: Tensor, params: CellParameters): Tensor =>
  inOperation('gruCell', () => {
    checkCell('gruCell', 3, [x, h], params);
    return gruStep(fromInput(x, params), fromHidden(h, params), h);
  });
