/**
 * What a model is made of: a row a layer with the shape it makes, its parameters, and what it costs. The model runs on shapes only, so that a summary
 * of the largest network takes no time and no memory.
 */

import { bytesPerElement, isFloat } from '../core/base/dtype.js';
import { describe } from '../core/base/errors.js';
import { checkCallable, checkMethods } from '../core/base/methods.js';
import { scopePath } from '../core/base/scope.js';
import { withInterpreter } from '../core/dispatch/interpreter.js';
import {
  ArgumentError,
  type Dtype,
  type FloatDtype,
  key,
  type Shape,
  type Tensor,
  treeEntries,
  treeLeaves,
} from '../core/index.js';
import { checkDtype, checkedOptions } from '../core/tensor/arguments.js';
import { mapTensors } from '../core/tensor/tree.js';
import type { AnyLayer, ErasedLayer } from './layer.js';
import { madeBy } from './layer.js';
import { costInterpreter } from './operation-counts.js';
import { type ParameterCounts, parameterCounts } from './parameters.js';
import { summaryTable } from './summary-table.js';
import { type Watcher, withWatcher } from './watch.js';

export interface SummaryOptions {
  /** What `init` returned, or parameters loaded from somewhere; by default those that `init` would make. */
  readonly variables?: { readonly params: unknown; readonly state?: unknown };
  /** Says of each parameter, by its path (`features[0].weight`), whether it is frozen; none by default. */
  readonly frozen?: (path: string) => boolean;
  /** Element type of an input given by its shape: `int32` for a model that begins with an embedding; that of the parameters by default. */
  readonly inputDtype?: Dtype;
  /** Element type of the parameters; float32 by default. */
  readonly dtype?: FloatDtype;
  /** Summarise a run in training; false by default. */
  readonly training?: boolean;
  /** How many levels of layers inside layers the table shows; all by default. */
  readonly depth?: number;
}

/** One layer or function, with all that runs inside it. */
export interface SummaryRow {
  /** Where it is, `features.0`; empty for the model itself. */
  readonly path: string;
  /** As it prints itself, `linear(4, 3)`. */
  readonly name: string;
  /** 0 for the model itself. */
  readonly depth: number;
  /** Shapes of all tensors it makes. */
  readonly outputs: readonly Shape[];
  readonly parameters: number;
  readonly trainable: number;
  readonly runningStatistics: number;
  /** A layer that ran before with the same parameters, which are counted there. */
  readonly shared: boolean;
  readonly multiplyAdds: number;
  /** Operations on numbers: two a multiply-add, and one an element of everything else that computes. */
  readonly flops: number;
  /** Bytes of what it makes. */
  readonly outputBytes: number;
}

export interface Summary {
  /** In the order in which they began, each layer in front of what runs inside it. */
  readonly rows: readonly SummaryRow[];
  readonly parameters: ParameterCounts;
  readonly parameterBytes: number;
  /** Products added up, each with its addition. */
  readonly multiplyAdds: number;
  /** Two a multiply-add, and one an element of everything else that computes. */
  readonly flops: number;
  /** Bytes of the outputs of all layers that hold no other layers. */
  readonly activationBytes: number;
  /** The table. */
  toString(): string;
}

/** A row while what runs inside it is still running. */
interface Draft {
  readonly row: SummaryRow;
  isLeaf: boolean;
}

const bytesOf = (tensors: readonly Tensor[]): number =>
  tensors.reduce((total, { size, dtype }) => total + size * bytesPerElement(dtype), 0);

/** Tensors among what a layer returns, whatever else there is. */
const tensorsOf = (value: unknown): readonly Tensor[] => {
  const found: Tensor[] = [];
  mapTensors(value, (tensor) => {
    found.push(tensor);
    return tensor;
  });
  return found;
};

const leavesOf = (tree: unknown): readonly Tensor[] => treeLeaves(tree ?? null, 'summary');

const total = (leaves: readonly Tensor[]): number => leaves.reduce((sum, { size }) => sum + size, 0);

const isFloating = ({ dtype }: Tensor): boolean => isFloat(dtype);

const isShape = (input: unknown): input is Shape =>
  Array.isArray(input) && input.length < 2 ** 16 && input.every((size) => typeof size === 'number');

const checkInput = (input: unknown): void => {
  if (
    typeof input !== 'object' ||
    input === null ||
    (isShape(input) && input.some((size) => !Number.isInteger(size) || size < 0))
  )
    throw new ArgumentError({
      op: 'summary',
      problem: `the input is ${describe(input)}${isShape(input) ? ` with the size ${input.find((size) => !Number.isInteger(size) || size < 0)}` : ''}`,
      remedy: 'give the shape of a batch, such as [64, 3, 32, 32], or a tensor or a tree of tensors',
    });
};

