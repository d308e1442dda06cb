/** One step of recurrent layers. Weights are `[gates·H, …]`, the gates one above the other. */
import { checkedOptions, checkTensors } from '../../core/arguments.js';
import { add, mul, ShapeError, sigmoid, slice, sub, type Tensor, tanh } from '../../core/index.js';
import { sameShape } from '../../core/shape.js';
import { linear } from './linear.js';

export interface CellParameters {
  /** From the input: `[gates·H, D]`. */
  readonly inputWeight: Tensor;
  /** From the hidden state: `[gates·H, H]`. */
  readonly hiddenWeight: Tensor;
  /** `[gates·H]`. */
  readonly inputBias?: Tensor | null;
  /** `[gates·H]`. */
  readonly hiddenBias?: Tensor | null;
}

/** Throws unless the weights have as many rows as there are gates of the hidden state's width. */
const checkCell = (op: string, gates: number, states: readonly Tensor[], params: CellParameters): void => {
  checkTensors(op, states);
  const { inputWeight, hiddenWeight } = checkedOptions(op, params, [
    'inputWeight',
    'hiddenWeight',
    'inputBias',
    'hiddenBias',
  ]);
  checkTensors(op, [inputWeight, hiddenWeight]);
  const [, h] = states;
  const size = h?.shape.at(-1) ?? 1;
  if (inputWeight.shape[0] === gates * size && sameShape(hiddenWeight.shape, [gates * size, size])) return;
  throw new ShapeError({
    op,
    problem: `the weights do not make ${gates} gate${gates > 1 ? 's' : ''} of ${size} from the state`,
    shapes: [...states.map(({ shape }) => shape), inputWeight.shape, hiddenWeight.shape],
    remedy: 'give weights [gates·H, D] and [gates·H, H] for a state [N, H]',
  });
};

/** Column block `i` of width `size`. */
const gate = (x: Tensor, i: number, size: number): Tensor =>
  slice(x, [...new Array<null>(x.rank - 1).fill(null), [i * size, (i + 1) * size, 1]]);

const fromInput = (x: Tensor, { inputWeight, inputBias }: CellParameters): Tensor =>
  linear(x, inputWeight, inputBias ?? null);
const fromHidden = (h: Tensor, { hiddenWeight, hiddenBias }: CellParameters): Tensor =>
  linear(h, hiddenWeight, hiddenBias ?? null);

/**
 * `h′ = tanh(Wx + b + Uh + c)`. `x: [N, D]`, `h: [N, H]` → `[N, H]`.
 * @example
 * functional.rnnCell(ones([1, 2]), zeros([1, 3]), { inputWeight: zeros([3, 2]), hiddenWeight: zeros([3, 3]) }).toArray() // [[0, 0, 0]]
 */
export const rnnCell = (x: Tensor, h: Tensor, params: CellParameters): Tensor => {
  checkCell('rnnCell', 1, [x, h], params);
  return tanh(add(fromInput(x, params), fromHidden(h, params)));
};

/**
 * A long short-term memory cell (Hochreiter & Schmidhuber 1997) with gates i, f, g, o:
 * `c′ = σ(f)·c + σ(i)·tanh(g)`, `h′ = σ(o)·tanh(c′)`. Returns `[h′, c′]`, both `[N, H]`.
 * @example
 * functional.lstmCell(ones([1, 2]), zeros([1, 1]), ones([1, 1]), { inputWeight: zeros([4, 2]), hiddenWeight: zeros([4, 1]) })[1].toArray() // [[0.5]]
 */
export const lstmCell = (x: Tensor, h: Tensor, c: Tensor, params: CellParameters): readonly [Tensor, Tensor] => {
  checkCell('lstmCell', 4, [x, h, c], params);
  const size = h.shape.at(-1) ?? 1;
  const gates = add(fromInput(x, params), fromHidden(h, params));
  const input = sigmoid(gate(gates, 0, size));
  const forget = sigmoid(gate(gates, 1, size));
  const candidate = tanh(gate(gates, 2, size));
  const output = sigmoid(gate(gates, 3, size));
  const next: Tensor = add(mul(forget, c), mul(input, candidate));
  return [mul(output, tanh(next)), next];
};

/**
 * A gated recurrent unit (Cho et al. 2014) with gates r, z, n: `n = tanh(W_n x + b_n + r·(U_n h + c_n))`,
 * `h′ = (1 − z)·n + z·h`. `x: [N, D]`, `h: [N, H]` → `[N, H]`.
 * @example
 * functional.gruCell(ones([1, 2]), ones([1, 1]), { inputWeight: zeros([3, 2]), hiddenWeight: zeros([3, 1]) }).toArray() // [[0.5]]
 */
export const gruCell = (x: Tensor, h: Tensor, params: CellParameters): Tensor => {
  checkCell('gruCell', 3, [x, h], params);
  const size = h.shape.at(-1) ?? 1;
  const [a, b] = [fromInput(x, params), fromHidden(h, params)];
  const reset = sigmoid(add(gate(a, 0, size), gate(b, 0, size)));
  const update = sigmoid(add(gate(a, 1, size), gate(b, 1, size)));
  const candidate: Tensor = tanh(add(gate(a, 2, size), mul(reset, gate(b, 2, size))));
  return add(mul(sub(1, update), candidate), mul(update, h));
};
