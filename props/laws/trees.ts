/** Trees compared leaf by leaf, number by number, integers and booleans too. */
import { isFloat } from '../../core/base/dtype.js';
import { DtypeError } from '../../core/base/errors.js';
import { formatIndex } from '../../core/base/shape.js';
import { formatAval } from '../../core/program/program.js';
import { treeEntries } from '../../core/tensor/tree.js';
import { type Deviation, namedPlace } from './report.js';

type Measure = (where: string, got: number, want: number) => Deviation;

/** A deviation for every number of two trees, or one that says how their structures differ. */
export const compareTrees = (name: string, got: unknown, want: unknown, measure: Measure): Deviation[] => {
  const wanted = treeEntries(want);
  const given = treeEntries(got);
  const outline = (entries: typeof given): string =>
    entries.map(([path, leaf]) => `${path} ${formatAval(leaf)}`).join();
  if (outline(given) !== outline(wanted))
    return [
      {
        where: `${name}: {${outline(given)}} instead of {${outline(wanted)}}`,
        got: Number.NaN,
        want: Number.NaN,
        error: Number.NaN,
      },
    ];
  return wanted.flatMap(([path, leaf], k) => {
    const found = given[k]?.[1].dataSync() ?? [];
    return Array.from(leaf.dataSync(), (value, i) =>
      namedPlace(measure(name, found[i] ?? Number.NaN, value), () => `${name} ${path}${formatIndex(i, leaf.shape)}`),
    );
  });
};

/** Differences need float64: in float32 a step of 5e-4 leaves three digits. */
export const requireDoubles = (law: string, tree: unknown): void => {
  const single = treeEntries(tree, law).find(([, leaf]) => isFloat(leaf.dtype) && leaf.dtype !== 'float64');
  if (single !== undefined)
    throw new DtypeError({
      op: law,
      problem: `${single[0]} is ${single[1].dtype}`,
      shapes: [single[1].shape],
      remedy: "check gradients in float64: make inputs with { dtype: 'float64' }",
    });
};
