/**
 * Trees of parameters and flat lists of named tensors, as PyTorch's state dictionaries are: `features.0.weight`. Loading by
 * name says what was found, what was missing and what had another shape, so that a pretrained body can meet a new head.
 */

import { ArgumentError, describe, formatShape, TreeError } from '../core/base/errors.js';
import type { Shape } from '../core/base/shape.js';
import { checkShape } from '../core/base/shape.js';
import { cast } from '../core/primitives/elementwise/cast.js';
import { checkedOptions } from '../core/tensor/arguments.js';
import { Tensor } from '../core/tensor/tensor.js';
import { eachLeaf, treeUnflatten } from '../core/tensor/tree.js';
import { checkCallback, checkList, checkObject, checkText, checkTexts, namedEntries } from './checks.js';

const entriesOf = (tree: unknown, op: string): (readonly [name: string, leaf: Tensor])[] => {
  const entries: (readonly [string, Tensor])[] = [];
  eachLeaf(op, tree, (leaf, path) => entries.push([path.join('.'), leaf]));
  return entries;
};

/** The leaves by their names, once it is known that no two share one: `{ 'a.b': … }` beside `{ a: { b: … } }`. */
const named = (
  entries: readonly (readonly [name: string, leaf: Tensor])[],
  op: string,
): ReadonlyMap<string, Tensor> => {
  const names = new Map<string, Tensor>();
  for (const [name, leaf] of entries) {
    if (names.has(name))
      throw new ArgumentError({
        op,
        problem: `two leaves of the tree are called ${JSON.stringify(name)}`,
        remedy: 'use keys without dots',
      });
    names.set(name, leaf);
  }
  return names;
};

/**
 * The leaves of a tree by name: keys and positions joined by dots.
 * @throws ArgumentError when two leaves get the same name.
 * @example
 * [...stateDict({ conv: { weight: ones([1]) }, layers: [ones([2])] }).keys()] // ['conv.weight', 'layers.0']
 */
export const stateDict = (tree: unknown): ReadonlyMap<string, Tensor> =>
  named(entriesOf(tree, 'stateDict'), 'stateDict');

/** Last parts of names that differ by more than their spelling. */
const torchNames: Readonly<Record<string, string>> = {
  running_var: 'runningVariance',
  num_batches_tracked: 'batches',
};

const camelCase = (part: string): string =>
  Object.hasOwn(torchNames, part)
    ? (torchNames[part] ?? part)
    : part.replace(/(?<=[^_])_+([a-z])/g, (_, letter: string) => letter.toUpperCase());

const snakeCase = (part: string): string =>
  Object.keys(torchNames).find((name) => torchNames[name] === part) ??
  part.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * PyTorch's name as this library writes it: camel case, `running_var` in full.
 * @example
 * fromTorchName('bn1.running_var') // 'bn1.runningVariance'
 * fromTorchName('encoder.self_attn.in_proj_weight') // 'encoder.selfAttn.inProjWeight'
 * fromTorchName('rnn.weight_ih_l0_reverse') // 'rnn.weightIhL0Reverse'
 */
export const fromTorchName = (name: string): string => {
  checkText('fromTorchName', 'the name', name);
  return name.split('.').map(camelCase).join('.');
};

/**
 * A name of this library as PyTorch writes it, for files that PyTorch is to read.
 * @example
 * toTorchName('rnn.weightIhL0Reverse') // 'rnn.weight_ih_l0_reverse'
 * toTorchName('bn1.runningVariance') // 'bn1.running_var'
 */
export const toTorchName = (name: string): string => {
  checkText('toTorchName', 'the name', name);
  return name.split('.').map(snakeCase).join('.');
};

export interface LoadStateOptions {
  /**
   * From the name in the file to the name in the tree; `null` leaves a tensor aside. By default names that the tree has stay as they
   * are, and others go through `fromTorchName`; a tree that writes its own keys with underscores is understood too.
   */
  readonly rename?: (name: string) => string | null;
}

