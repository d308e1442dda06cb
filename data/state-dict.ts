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

/**
 * PyTorch's name as this library writes it: the last part in camel case, `running_var` in full.
 * @example
 * fromTorchName('bn1.running_var') // 'bn1.runningVariance'
 */
export const fromTorchName = (name: string): string =>
  name.replace(/[^.]+$/, (last) =>
    last === 'running_var'
      ? 'runningVariance'
      : last.replace(/_+([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );

export interface LoadStateOptions {
  /** From the name in the file to the name in the tree; `null` leaves a tensor aside. `fromTorchName` by default. */
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

/**
 * The tree with every leaf that has a namesake of its shape replaced by it, cast to the leaf's element type.
 * @throws ArgumentError when two tensors of the file get the same name.
 * @example
 * loadStateDict({ a: zeros([1]), b: zeros([2]) }, { a: ones([1]), b: ones([3]) }).report.loaded // ['a']
 */
export const loadStateDict = <T>(
  tree: T,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  { rename = fromTorchName }: LoadStateOptions = {},
): { readonly tree: T; readonly report: LoadReport } => {
  const source = new Map<string, { readonly from: string; readonly tensor: Tensor }>();
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

  const loaded: string[] = [];
  const missing: string[] = [];
  const mismatched: { readonly name: string; readonly wanted: Shape; readonly found: Shape }[] = [];
  const wanted = entriesOf(tree, 'loadStateDict');
  const leaves = wanted.map(([name, leaf]) => {
    const found = source.get(name)?.tensor;
    if (found === undefined) missing.push(name);
    else if (found.shape.join() !== leaf.shape.join())
      mismatched.push({ name, wanted: leaf.shape, found: found.shape });
    else {
      loaded.push(name);
      return found.dtype === leaf.dtype ? found : cast(found, leaf.dtype);
    }
    return leaf;
  });
  const names = new Set(wanted.map(([name]) => name));
  const unused = [...source].flatMap(([name, { from }]) => (names.has(name) ? [] : [from]));
  return { tree: treeUnflatten(tree, leaves), report: { loaded, missing, unused, mismatched } };
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
