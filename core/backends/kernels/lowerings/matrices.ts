/** What kernels on stacks of matrices share: matrices come into the workspace as doubles, and results go out in their element type. */
import { bytesPerElement, type Dtype } from '../../../base/dtype.js';
import { type Expression, type Func, func, i32, local, loopOver, set } from '../assembler/index.js';
import { loadDouble, storeDouble } from '../loops/scalars.js';

type Address = Expression<'i32'>;

/** Copies `count` elements, converted on the way. */
const converting = (from: Dtype, to: Dtype): Func<readonly ['i32', 'i32', 'i32'], 'none'> =>
  func(`${from}To${to}`, ['i32', 'i32', 'i32'], 'none', (source, target, count) => {
    const i = local('i32');
    return [
      loopOver(i, { end: count }, [
        storeDouble(to, target, loadDouble(from, source)),
        set(source, i32.add(source, bytesPerElement(from))),
        set(target, i32.add(target, bytesPerElement(to))),
      ]),
    ];
  });

/** From a tensor to doubles. */
export const wide: Readonly<Record<string, Func<readonly ['i32', 'i32', 'i32'], 'none'>>> = {
  float32: converting('float32', 'float64'),
  float64: converting('float64', 'float64'),
};
/** From doubles to a tensor. */
export const narrow: Readonly<Record<string, Func<readonly ['i32', 'i32', 'i32'], 'none'>>> = {
  float32: converting('float64', 'float32'),
  float64: converting('float64', 'float64'),
};
/** The one of a table that takes an element type: `(from, to, count)`. */
export const copyDoubles = (functions: typeof wide, dtype: Dtype): Func<readonly ['i32', 'i32', 'i32'], 'none'> => {
  const found = functions[dtype];
  if (found === undefined) throw new RangeError(`there is no linear algebra in ${dtype}`);
  return found;
};

/** Bytes of so many doubles, and of so many integers rounded up to whole doubles. */
export const doubles = (count: number): number => 8 * count;
export const integers = (count: number): number => Math.ceil(count / 2) * 8;

/** Places in the workspace, one after another. */
export const layOut = (
  sizes: readonly number[],
): { readonly bytes: number; at: (workspace: Address, i: number) => Address } => {
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  return {
    bytes: (starts.at(-1) ?? 0) + (sizes.at(-1) ?? 0),
    at: (workspace, i) => (starts[i] === 0 ? workspace : i32.add(workspace, starts[i] ?? 0)),
  };
};
