/**
 * Scans: each element of a line from the one before it, in order, as the reference does: floats in doubles, and those of lines that
 * lie side by side two at a time; integers as they are, so that they wrap.
 */
import { bytesPerElement } from '../../../base/dtype.js';
import { sizeOf } from '../../../base/shape.js';
import { type Expression, f64, f64x2, i32, local, type Statement, set } from '../assembler/index.js';
import { nest, type Walker } from '../loops/nest.js';
import { loadDouble, loadPair, type Numeric, storeDouble, storePair } from '../loops/scalars.js';
import type { Lowering, Lowerings, Places } from './lowering.js';

interface ScanParams {
  readonly axis: number;
  readonly reverse: boolean;
}

type Value = 'f64' | 'v128' | 'i32';

/** Arithmetic on one double, on two side by side, or on an integer. */
interface Arithmetic<T extends Value> {
  add(a: Expression<T>, b: Expression<T>): Expression<T>;
  mul(a: Expression<T>, b: Expression<T>): Expression<T>;
}

/** What comes after `before`, given the operands' elements. */
type Step = <T extends Value>(
  on: Arithmetic<T>,
  before: Expression<T>,
  elements: readonly Expression<T>[],
) => Expression<T>;

interface Scan {
  /** What stands before the first element; `null` where the first element alone begins. */
  readonly start: number;
  readonly step: Step;
  /** The first element by itself, where it is not `step` of the start. */
  readonly first?: Step;
}

const scan =
  ({ start, step, first = step }: Scan): Lowering<ScanParams> =>
  ({ inputs, output, params: { axis, reverse } }) => {
    const dtype = output.dtype as Numeric;
    const bytes = bytesPerElement(dtype);
    const length = output.shape[axis] ?? 1;
    const inner = sizeOf(output.shape.slice(axis + 1));
    const outer = sizeOf(output.shape.slice(0, axis));
    const stride = inner * bytes;

    const emit = ({ inputs: sources, output: target }: Places): Statement[] => {
      const block = [...sources.slice(0, inputs.length), target].map((from) => ({ from, at: local('i32') }));
      const places = block.map(({ at }) => ({ line: at, at: local('i32') }));
      const to = places.at(-1)?.at ?? target;
      const from = places.slice(0, -1);
      /** One line, or two side by side. */
      const line = (pair: boolean): Statement[] => {
        const along = places.map(({ at }): Walker => ({ pointer: at, strides: [reverse ? -stride : stride] }));
        const begin = places.map(({ line, at }) => set(at, i32.add(line, reverse ? (length - 1) * stride : 0)));
        const after = places.map(({ at }) => set(at, i32.add(at, reverse ? -stride : stride)));
        if (pair) {
          const value = local('v128');
          const elements = from.map(({ at }) => loadPair(dtype, at));
          const store = storePair(dtype, to, value);
          return [
            ...begin,
            set(value, first(f64x2, f64x2.const(start), elements)),
            store,
            ...after,
            ...nest([length - 1], along, 1, [set(value, step(f64x2, value, elements)), store]),
          ];
        }
        if (dtype === 'int32') {
          const value = local('i32');
          const elements = from.map(({ at }) => i32.load(at));
          const store = i32.store(to, value);
          return [
            ...begin,
            set(value, first(i32, i32.const(start), elements)),
            store,
            ...after,
            ...nest([length - 1], along, 1, [set(value, step(i32, value, elements)), store]),
          ];
        }
        const value = local('f64');
        const elements = from.map(({ at }) => loadDouble(dtype, at));
        const store = storeDouble(dtype, to, value);
        return [
          ...begin,
          set(value, first(f64, f64.const(start), elements)),
          store,
          ...after,
          ...nest([length - 1], along, 1, [set(value, step(f64, value, elements)), store]),
        ];
      };
      const pairs = dtype === 'int32' ? 0 : inner - (inner % 2);
      const beside: Walker[] = block.map(({ at }) => ({ pointer: at, strides: [length * stride, bytes] }));
      const move = (by: number): Statement[] => block.map(({ at }) => set(at, i32.add(at, by * bytes)));
      return [
        ...block.map(({ from: address, at }) => set(at, address)),
        ...(pairs === 0 ? [] : nest([outer, pairs], beside, 2, line(true))),
        ...(pairs === inner ? [] : [...move(pairs), ...nest([outer, inner - pairs], beside, 1, line(false))]),
      ];
    };
    return { kind: 'kernel', workspace: 0, emit };
  };

const operand = <T extends Value>(elements: readonly Expression<T>[], i: number): Expression<T> => {
  const element = elements[i];
  if (element === undefined) throw new RangeError('an operand is missing');
  return element;
};

export const scanLowerings: Pick<Lowerings, 'cumprod' | 'cumsum' | 'recurrence'> = {
  cumprod: scan({ start: 1, step: (on, before, elements) => on.mul(before, operand(elements, 0)) }),
  cumsum: scan({ start: 0, step: (on, before, elements) => on.add(before, operand(elements, 0)) }),
  recurrence: scan({
    start: 0,
    // The first coefficient does not count, even where it is not finite.
    first: (on, before, elements) => on.add(before, operand(elements, 1)),
    step: (on, before, elements) => on.add(on.mul(operand(elements, 0), before), operand(elements, 1)),
  }),
};
