/** Parameters and states of recurrent networks: which layers and directions there are, whether everything fits, and where a run begins. */

import { sameShape } from '../../core/base/shape.js';
import { type Dtype, iota, less, reshape, ShapeError, slice, type Tensor, TreeError, zeros } from '../../core/index.js';
import { checkTensors, tensorOperand } from '../../core/tensor/arguments.js';
import { boundedNumbers, checkWhole } from './class-numbers.js';

/**
 * The parameters of a recurrent network: for each layer `weightIhL0 [gates·H, in]`, `weightHhL0 [gates·H, H]`, perhaps `biasIhL0` and
 * `biasHhL0 [gates·H]`, and `weightHrL0 [P, H]` where a long short-term memory projects its output; the same with `Reverse` behind for the
 * other direction.
 */
export type RecurrentParameters = {
  readonly [name in `${'weightIh' | 'weightHh' | 'weightHr' | 'biasIh' | 'biasHh'}L${number}${'' | 'Reverse'}`]: Tensor;
};

/** One direction of one layer. */
export interface Weights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly weightHr: Tensor | null;
  readonly biasIh: Tensor | null;
  readonly biasHh: Tensor | null;
}

/** A hidden state, and the cell state of those that have one. */
export interface State {
  readonly h: Tensor;
  readonly c: Tensor | null;
}

export interface Cell {
  readonly op: string;
  readonly gates: number;
  readonly hasCellState: boolean;
  readonly step: (fromInput: Tensor, fromHidden: Tensor, before: State) => State;
}

/** The weights of layer `i` in one direction, or `null` where there is no such layer. */
const weightsOf = (
  params: RecurrentParameters,
  i: number,
  direction: '' | 'Reverse',
  { op, gates }: Cell,
): Weights | null => {
  const at = (name: 'weightIh' | 'weightHh' | 'weightHr' | 'biasIh' | 'biasHh'): Tensor | null =>
    params[`${name}L${i}${direction}`] ?? null;
  const [weightIh, weightHh] = [at('weightIh'), at('weightHh')];
  if (weightIh === null || weightHh === null) return null;
  checkTensors(op, [weightIh, weightHh]);
  const weightHr = at('weightHr');
  const [rows = 0] = weightHh.shape;
  const width = weightHr === null ? rows / gates : (weightHr.shape[0] ?? 0);
  if (rows % gates !== 0 || weightIh.rank !== 2 || weightIh.shape[0] !== rows || weightHh.shape[1] !== width)
    throw new ShapeError({
      op,
      problem: `the weights of layer ${i} do not make ${gates} gate${gates > 1 ? 's' : ''}`,
      shapes: [weightIh.shape, weightHh.shape, ...(weightHr === null ? [] : [weightHr.shape])],
      remedy: 'give weights [gates·H, D] and [gates·H, H], or with a projection [gates·H, P] and [P, H]',
    });
  return { weightIh, weightHh, weightHr, biasIh: at('biasIh'), biasHh: at('biasHh') };
};

/** All layers, each with one direction or two. */
export const layersOf = (params: RecurrentParameters, cell: Cell): readonly (readonly Weights[])[] => {
  const layers: (readonly Weights[])[] = [];
  for (;;) {
    const forward = weightsOf(params ?? {}, layers.length, '', cell);
    if (forward === null) break;
    const reverse = weightsOf(params, layers.length, 'Reverse', cell);
    layers.push(reverse === null ? [forward] : [forward, reverse]);
  }
  const directions = layers[0]?.length;
  if (directions === undefined || layers.some((layer) => layer.length !== directions))
    throw new TreeError({
      op: cell.op,
      problem: directions === undefined ? 'there are no weights' : 'some layers have one direction and some two',
      remedy: 'give weightIhL0, weightHhL0, … for every layer, in both directions or in one',
    });
  return layers;
};

/** The initial states of one direction of one layer, cut from `[layers·directions, N, size]`; zeros where none are given. */
export const initial = (
  op: string,
  given: Tensor | null,
  place: number,
  places: number,
  [samples, size]: readonly [number, number],
  dtype: Dtype,
): Tensor => {
  if (given === null) return zeros([samples, size], dtype);
  if (!sameShape(tensorOperand(op, given).shape, [places, samples, size]))
    throw new ShapeError({
      op,
      problem: `the states before the first step are not [${places},${samples},${size}]`,
      shapes: [given.shape],
      remedy: 'give one for every layer and direction: [layers·directions, N, H]',
    });
  return reshape(slice(given, [[place, place + 1, 1], null, null]), [samples, size]) as Tensor;
};

/** Whether step `t` counts, `[L, N, 1]`; `null` where all do. */
export const countingSteps = (op: string, lengths: Tensor | null, steps: number, samples: number): Tensor | null => {
  if (lengths === null) return null;
  checkWhole(op, lengths, 'length');
  if (!sameShape(lengths.shape, [samples]))
    throw new ShapeError({
      op,
      problem: `there is not one length for each of ${samples} sequences`,
      shapes: [lengths.shape],
      remedy: `give lengths of shape [${samples}]`,
    });
  const known = boundedNumbers(op, lengths, {
    name: 'length',
    count: steps + 1,
    remedy: `give lengths from 0 to ${steps}, the number of steps`,
  });
  const row = reshape(known, [1, samples, 1]);
  return less(iota([steps, 1, 1], 0), row);
};
