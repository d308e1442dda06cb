/**
 * The loop of a group of elementwise operations: each vector is read once, goes through all operations in registers, and is
 * stored where somebody wants it. Threads divide the outermost axis.
 */
import { bytesPerElement } from '../../dtype.js';
import { sizeOf, stridesOf } from '../../shape.js';
import {
  type Expression,
  type Func,
  func,
  i32,
  type Local,
  local,
  repeat,
  type Statement,
  set,
  when,
} from '../assembler/index.js';
import {
  constantVector,
  loadSplat,
  loadStrided,
  loadVector,
  storeLanes,
  storeVector,
  widthFor,
} from '../loops/lanes.js';
import { collapse, nestShare, type Walker } from '../loops/nest.js';
import type { Share } from '../loops/share.js';
import type { Buffer, Group, Operand, Read } from './plan.js';

/** A kernel: a function of addresses, then of the thread and how many there are; and the buffers whose addresses it wants. */
export interface Loop {
  /** Equal for equal code. */
  readonly name: string;
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
  /** Made only where no function of this name exists. */
  readonly build: () => Func<readonly 'i32'[], 'none'>;
}

interface Source {
  readonly dtype: Operand['dtype'];
  readonly read: Read;
}

const sameRead = (a: Read, b: Read): boolean =>
  a.buffer === b.buffer && a.offset === b.offset && a.strides.join() === b.strides.join();

export const loopOf = ({ shape, steps }: Group): Loop => {
  const sources: Source[] = [];
  const sourceOf = ({ dtype, read }: Source): number => {
    const known = sources.findIndex((source) => sameRead(source.read, read));
    return known >= 0 ? known : sources.push({ dtype, read }) - 1;
  };
  const operandNames = steps.map(({ operands }) =>
    operands.map((operand) => {
      if (operand.from === 'constant') return `${operand.dtype}=${Object.is(operand.value, -0) ? '-0' : operand.value}`;
      return operand.from === 'group' ? `v${operand.step}` : `x${sourceOf(operand)}`;
    }),
  );
  const stored = steps.flatMap((step, i) => (step.stored === null ? [] : [{ step, i, buffer: step.stored }]));
  const name = [
    `[${shape.join()}]`,
    ...sources.map(({ dtype, read }) => `${dtype}@${read.offset}:${read.strides.join()}`),
    ...steps.map((step, i) => `${step.name} ${operandNames[i]?.join(' ')}${step.stored === null ? '' : ' !'}`),
  ].join('; ');

  const build = (): Func<readonly 'i32'[], 'none'> => {
    const width = widthFor([...sources.map(({ dtype }) => dtype), ...steps.map(({ dtype }) => dtype)]);
    const space = collapse({
      shape,
      strides: [...sources.map(({ read }) => read.strides), stridesOf(shape)],
    });
    return func('loop', repeat('i32', sources.length + stored.length + 2), 'none', (...addresses) => {
      const [thread, threads] = addresses.slice(-2) as [Local<'i32'>, Local<'i32'>];
      const before: Statement[] = [];
      const inside: Statement[] = [];
      const walkers: Walker[] = [];
      const walk = (pointer: Local<'i32'>, elements: readonly number[], bytes: number): void => {
        walkers.push({ pointer, strides: elements.map((stride) => stride * bytes) });
      };
      const loaded = sources.map(({ dtype, read }, k) => {
        const value = local('v128');
        const bytes = bytesPerElement(dtype);
        const strides = space.strides[k] ?? [];
        const inner = strides.at(-1) ?? 0;
        const pointer = addresses[k] as Local<'i32'>;
        if (read.offset !== 0) before.push(set(pointer, i32.add(pointer, read.offset * bytes)));
        if (strides.every((stride) => stride === 0)) {
          before.push(set(value, loadSplat(dtype, width, pointer)));
          return value;
        }
        walk(pointer, strides, bytes);
        const vector =
          inner === 1
            ? loadVector(dtype, width, pointer)
            : inner === 0
              ? loadSplat(dtype, width, pointer)
              : loadStrided(dtype, width, pointer, inner * bytes);
        inside.push(set(value, vector));
        return value;
      });
      const results: Local<'v128'>[] = [];
      steps.forEach(({ operands, lane }, i) => {
        const values = operands.map((operand): Expression<'v128'> => {
          if (operand.from === 'constant') return constantVector(operand.dtype, operand.value);
          if (operand.from === 'group') return results[operand.step] as Local<'v128'>;
          return loaded[sourceOf(operand)] as Local<'v128'>;
        });
        const result = local('v128');
        results[i] = result;
        inside.push(set(result, lane === null ? (values[0] as Expression<'v128'>) : lane(values, width)));
      });
      const to = space.strides.at(-1) ?? [];
      // A vector that stands at the end of a line goes beyond it. That is put right by the next line, but not if the next line
      // is another thread's: at the end of a thread's part, what is stored ends with the line.
      const single = space.shape.length === 1;
      const beyond = single ? 0 : (space.shape.at(-1) ?? 1) % width;
      const elements = sizeOf(space.shape.slice(1));
      const ends: ((share: Share) => Statement)[] = [];
      stored.forEach(({ step, i }, k) => {
        const pointer = addresses[sources.length + k] as Local<'i32'>;
        walk(pointer, to, bytesPerElement(step.dtype));
        const value = results[i] as Local<'v128'>;
        const whole = storeVector(step.dtype, width, pointer, value);
        if (beyond === 0) {
          inside.push(whole);
          return;
        }
        const bytes = bytesPerElement(step.dtype);
        const end = local('i32');
        ends.push((share) => set(end, i32.add(pointer, i32.mul(i32.sub(i32.mul(share.to, elements), beyond), bytes))));
        inside.push(when(i32.eq(pointer, end), storeLanes(step.dtype, width, pointer, value, beyond), [whole]));
      });
      const known = (share: Share): Statement[] => ends.map((end) => end(share));
      return [...before, ...nestShare({ thread, threads }, space.shape, walkers, width, inside, known)];
    });
  };
  return { name, reads: sources.map(({ read }) => read.buffer), writes: stored.map(({ buffer }) => buffer), build };
};