export interface LoadReport {
  /** Names in the tree that were filled. */
  readonly loaded: readonly string[];
  /** Names in the tree that the file does not have; they keep their values. */
  readonly missing: readonly string[];
  /** Names in the file that the tree does not have. */
  readonly unused: readonly string[];
  /** Names that both have with different shapes; they keep their values. */
  readonly mismatched: readonly { readonly name: string; readonly wanted: Shape; readonly found: Shape }[];
}

type NamedTensors = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

interface Found {
  readonly from: string;
  readonly tensor: Tensor;
}

/** Throws for what holds the tensors that are meant, and is none of them by name. */
const checkNamed = (op: string, tensors: unknown): void => {
  if (typeof tensors !== 'object' || tensors === null) return;
  if (typeof (tensors as { readonly then?: unknown }).then === 'function')
    throw new ArgumentError({
      op,
      problem: 'the tensors are a promise',
      remedy: `wait for them: ${op}(…, (await loadSafetensors(path)).tensors)`,
    });
  const inner = (tensors as { readonly tensors?: unknown }).tensors;
  if (!(tensors instanceof Map) && typeof inner === 'object' && inner !== null && !(inner instanceof Tensor))
    throw new ArgumentError({
      op,
      problem: 'the tensors are an object with tensors in it, as a file has',
      remedy: `give its tensors: ${op}(…, (await loadSafetensors(path)).tensors)`,
    });
};

/** The tensors of the file by their names in the tree. Names that the tree has as they are need no other, unless `rename` is given. */
const renamed = (
  op: string,
  tensors: NamedTensors,
  wanted: ReadonlyMap<string, Tensor>,
  { rename }: LoadStateOptions,
): ReadonlyMap<string, Found> => {
  checkCallback(op, 'rename', rename);
  const nameOf = rename ?? ((name: string): string => (wanted.has(name) ? name : fromTorchName(name)));
  const source = new Map<string, Found>();
  checkNamed(op, tensors);
  for (const [from, tensor] of namedEntries(op, tensors)) {
    const name: unknown = nameOf(from);
    if (name === null) continue;
    if (typeof name !== 'string')
      throw new ArgumentError({
        op,
        problem: `${from} is renamed to ${describe(name)}`,
        remedy: 'give a text, or null',
      });
    const other = source.get(name);
    if (other !== undefined)
      throw new ArgumentError({
        op,
        problem: `${other.from} and ${from} are both renamed to ${name}`,
        remedy: 'give each tensor a name of its own, or null to leave one aside',
      });
    source.set(name, { from, tensor });
  }
  return source;
};

/** For each leaf its namesake of the same shape, or itself. */
const fill = (
  wanted: readonly (readonly [name: string, leaf: Tensor])[],
  source: ReadonlyMap<string, Found>,
): { readonly leaves: readonly Tensor[]; readonly report: LoadReport } => {
  const loaded: string[] = [];
  const missing: string[] = [];
  const mismatched: { readonly name: string; readonly wanted: Shape; readonly found: Shape }[] = [];
  const met = new Set<Found>();
  const leaves = wanted.map(([name, leaf]) => {
    const found = source.get(name) ?? source.get(fromTorchName(name));
    if (found === undefined) {
      missing.push(name);
      return leaf;
    }
    met.add(found);
    const { tensor } = found;
    if (tensor.shape.join() !== leaf.shape.join()) {
      mismatched.push({ name, wanted: leaf.shape, found: tensor.shape });
      return leaf;
    }
    loaded.push(name);
    return tensor.dtype === leaf.dtype ? tensor : cast(tensor, leaf.dtype);
  });
  const unused = [...source.values()].flatMap((found) => (met.has(found) ? [] : [found.from]));
  return { leaves, report: { loaded, missing, unused, mismatched } };
};

const loadStateDictNames = { rename: true } as const;

/**
 * The tree with every leaf that has a namesake of its shape replaced by it, cast to the leaf's element type.
 * @throws ArgumentError when two tensors of the file get the same name.
 * @example
 * loadStateDict({ a: zeros([1]), b: zeros([2]) }, { a: ones([1]), b: ones([3]) }).report.loaded // ['a']
 */
