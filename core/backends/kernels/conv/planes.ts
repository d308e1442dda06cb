/**
 * Four planes as one plane of vectors and back: position (y, x) of the vectors holds that position of each of the four planes. What
 * works on vectors of channels asks neither for widths nor for strides.
 */
import {
  type Func,
  f32x4,
  func,
  i32,
  type Local,
  local,
  locals,
  loopWhile,
  type Repeat,
  repeat,
  type Statement,
  set,
  v128,
} from '../assembler/index.js';
import type { FloatLanes } from '../loops/float-lanes.js';
import { type Finish, finished, unfinished } from './finish.js';

/** Bytes from one line to the next. */
export interface Pitches {
  readonly planes: number;
  readonly vectors: number;
}

/** Vectors of a line and where each begins: the last one overlaps its neighbour rather than run over. */
const eachVector = (length: number, body: (offset: number) => Statement[], advance: (by: number) => Statement[]) => {
  const whole = length - (length % 4);
  const counter = local('i32');
  const tail = whole === length ? [] : body(length - 4);
  if (whole <= 16) return [...Array.from({ length: whole / 4 }, (_, i) => body(4 * i)).flat(), ...tail];
  return [
    set(counter, whole / 4),
    loopWhile(i32.gt_s(counter, 0), [...body(0), ...advance(4), set(counter, i32.sub(counter, 1))]),
    ...advance(-whole),
    ...tail,
  ];
};

/** `from, to, lines`, then how far the second, third and fourth plane lie behind the first. */
export type PlanesToVectors = Func<Repeat<'i32', 6>, 'none'>;

/** Copies `lines` lines of `length` floats from each of four planes. */
export const planesToVectors = (lanes: FloatLanes, length: number, { planes, vectors }: Pitches): PlanesToVectors =>
  func(`planesToVectors${length}`, repeat('i32', 6), 'none', (from, to, lines, second, third, fourth) => {
    const at: Local<'i32'>[] = [from, ...locals('i32', 3)];
    const rows: Local<'v128'>[] = locals('v128', 4);
    const gathered = local('v128');
    const move = (offset: number): Statement[] => [
      ...rows.map((row, i) => set(row, v128.load(at[i] ?? from, 4 * offset))),
      ...rows.map((_, i) => v128.store(to, lanes.transposed(rows, i), 16 * (offset + i))),
    ];
    const single = (offset: number): Statement[] => [
      set(gathered, v128.load32_zero(from, 4 * offset)),
      ...[1, 2, 3].map((i) => set(gathered, v128.load32_lane(i, at[i] ?? from, gathered, 4 * offset))),
      v128.store(to, gathered, 16 * offset),
    ];
    const forth = (reads: number, writes: number): Statement[] => [
      ...at.map((pointer) => set(pointer, i32.add(pointer, reads))),
      set(to, i32.add(to, writes)),
    ];
    return [
      ...[second, third, fourth].map((distance, i) => set(at[i + 1] ?? from, i32.add(from, distance))),
      loopWhile(i32.gt_s(lines, 0), [
        ...(length < 4
          ? Array.from({ length }, (_, x) => single(x)).flat()
          : eachVector(length, move, (by) => forth(4 * by, 16 * by))),
        ...forth(planes, vectors),
        set(lines, i32.sub(lines, 1)),
      ]),
    ];
  });

/**
 * `from, to, lines, plane, bias`: the distance between planes, and where their biases are; gives the sum of zero times every number that
 * is read, which is zero if all are finite.
 */
export type VectorsToPlanes = Func<Repeat<'i32', 5>, 'v128'>;

/** Copies `lines` lines of `length` floats to the first `count` planes, finishing them on the way. */
export const vectorsToPlanes = (
  lanes: FloatLanes,
  length: number,
  count: number,
  { planes, vectors }: Pitches,
  finish: Finish = unfinished,
): VectorsToPlanes =>
  func(`vectorsToPlanes${length}x${count}`, repeat('i32', 5), 'v128', (from, to, lines, plane, bias) => {
    const at: Local<'i32'>[] = [to, ...locals('i32', count - 1)];
    const rows: Local<'v128'>[] = locals('v128', 4);
    const [doubt, biases] = [local('v128'), local('v128')];
    const read = (row: Local<'v128'>, offset: number): Statement[] => [
      set(row, v128.load(from, 16 * offset)),
      set(doubt, f32x4.add(doubt, f32x4.mul(row, f32x4.const(0)))),
      ...(finish.bias === null && !finish.rectify ? [] : [set(row, finished(lanes, finish, row, biases))]),
    ];
    const move = (offset: number): Statement[] => [
      ...rows.flatMap((row, i) => read(row, offset + i)),
      ...at.map((pointer, i) => v128.store(pointer, lanes.transposed(rows, i), 4 * offset)),
    ];
    const [first] = rows;
    const single = (offset: number): Statement[] =>
      first === undefined
        ? []
        : [...read(first, offset), ...at.map((pointer, i) => v128.store32_lane(i, pointer, first, 4 * offset))];
    const forth = (writes: number, reads: number): Statement[] => [
      ...at.map((pointer) => set(pointer, i32.add(pointer, writes))),
      set(from, i32.add(from, reads)),
    ];
    return [
      ...at.slice(1).map((pointer, i) => set(pointer, i32.add(at[i] ?? to, plane))),
      ...(finish.bias === null ? [] : [set(biases, v128.load(bias))]),
      loopWhile(i32.gt_s(lines, 0), [
        ...(length < 4
          ? Array.from({ length }, (_, x) => single(x)).flat()
          : eachVector(length, move, (by) => forth(4 * by, 16 * by))),
        ...forth(planes, vectors),
        set(lines, i32.sub(lines, 1)),
      ]),
      doubt,
    ];
  });
