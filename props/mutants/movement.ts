/** Mistakes in the rules of primitives that move numbers: shapes, slices, indices. */

import { stridesOf, walk } from '../../core/base/shape.js';
import { bind } from '../../core/dispatch/interpreter.js';
import {
  broadcastTo,
  concat,
  equal,
  flip,
  fromData,
  gather,
  mean,
  mul,
  onesLike,
  permute,
  primitives,
  reshape,
  scatterAdd,
  slice,
  type Tensor,
  where,
  zeros,
} from '../../core/index.js';
import { padWith } from '../../core/primitives/shape/pad.js';
import { at, type PrimitiveMutant, withBatch, withVjp } from './mutant.js';

/** 1 where an index is the last of its kind in its lane, else 0: what survives when a gradient overwrites. */
const lastOfKind = (index: Tensor, axis: number, size: number): Tensor => {
  const places = Array.from(index.dataSync(), (place) => (place < 0 ? place + size : place));
  const lanes = new Array<number>(places.length).fill(0);
  walk(index.shape, stridesOf(index.shape).with(axis, 0), (lane, i) => {
    lanes[i] = lane;
  });
  const last = new Map(places.map((place, i) => [`${lanes[i]} ${place}`, i]));
  return fromData(
    places.map((place, i) => (last.get(`${lanes[i]} ${place}`) === i ? 1 : 0)),
    index.shape,
    'float64',
  );
};

