/** The loop of a group: over all elements where nothing is reduced, over lanes and what is kept of them otherwise. Threads divide the outermost axis. */
import { bytesPerElement } from '../../../base/dtype.js';
import { stridesOf } from '../../../base/shape.js';
import { flopsOfStep } from '../../common/cost.js';
import type { Buffer, Group, Operand } from '../../common/plan.js';
import { type Func, func, i32, type Local, repeat, type Statement, when } from '../assembler/index.js';
import { beyond, collapse, isDense, nest, nestShare, type Space, type Walker } from '../loops/nest.js';
import { crossAxis, crossing } from './crossing.js';
import { evaluator, stridesOfTraffic, type Traffic, trafficOf } from './evaluate.js';
import { outputStrides, reducing } from './reducing.js';

/** A kernel: a function of addresses, then of the thread and how many there are; and the buffers whose addresses it wants. */
export interface Loop {
  /** Equal for equal code. */
  readonly name: string;
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
  /** Made only where no function of this name exists. */
  readonly build: () => Func<readonly 'i32'[], 'none'>;
}

/** The space that a group's loops go through: all arrays walk along its axes. */
const spaceOf = (group: Group, traffic: Traffic): Space =>
  collapse({
    shape: group.shape,
    strides: [
      ...stridesOfTraffic(traffic, group),
      ...(group.axes === null ? [] : [outputStrides(group.shape, group.axes)]),
    ],
  });

/**
 * Whether the sums of a group are taken in the order in which a reduction by itself takes them: along a lane that is cut where
 * another array is not as regular, they would not be.
 */
export const keepsOrder = (group: Group): boolean => {
  if (group.axes === null) return true;
  const alone = collapse({
    shape: group.shape,
    strides: [stridesOf(group.shape), outputStrides(group.shape, group.axes)],
  });
  const innermostKept = (alone.strides[1]?.at(-1) ?? 0) !== 0;
  return innermostKept || spaceOf(group, trafficOf(group)).shape.join() === alone.shape.join();
};

/** Vectors that a round of a loop takes: several where the operations are so cheap that counting would take as long. */
const vectorsAtOnce = ({ steps }: Group, { live }: Traffic): number => {
  const operations = steps.filter((_, i) => live[i]).reduce((total, { name }) => total + flopsOfStep(name), 0);
  return operations <= 16 ? 4 : 1;
};

/** Whether a loop may store an array where one lies that it reads: it must read there nothing but the element that it then stores. */
export const mayOverwrite = (group: Group, read: Buffer, write: Buffer): boolean => {
  const traffic = trafficOf(group);
  const reads = traffic.sources.filter((source) => source.read.buffer === read);
  if (bytesPerElement(read.dtype) !== bytesPerElement(write.dtype) || read.length !== write.length) return false;
  if (reads.length === 0 || !traffic.stored.some(({ buffer }) => buffer === write)) return false;
  return reads.every((source) => source.read.offset === 0 && isDense(group.shape, source.read.strides));
};

const textOf = (operand: Operand, traffic: Traffic): string => {
  if (operand.from === 'constant') return `${operand.dtype}=${Object.is(operand.value, -0) ? '-0' : operand.value}`;
  return operand.from === 'group' ? `v${operand.step}` : `x${traffic.sourceOf(operand)}`;
};

export const loopOf = (group: Group): Loop => {
  const { shape, steps, sinks, axes } = group;
  const traffic = trafficOf(group);
  const { sources, stored, live, width } = traffic;
  const name = [
    `[${shape.join()}]`,
    ...sources.map(({ dtype, read }) => `${dtype}@${read.offset}:${read.strides.join()}`),
    ...steps.map(({ name: operation, operands, stored: buffer }, i) =>
      live[i] === true
        ? `${operation} ${operands.map((operand) => textOf(operand, traffic)).join(' ')}${buffer === null ? '' : ' !'}`
        : '-',
    ),
    ...sinks.map(({ name: operation, of }) => `${operation} over ${axes?.join()} of ${textOf(of, traffic)}`),
  ].join('; ');

  const build = (): Func<readonly 'i32'[], 'none'> => {
    const space = spaceOf(group, traffic);
    return func('loop', repeat('i32', sources.length + stored.length + sinks.length + 2), 'none', (...places) => {
      const [thread, threads] = places.slice(-2) as [Local<'i32'>, Local<'i32'>];
      const addresses = places.slice(0, -2);
      const inside = evaluator(group, traffic, space, addresses);
      const targets = sinks.length === 0 ? [] : addresses.slice(-sinks.length);
      if (sinks.length > 0)
        return reducing({ shape, space, sinks, inside, width, targets, threading: { thread, threads } });
      const along = (from: number, to?: number): Walker[] =>
        inside.walkers.map(({ pointer, strides }) => ({ pointer, strides: strides.slice(from, to) }));
      const [size = 1] = space.shape.slice(-1);
      const round = vectorsAtOnce(group, traffic) * width;
      const inRounds = size - (size % round);
      const rounds = Array.from({ length: round / width }, (_, v) => inside.vector(v * width, width)).flat();
      const single = (count: number): Statement[] => nest([count], along(-1), width, inside.vector(0, width));
      // The last vector may reach into the space behind the arrays, which is as long as a vector.
      if (space.shape.length === 1 && !(inside.strided.length > 0 && size % width !== 0))
        return [
          ...inside.before,
          ...inside.perLine,
          ...(inRounds === size
            ? []
            : [when(i32.eqz(thread), beyond(along(-1), 0, inRounds, single(size - inRounds)))]),
          ...nestShare({ thread, threads }, [inRounds], along(-1), round, rounds),
        ];
      const cross = crossAxis(inside, space);
      if (cross !== null) return [...inside.before, ...crossing(inside, space, cross, { thread, threads })];
      // Behind a line there is another, which may be computed already, or be another thread's.
      const rest = size % width;
      const line = [
        ...inside.perLine,
        ...nest([inRounds], along(-1), round, rounds),
        ...beyond(along(-1), 0, inRounds, single(size - rest - inRounds)),
        ...(rest === 0 ? [] : beyond(along(-1), 0, size - rest, inside.vector(0, rest))),
      ];
      const outer = space.shape.length === 1 ? [1] : space.shape.slice(0, -1);
      return [...inside.before, ...nestShare({ thread, threads }, outer, along(0, -1), 1, line)];
    });
  };
  return {
    name,
    reads: sources.map(({ read }) => read.buffer),
    writes: [...stored.map(({ buffer }) => buffer), ...sinks.map(({ output }) => output)],
    build,
  };
};
