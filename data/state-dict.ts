/**
 * Trees of parameters and flat lists of named tensors, as PyTorch's state dictionaries are: `features.0.weight`. Loading by
 * name says what was found, what was missing and what had another shape, so that a pretrained body can meet a new head.
 */
import { ArgumentError, formatShape } from '../core/errors.js';
import { cast } from '../core/primitives/cast.js';
import type { Shape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { eachLeaf, treeUnflatten } from '../core/tree.js';

const entriesOf = (tree: unknown, op: string): (readonly [name: string, leaf: Tensor])[] => {
  const entries: (readonly [string, Tensor])[] = [];
  eachLeaf(op, tree, (leaf, path) => entries.push([path.join('.'), leaf]));
  return entries;
};

/**
 * The leaves of a tree by name: keys and positions joined by dots.
 * @example
 * [...stateDict({ conv: { weight: ones([1]) }, layers: [ones([2])] }).keys()] // ['conv.weight', 'layers.0']
 */
export const stateDict = (tree: unknown): ReadonlyMap<string, Tensor> => new Map(entriesOf(tree, 'stateDict'));

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
export const fromTorchName = (name: string): string => name.split('.').map(camelCase).join('.');

/**
 * A name of this library as PyTorch writes it, for files that PyTorch is to read.
 * @example
 * toTorchName('rnn.weightIhL0Reverse') // 'rnn.weight_ih_l0_reverse'
 * toTorchName('bn1.runningVariance') // 'bn1.running_var'
 */
export const toTorchName = (name: string): string => name.split('.').map(snakeCase).join('.');

export interface LoadStateOptions {
  /**
   * From the name in the file to the name in the tree; `null` leaves a tensor aside. By default `fromTorchName`, and a tree that writes
   * its own keys with underscores is understood too.
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

/** The tensors of the file by their names in the tree. */
const renamed = (tensors: NamedTensors, rename: (name: string) => string | null): ReadonlyMap<string, Found> => {
  const source = new Map<string, Found>();
  const given: readonly (readonly [string, Tensor])[] =
    tensors instanceof Map ? [...tensors] : Object.entries(tensors as Readonly<Record<string, Tensor>>);
  for (const [from, tensor] of given) {
    const name = rename(from);
    if (name === null) continue;
    const other = source.get(name);
    if (other !== undefined)
      throw new ArgumentError({
        op: 'loadStateDict',
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

/**
 * The tree with every leaf that has a namesake of its shape replaced by it, cast to the leaf's element type.
 * @throws ArgumentError when two tensors of the file get the same name.
 * @example
 * loadStateDict({ a: zeros([1]), b: zeros([2]) }, { a: ones([1]), b: ones([3]) }).report.loaded // ['a']
 */
export const loadStateDict = <T>(
  tree: T,
  tensors: NamedTensors,
  { rename = fromTorchName }: LoadStateOptions = {},
): { readonly tree: T; readonly report: LoadReport } => {
  const { leaves, report } = fill(entriesOf(tree, 'loadStateDict'), renamed(tensors, rename));
  return { tree: treeUnflatten(tree, leaves), report };
};

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
  { rename = fromTorchName }: LoadStateOptions = {},
): { readonly variables: V; readonly report: LoadReport } => {
  const params = entriesOf(variables.params, 'loadVariables');
  const state = entriesOf(variables.state, 'loadVariables');
  const { leaves, report } = fill([...params, ...state], renamed(tensors, rename));
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
export const formatLoadReport = ({ loaded, missing, unused, mismatched }: LoadReport): string => {
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
