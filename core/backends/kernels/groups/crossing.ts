/**
 * Loops that read an array across its lines, as a transpose does: along the loop's innermost axis its elements lie far apart, along
 * another one next to each other. Squares of four by four are read as vectors along that one and turned round in registers.
 */
import { bytesPerElement } from '../../../base/dtype.js';
import { i32, local, type Statement, set, v128, when } from '../assembler/index.js';
import { features } from '../features.js';
import { floatLanes } from '../loops/float-lanes.js';
import { beyond, nest, nestShare, type Space, skip, type Walker } from '../loops/nest.js';
import type { Threads } from '../loops/share.js';
import type { Evaluator } from './evaluate.js';

/** Lines, and elements of a line, that are taken at once. */
const side = 4;

/** The axis along which everything that is strided lies together; `null` where there is none, or too little of it. */
export const crossAxis = ({ strided, width }: Evaluator, { shape }: Space): number | null => {
  if (strided.length === 0 || width !== side || (shape.at(-1) ?? 0) < side) return null;
  if (strided.some(({ dtype }) => bytesPerElement(dtype) !== 4)) return null;
  const found = shape.findIndex(
    (size, axis) => axis < shape.length - 1 && size >= side && strided.every(({ strides }) => strides[axis] === 1),
  );
  return found < 0 ? null : found;
};

/** The loop of a group over `space`, four lines at a time along `axis`. */
export const crossing = (
  { strided, walkers, perLine, vector }: Evaluator,
  { shape }: Space,
  axis: number,
  threads: Threads,
): Statement[] => {
  const last = shape.length - 1;
  const [lines = 0, length = 0] = [shape[axis], shape[last]];
  const [restLines, rest] = [lines % side, length % side];
  const along = (axes: readonly number[], lineStep: number): Walker[] =>
    walkers.map(({ pointer, strides }) => ({
      pointer,
      strides: axes.map((a) => (strides[a] ?? 0) * (a === axis ? lineStep : 1)),
    }));

  const { transposed } = floatLanes('float32', features());
  const columns = strided.map(() => Array.from({ length: side }, () => local('v128')));
  const read = strided.flatMap(({ pointer, strides, dtype }, k) =>
    (columns[k] ?? []).map((column, j) =>
      set(column, v128.load(i32.add(pointer, j * (strides[last] ?? 0) * bytesPerElement(dtype)))),
    ),
  );
  const eachLine = (body: (line: number) => readonly Statement[]): Statement[] => [
    ...Array.from({ length: side }, (_, line) => [
      ...(line === 0 ? [] : skip(walkers, axis, 1)),
      ...perLine,
      ...body(line),
    ]).flat(),
    ...skip(walkers, axis, 1 - side),
  ];
  const square = [
    ...read,
    ...eachLine((line) =>
      vector(0, side, new Map(strided.map(({ source }, k) => [source, transposed(columns[k] ?? [], line)]))),
    ),
  ];
  const fourLines = [
    ...nest([length - rest], along([last], 1), side, square),
    ...(rest === 0
      ? []
      : beyond(
          walkers,
          last,
          length - rest,
          eachLine(() => vector(0, rest)),
        )),
  ];
  const line = [
    ...perLine,
    ...nest([length - rest], along([last], 1), side, vector(0, side)),
    ...(rest === 0 ? [] : beyond(walkers, last, length - rest, vector(0, rest))),
  ];

  const outer = shape.map((_, a) => a).filter((a) => a !== axis && a !== last);
  const sizes = outer.map((a) => shape[a] ?? 1);
  const axes = [...outer, axis];
  return [
    // The lines that are left over are one thread's.
    ...(restLines === 0
      ? []
      : [
          when(
            i32.eqz(threads.thread),
            beyond(walkers, axis, lines - restLines, nest([...sizes, restLines], along(axes, 1), 1, line)),
          ),
        ]),
    ...nestShare(threads, [...sizes, (lines - restLines) / side], along(axes, side), 1, fourLines),
  ];
};