export const loadStateDict = <T>(
  tree: T,
  tensors: NamedTensors,
  options: LoadStateOptions = {},
): { readonly tree: T; readonly report: LoadReport } => {
  const wanted = entriesOf(tree, 'loadStateDict');
  const names = named(wanted, 'loadStateDict');
  const { leaves, report } = fill(
    wanted,
    renamed('loadStateDict', tensors, names, checkedOptions('loadStateDict', options, loadStateDictNames)),
  );
  return { tree: treeUnflatten(tree, leaves), report };
};

const loadVariablesNames = { rename: true } as const;

/**
 * What `init` of a layer made, with parameters and running statistics from one file, as PyTorch's state dictionaries hold them
 * side by side: `bn.weight` is a parameter, `bn.running_mean` a part of the state.
 * @throws ArgumentError when two tensors of the file get the same name.
 * @example
 * loadVariables({ params: [{ weight: zeros([1]) }], state: [{ runningMean: zeros([1]) }] }, { '0.weight': ones([1]), '0.running_mean': ones([1]) }).report.missing // []
 */
export const loadVariables = <V extends { readonly params: unknown; readonly state: unknown }>(
  variables: V,
  tensors: NamedTensors,
  options: LoadStateOptions = {},
): { readonly variables: V; readonly report: LoadReport } => {
  checkObject('loadVariables', 'variables', variables);
  if (!('params' in variables))
    throw new TreeError({
      op: 'loadVariables',
      problem: 'the variables have no params',
      remedy: 'give { params, state }, as init of a model returns them; loadStateDict loads into params alone',
    });
  const params = entriesOf(variables.params, 'loadVariables');
  const state = entriesOf(variables.state, 'loadVariables');
  const wanted = [...params, ...state];
  const { leaves, report } = fill(
    wanted,
    renamed(
      'loadVariables',
      tensors,
      named(wanted, 'loadVariables'),
      checkedOptions('loadVariables', options, loadVariablesNames),
    ),
  );
  return {
    variables: {
      ...variables,
      params: treeUnflatten(variables.params, leaves.slice(0, params.length)),
      state: treeUnflatten(variables.state, leaves.slice(params.length)),
    },
    report,
  };
};

/** As many names as a person reads at a glance. */
const listed = (names: readonly string[]): string =>
  names.length > 12 ? `${names.slice(0, 12).join(', ')}, … (${names.length} in all)` : names.join(', ');

/**
 * What `loadStateDict` found, for people: a line for the whole, and one for each kind of difference.
 * @example
 * formatLoadReport(loadStateDict({ a: zeros([1]), b: zeros([2]) }, { a: ones([1]), c: ones([3]) }).report) // 'loaded 1 of 2 tensors\nmissing in the file: b\nunused from the file: c'
 */
export const formatLoadReport = (report: LoadReport): string => {
  checkObject('formatLoadReport', 'the report', report);
  const { loaded, missing, unused, mismatched } = report;
  for (const [what, list] of Object.entries({ loaded, missing, unused, mismatched }))
    checkList('formatLoadReport', what, list);
  for (const [what, list] of Object.entries({ missing, unused })) checkTexts('formatLoadReport', what, list);
  for (const part of mismatched) {
    checkObject('formatLoadReport', 'a mismatch', part);
    checkShape('formatLoadReport', part.wanted);
    checkShape('formatLoadReport', part.found);
    checkText('formatLoadReport', 'the name', part.name);
  }
  const wanted = loaded.length + missing.length + mismatched.length;
  return [
    `loaded ${loaded.length} of ${wanted} ${wanted === 1 ? 'tensor' : 'tensors'}`,
    ...(missing.length === 0 ? [] : [`missing in the file: ${listed(missing)}`]),
    ...(unused.length === 0 ? [] : [`unused from the file: ${listed(unused)}`]),
    ...mismatched.map(
      ({ name, wanted: own, found }) =>
        `another shape: ${name} is ${formatShape(own)}, in the file ${formatShape(found)}`,
    ),
  ].join('\n');
};
