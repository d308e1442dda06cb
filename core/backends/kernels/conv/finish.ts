/** What is done to the outputs of a convolution when they are finished: a bias for each filter is added, and the rectifier taken. */
import { sizeOf } from '../../../base/shape.js';
import {
  type Expression,
  i32,
  type Local,
  local,
  locals,
  loopOver,
  type Statement,
  set,
  v128,
} from '../assembler/index.js';
import { advance } from '../loops/addresses.js';
import { type FloatLanes, rectified } from '../loops/float-lanes.js';
import { shareOf, type Threads } from '../loops/share.js';
import type { Geometry } from './patches.js';

export interface Finish {
  /** Where the biases of all filters are. */
  readonly bias: Local<'i32'> | null;
  readonly rectify: boolean;
}

export const unfinished: Finish = { bias: null, rectify: false };

/** A vector of outputs, with a vector of biases if there are any. */
export const finished = (
  lanes: FloatLanes,
  { bias, rectify }: Finish,
  outputs: Expression<'v128'>,
  biases: Expression<'v128'>,
): Expression<'v128'> => {
  const sum = bias === null ? outputs : lanes.ops.add(outputs, biases);
  return rectify ? rectified(lanes, sum) : sum;
};

/** Finishes all outputs, one by one, where something else than the quickest kernel has computed them. Threads divide the samples. */
export const finishPlanes = (
  lanes: FloatLanes,
  { samples, groups, filters, outputs }: Geometry,
  output: Expression<'i32'>,
  finish: Finish,
  threads: Threads,
): Statement[] => {
  const [at, biasAt, filter, place] = locals('i32', 4);
  const [value, bias] = [local('v128'), local('v128')];
  const { from, to, code } = shareOf(threads, samples);
  const all = groups * filters;
  return [
    ...code,
    set(at, i32.add(output, i32.mul(from, all * sizeOf(outputs) * 4))),
    loopOver(from, { start: from, end: to }, [
      set(biasAt, finish.bias ?? i32.const(0)),
      loopOver(filter, { end: all }, [
        ...(finish.bias === null ? [] : [set(bias, lanes.loadSplat(biasAt)), advance(biasAt, 4)]),
        loopOver(place, { end: sizeOf(outputs) }, [
          set(value, v128.load32_zero(at)),
          set(value, finished(lanes, finish, value, bias)),
          v128.store32_lane(0, at, value),
          advance(at, 4),
        ]),
      ]),
    ]),
  ];
};
