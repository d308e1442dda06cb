/**
 * Loop nests over strided arrays. Axes along which all arrays go on as they do along the next one are merged first, so that
 * most nests are a single loop.
 */
import { type Shape, stridesOf } from '../../../base/shape.js';
import { i32, type Local, local, loopOver, type Statement } from '../assembler/index.js';
import { advance, onward } from './addresses.js';
import { type Share, shareOf, type Threads } from './share.js';

/** A shape, and the strides of each array over it, in elements. */
export interface Space {
  readonly shape: Shape;
  readonly strides: readonly (readonly number[])[];
}

/** Whether an array is walked through in order, each element once. */
export const isDense = (shape: Shape, strides: readonly number[]): boolean => {
  const dense = stridesOf(shape);
  return strides.every((stride, axis) => shape[axis] === 1 || stride === dense[axis]);
};

/** The same elements in the same order with as few axes as can be; at least one. */
export const collapse = ({ shape, strides }: Space): Space => {
  const sizes: number[] = [];
  const steps: number[][] = strides.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = sizes.length - 1;
    const merges = last >= 0 && strides.every((stride, k) => steps[k]?.[last] === (stride[axis] ?? 0) * size);
    if (merges) {
      sizes[last] = (sizes[last] ?? 1) * size;
      steps.forEach((step, k) => {
        step[last] = strides[k]?.[axis] ?? 0;
      });
    } else {
      sizes.push(size);
      steps.forEach((step, k) => {
        step.push(strides[k]?.[axis] ?? 0);
      });
    }
  });
  if (sizes.length > 0) return { shape: sizes, strides: steps };
  return { shape: [1], strides: strides.map(() => [1]) };
};

/** A pointer that walks along: its strides are in bytes, one an axis. */
export interface Walker {
  readonly pointer: Local<'i32'>;
  readonly strides: readonly number[];
}

/** Moves walkers by so many elements of an axis. */
export const skip = (walkers: readonly Walker[], axis: number, by: number): Statement[] =>
  walkers.flatMap(({ pointer, strides }) => onward(pointer, by * (strides[axis] ?? 0)));

/** What is done so many elements further along an axis; walkers come back from there. */
export const beyond = (
  walkers: readonly Walker[],
  axis: number,
  by: number,
  statements: readonly Statement[],
): Statement[] =>
  statements.length === 0 ? [] : [...skip(walkers, axis, by), ...statements, ...skip(walkers, axis, -by)];

/**
 * `body` for every `step` elements of the innermost axis, for every index of the others; each walker's pointer is where it
 * should be, and in the end where it began. The last steps of a line may go beyond its end.
 */
export const nest = (
  shape: Shape,
  walkers: readonly Walker[],
  step: number,
  body: readonly Statement[],
): Statement[] => {
  if (shape.includes(0)) return [];
  const level = (axis: number): Statement[] => {
    if (axis === shape.length) return [...body];
    const size = shape[axis] ?? 1;
    const by = axis === shape.length - 1 ? step : 1;
    const turns = Math.ceil(size / by);
    const inner = level(axis + 1);
    if (turns === 1) return inner;
    const counter = local('i32');
    return [
      loopOver(counter, { end: turns }, [...inner, ...skip(walkers, axis, by)]),
      ...skip(walkers, axis, -turns * by),
    ];
  };
  return level(0);
};

/** Elements of a line that go to one thread together: whole cache lines, whatever their type. */
const lineUnit = 64;

/**
 * The part of a nest that is this thread's: its outermost axis is cut, a single axis at multiples of `step` and whole cache
 * lines. `before` runs once the part is known; pointers are left where it ends.
 */
export const nestShare = (
  threads: Threads,
  shape: Shape,
  walkers: readonly Walker[],
  step: number,
  body: readonly Statement[],
  before: (share: Share) => readonly Statement[] = () => [],
): Statement[] => {
  if (shape.includes(0)) return [];
  const [size = 1, ...inner] = shape;
  const single = inner.length === 0;
  const by = single ? step : 1;
  const share = shareOf(threads, size, single && step > 1 ? lineUnit : 1);
  const strides = walkers.map((walker) => walker.strides[0] ?? 0);
  const within = walkers.map(({ pointer, strides: all }) => ({ pointer, strides: all.slice(1) }));
  const counter = local('i32');
  return [
    ...share.code,
    ...before(share),
    ...walkers.map(({ pointer }, k) => advance(pointer, i32.mul(share.from, strides[k] ?? 0))),
    loopOver(counter, { start: share.from, end: share.to, step: by }, [
      ...(single ? body : nest(inner, within, step, body)),
      ...skip(walkers, 0, by),
    ]),
  ];
};
