/** Blocks whose places are known when the program runs. */
import { bytesPerElement } from '../../../base/dtype.js';
import { type Shape, stridesOf } from '../../../base/shape.js';
import {
  type Expression,
  i32,
  type Local,
  local,
  memory,
  type Statement,
  select,
  set,
  when,
} from '../assembler/index.js';
import { moveBlock } from '../loops/blocks.js';
import type { Lowering, Lowerings } from './lowering.js';

/** Sets `to` to the address of the block in x, once its starts are moved inside. */
const findBlock = (
  to: Local<'i32'>,
  x: Expression<'i32'>,
  starts: Expression<'i32'>,
  shape: Shape,
  sizes: Shape,
  bytes: number,
): Statement[] => {
  const strides = stridesOf(shape);
  const start = local('i32');
  return [
    set(to, x),
    ...sizes.flatMap((size, axis): Statement[] => {
      const most = (shape[axis] as number) - size;
      if (most === 0) return [];
      return [
        set(start, i32.load(starts, 4 * axis)),
        set(start, select(i32.lt_s(start, 0), i32.const(0), start)),
        set(start, select(i32.gt_s(start, most), i32.const(most), start)),
        set(to, i32.add(to, i32.mul(start, (strides[axis] as number) * bytes))),
      ];
    }),
  ];
};

const dynamicSlice: Lowering<{ readonly sizes: Shape }> = ({ inputs: [x], output: { dtype, shape }, params }) => ({
  kind: 'kernel',
  workspace: 0,
  emit: ({ inputs: [source, starts], output }) => {
    if (x === undefined || source === undefined || starts === undefined) throw new RangeError('an operand is missing');
    const from = local('i32');
    return [
      ...findBlock(from, source, starts, x.shape, params.sizes, bytesPerElement(dtype)),
      ...moveBlock({ dtype, shape, from: stridesOf(x.shape), to: stridesOf(shape) }, from, output),
    ];
  },
});

const dynamicUpdateSlice: Lowering<null> = ({ inputs: [, update], output: { dtype, shape } }) => ({
  kind: 'kernel',
  workspace: 0,
  overwrites: [0],
  emit: ({ inputs: [source, block, starts], output }) => {
    if (update === undefined || source === undefined || block === undefined || starts === undefined)
      throw new RangeError('an operand is missing');
    const bytes = bytesPerElement(dtype);
    const to = local('i32');
    const whole = shape.reduce((total, size) => total * size, bytes);
    return [
      when(i32.ne(source, output), [memory.copy(output, source, i32.const(whole))]),
      ...findBlock(to, output, starts, shape, update.shape, bytes),
      ...moveBlock({ dtype, shape: update.shape, from: stridesOf(update.shape), to: stridesOf(shape) }, block, to),
    ];
  },
});

export const dynamicLowerings: Pick<Lowerings, 'dynamicSlice' | 'dynamicUpdateSlice'> = {
  dynamicSlice,
  dynamicUpdateSlice,
};
