/** The places of extrema over any axes: the first of equals, the first NaN where there is one. */
import { bytesPerElement } from '../../../base/dtype.js';
import { sizeOf, stridesOf } from '../../../base/shape.js';
import { f64, i32, local, set, when } from '../assembler/index.js';
import { nest } from '../loops/nest.js';
import { loadDouble } from '../loops/scalars.js';
import type { Lowering, Lowerings } from './lowering.js';

const indexOf =
  (sign: 'max' | 'min'): Lowering<{ readonly axes: readonly number[] }> =>
  ({ inputs: [x], params: { axes } }) => {
    if (x === undefined) throw new RangeError('an operand is missing');
    const bytes = bytesPerElement(x.dtype);
    const all = stridesOf(x.shape).map((stride, axis) => ({ size: x.shape[axis] ?? 1, stride: stride * bytes, axis }));
    const kept = all.filter(({ axis }) => !axes.includes(axis));
    const reduced = all.filter(({ axis }) => axes.includes(axis));
    const count = sizeOf(kept.map(({ size }) => size));
    // All axes kept stand before all reduced ones: then lines follow each other, whatever their axes.
    const inRow = kept.every(
      ({ axis, size }) => size === 1 || reduced.every((other) => other.size === 1 || other.axis > axis),
    );
    const lines = inRow
      ? { shape: [count], strides: [sizeOf(reduced.map(({ size }) => size)) * bytes] }
      : { shape: kept.map(({ size }) => size), strides: kept.map(({ stride }) => stride) };
    const within = inRow
      ? { shape: [sizeOf(reduced.map(({ size }) => size))], strides: [bytes] }
      : { shape: reduced.map(({ size }) => size), strides: reduced.map(({ stride }) => stride) };
    return {
      kind: 'kernel',
      workspace: 0,
      emit: ({ inputs: [source], output: target }) => {
        const [line, at, to, place, best] = [local('i32'), local('i32'), local('i32'), local('i32'), local('i32')];
        const [candidate, extremum] = [local('f64'), local('f64')];
        const beats = sign === 'max' ? f64.le(candidate, extremum) : f64.ge(candidate, extremum);
        return [
          set(line, source ?? target),
          set(to, target),
          ...nest(lines.shape, [{ pointer: line, strides: lines.strides }], 1, [
            set(at, line),
            set(place, 0),
            set(best, 0),
            set(extremum, loadDouble(x.dtype, at)),
            ...nest(within.shape, [{ pointer: at, strides: within.strides }], 1, [
              set(candidate, loadDouble(x.dtype, at)),
              // A NaN is not below anything, and nothing takes the lead from it.
              when(i32.and(i32.eqz(beats), f64.eq(extremum, extremum)), [set(extremum, candidate), set(best, place)]),
              set(place, i32.add(place, 1)),
            ]),
            i32.store(to, best),
            set(to, i32.add(to, 4)),
          ]),
        ];
      },
    };
  };

export const extremaLowerings: Pick<Lowerings, 'argmax' | 'argmin'> = {
  argmax: indexOf('max'),
  argmin: indexOf('min'),
};