const summaryNames = {
  variables: true,
  frozen: true,
  inputDtype: true,
  dtype: true,
  training: 'flag',
  depth: true,
} as const;

/**
 * A table of a model's layers for an input: a shape with the samples in front, a tensor, or a tree of tensors, whose values are not read. Nested layers have rows of
 * their own beneath them; plain functions among the children, too. Frozen parameters are those that `frozen` names.
 * @throws ArgumentError for an input that is no shape; and whatever the model throws when the input does not fit.
 * @example
 * summary(sequential(linear(4, 8), relu, linear(8, 3)), [5, 4]).parameters.all // 67
 * summary(linear(4, 3), [5, 4]).flops // 135
 * summary(linear(4, 3), [5, 4]).rows.map(({ name, outputs }) => [name, outputs[0]]) // [['linear(4, 3)', [5, 3]]]
 */
export const summary = (model: AnyLayer, input: unknown, options: SummaryOptions = {}): Summary => {
  const given = checkedOptions('summary', options, summaryNames);
  const { frozen = () => false, inputDtype, dtype = 'float32', training = false, depth } = given;
  checkCallable('summary', 'frozen', frozen);
  checkDtype('summary', dtype);
  if (inputDtype !== undefined) checkDtype('summary', inputDtype);
  if (depth !== undefined && !(typeof depth === 'number' && depth >= 0))
    throw new ArgumentError({ op: 'summary', problem: `depth is ${describe(depth)}`, remedy: 'give a number ≥ 0' });
  checkInput(input);
  const costs = costInterpreter();
  const layer = model as ErasedLayer;
  checkMethods('summary', 'the model', layer, ['init', 'apply']);

  return withInterpreter(costs, () => {
    const hollow = ({ shape, dtype: kind }: { readonly shape: Shape; readonly dtype: Dtype }): Tensor =>
      costs.unknown(shape, kind);
    const made = madeBy('summary', given.variables ?? layer.init(key(0), { dtype }));
    const variables = { params: made.params, state: made.state ?? null };
    const entries = treeEntries(variables.params, 'summary');
    const x = isShape(input)
      ? hollow({ shape: input, dtype: inputDtype ?? entries[0]?.[1].dtype ?? dtype })
      : mapTensors(input, hollow);
    const kept = new Set(entries.flatMap(([path, leaf]) => (frozen(path) ? [leaf] : [])));

    const drafts: Draft[] = [];
    const open: Draft[] = [];
    const seen = new Set<unknown>();
    const start = costs.counts();
    const watcher: Watcher = ({ name, params, state }, run) => {
      const before = costs.counts();
      const shared = typeof params === 'object' && params !== null && seen.has(params);
      if (params !== null) seen.add(params);
      const parameters = shared ? [] : leavesOf(params);
      const place = drafts.length;
      const parent = open.at(-1);
      if (parent !== undefined) parent.isLeaf = false;
      const fields = {
        path: scopePath(),
        name: name === '' ? 'function' : name,
        depth: open.length,
        parameters: total(parameters),
        trainable: total(parameters.filter((leaf) => !kept.has(leaf))),
        runningStatistics: shared ? 0 : total(leavesOf(state).filter(isFloating)),
        shared,
      };
      const draft: Draft = { row: { ...fields, outputs: [], multiplyAdds: 0, flops: 0, outputBytes: 0 }, isLeaf: true };
      drafts.push(draft);
      open.push(draft);
      const result = run();
      open.pop();
      const after = costs.counts();
      // A layer returns its output and its state; a function its output alone.
      const output = tensorsOf(params === null && !Array.isArray(result) ? result : (result as readonly unknown[])[0]);
      const multiplyAdds = after.multiplyAdds - before.multiplyAdds;
      drafts[place] = {
        isLeaf: draft.isLeaf,
        row: {
          ...fields,
          outputs: output.map(({ shape }) => shape),
          multiplyAdds,
          flops: 2 * multiplyAdds + after.others - before.others,
          outputBytes: bytesOf(output),
        },
      };
      return result;
    };
    withWatcher(watcher, () => layer.apply(variables, x, training ? { training, key: key(0) } : {}));

    const end = costs.counts();
    const multiplyAdds = end.multiplyAdds - start.multiplyAdds;
    const rows = drafts.map(({ row }) => row);
    const parts = {
      rows,
      parameters: parameterCounts(variables, { frozen }),
      parameterBytes: bytesOf(entries.map(([, leaf]) => leaf)),
      multiplyAdds,
      flops: 2 * multiplyAdds + end.others - start.others,
      activationBytes: drafts.reduce((sum, { row, isLeaf }) => (isLeaf ? sum + row.outputBytes : sum), 0),
    };
    return { ...parts, toString: () => summaryTable(parts, depth ?? Number.POSITIVE_INFINITY) };
  });
};
