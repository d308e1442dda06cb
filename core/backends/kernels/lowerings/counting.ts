/** Counting along an axis. */
import { bytesPerElement } from '../../../base/dtype.js';
import { type Shape, sizeOf } from '../../../base/shape.js';
import { f64, i32, local, set } from '../assembler/index.js';
import { nest } from '../loops/nest.js';
import { storeDouble } from '../loops/scalars.js';
import type { Lowering, Lowerings } from './lowering.js';

const iota: Lowering<{ readonly shape: Shape; readonly axis: number }> = ({ output, params: { shape, axis } }) => ({
  kind: 'kernel',
  workspace: 0,
  emit: ({ output: target }) => {
    const { dtype } = output;
    const bytes = bytesPerElement(dtype);
    const [at, place] = [local('i32'), local('i32')];
    const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
    const store = dtype === 'int32' ? i32.store(at, place) : storeDouble(dtype, at, f64.convert_i32_s(place));
    return [
      set(at, target),
      ...nest([outer], [], 1, [
        set(place, 0),
        ...nest([shape[axis] ?? 1], [], 1, [
          ...nest([inner], [], 1, [store, set(at, i32.add(at, bytes))]),
          set(place, i32.add(place, 1)),
        ]),
      ]),
    ];
  },
});

export const countingLowerings: Pick<Lowerings, 'iota'> = { iota };