export const movementMutants: readonly PrimitiveMutant[] = [
  {
    name: 'permute: the same way again',
    why: 'the permutation instead of its inverse; right for every swap of two axes',
    primitive: 'permute',
    wrong: withVjp(primitives.permute, 0, ({ g, p, avals }) => reshape(permute(g, p.axes), avals[0]?.shape ?? [])),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'reshape: column-major',
    why: 'the numbers come back in another order',
    primitive: 'reshape',
    wrong: withVjp(primitives.reshape, 0, ({ g, avals }) =>
      reshape(
        permute(
          g,
          g.shape.map((_, i) => g.rank - 1 - i),
        ),
        avals[0]?.shape ?? [],
      ),
    ),
    caughtBy: 'law 3, exact difference',
  },
  {
    name: 'broadcastTo: the mean',
    why: 'the uses of a stretched element add up',
    primitive: 'broadcastTo',
    wrong: withVjp(primitives.broadcastTo, 0, ({ g, avals }) => {
      const shape = avals[0]?.shape ?? [];
      const extra = g.rank - shape.length;
      const axes = g.shape.flatMap((size, i) => (i < extra || (shape[i - extra] === 1 && size !== 1) ? [i] : []));
      return reshape(axes.length === 0 ? g : mean(g, { axes, keepDims: true }), shape);
    }),
    caughtBy: 'law 3, exact difference',
  },
  {
    name: 'concat: always the first part',
    why: 'the offset of the operand is forgotten',
    primitive: 'concat',
    wrong: {
      ...primitives.concat,
      vjp:
        (argument) =>
        ({ g, p, avals }) => {
          const { axis } = p as { readonly axis: number };
          const size = avals[argument]?.shape[axis] ?? 0;
          return slice(g, [...new Array<null>(axis).fill(null), [0, size]]);
        },
    } as PrimitiveMutant['wrong'],
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'concat: the axis of the stack',
    why: 'the batching rule joins batches',
    primitive: 'concat',
    wrong: withBatch(primitives.concat, ({ x, batched, size, p }) =>
      concat(
        x.map((input, i) => (batched[i] === true ? input : broadcastTo(input, [size, ...input.shape]))),
        p.axis,
      ),
    ),
    caughtBy: 'law 9, vmap',
    throws: true,
  },
  {
    name: 'slice: low and high swapped',
    why: 'the zeros go to the wrong ends',
    primitive: 'slice',
    wrong: withVjp(primitives.slice, 0, ({ g, p, avals }) =>
      padWith(g, {
        low: p.stops.map((stop, axis) => (avals[0]?.shape[axis] ?? 0) - stop),
        high: p.starts,
        interior: p.steps.map((step) => step - 1),
        value: 0,
      }),
    ),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'slice: the step is ignored',
    why: 'the cotangents stand side by side and not a step apart',
    primitive: 'slice',
    wrong: withVjp(primitives.slice, 0, ({ g, p, avals }) =>
      padWith(g, {
        low: p.starts,
        high: p.starts.map((start, axis) => (avals[0]?.shape[axis] ?? 0) - start - (g.shape[axis] ?? 0)),
        interior: p.steps.map(() => 0),
        value: 0,
      }),
    ),
    caughtBy: 'law 3, exact difference',
    throws: true,
  },
  {
    name: 'pad: low and high swapped',
    why: 'the borders are cut from the wrong ends',
    primitive: 'pad',
    wrong: {
      ...primitives.pad,
      vjp: (k) => {
        const right = primitives.pad.vjp(k);
        return right === null
          ? null
          : (context) => {
              const p = context.p as { readonly low: readonly number[]; readonly high: readonly number[] };
              return right({ ...context, p: { ...p, low: p.high, high: p.low } });
            };
      },
    } as PrimitiveMutant['wrong'],
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'pad: the value has a tangent',
    why: 'the constant counts as something that moves',
    primitive: 'pad',
    wrong: { ...primitives.pad, jvpKind: 'linear' } as PrimitiveMutant['wrong'],
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'flip: not flipped back',
    why: 'the cotangent passes as it is',
    primitive: 'flip',
    wrong: withVjp(primitives.flip, 0, ({ g }) => g),
    caughtBy: 'law 3, exact difference',
  },
  {
    name: 'flip: the axes of the stack',
    why: 'the batching rule turns the batch round',
    primitive: 'flip',
    wrong: withBatch(primitives.flip, ({ x, p }) => flip(at(x, 0), p.axes)),
    caughtBy: 'law 9, vmap',
    throws: true,
  },
  {
    name: 'gather: overwrites',
    why: 'an element that was picked twice keeps the last cotangent only',
    primitive: 'gather',
    wrong: withVjp(primitives.gather, 0, ({ g, x, p, avals }) => {
      const [index, shape] = [at(x, 1), avals[0]?.shape ?? []];
      const kept = mul(g, lastOfKind(index, p.axis, shape[p.axis] ?? 0));
      return scatterAdd(zeros(shape, g.dtype), index, kept, p.axis);
    }),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'gather: unused elements',
    why: 'the cotangent spread over everything instead of what was picked',
    primitive: 'gather',
    wrong: withVjp(primitives.gather, 0, (c, right) => broadcastTo(mean(right(c)), c.avals[0]?.shape ?? [])),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'take: the reversed index',
    why: 'each slice goes back to the place of another',
    primitive: 'take',
    wrong: withVjp(primitives.take, 0, (c, right) => {
      const index = at(c.x, 1);
      return right({
        ...c,
        x: c.x.with(
          1,
          flip(
            index,
            index.shape.map((_, i) => i),
          ),
        ),
      });
    }),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'scatterAdd: set instead of add',
    why: 'where something is added the old value still counts',
    primitive: 'scatterAdd',
    wrong: withVjp(primitives.scatterAdd, 0, ({ g, x, p }) => {
      const counts = scatterAdd(zeros(g.shape, g.dtype), at(x, 1), onesLike(at(x, 2)), p.axis);
      return where(equal(counts, 0), g, 0);
    }),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'scatterAdd: the source in order',
    why: 'the cotangent of the source is not gathered by the index',
    primitive: 'scatterAdd',
    wrong: withVjp(primitives.scatterAdd, 2, ({ g, x, p }) => {
      const index = at(x, 1);
      return gather(g, flip(index, p.axis), p.axis);
    }),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'permute: the axes of the stack',
    why: 'the batching rule permutes the batch away',
    primitive: 'permute',
    wrong: withBatch(primitives.permute, ({ x, p }) =>
      bind(primitives.permute, [at(x, 0)], { axes: [...p.axes, p.axes.length] }),
    ),
    caughtBy: 'law 9, vmap',
    throws: true,
  },
];
