/**
 * Loop nests over strided arrays. Axes along which all arrays go on as they do along the next one are merged first, so that
 * most nests are a single loop.
 */
import type { Shape } from '../../shape.js';
import { i32, type Local, local, loopOver, type Statement, set } from '../assembler/index.js';

/** A shape, and the strides of each array over it, in elements. */
export interface Space {
  readonly shape: Shape;
  readonly strides: readonly (readonly number[])[];
}

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

const advance = (pointer: Local<'i32'>, by: number): Statement[] =>
  by === 0 ? [] : [set(pointer, i32.add(pointer, by))];

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
    const move = (factor: number): Statement[] =>
      walkers.flatMap(({ pointer, strides }) => advance(pointer, factor * (strides[axis] ?? 0)));
    return [loopOver(counter, { end: turns }, [...inner, ...move(by)]), ...move(-turns * by)];
  };
  return level(0);
};
