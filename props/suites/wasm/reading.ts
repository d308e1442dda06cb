/** Tensors that are read through views: other arrays, and functions that read these tensors from them. */
import * as fc from 'fast-check';
import { broadcastTo, concat, flip, permute, slice, type Tensor } from '../../../core/index.js';

/** How a tensor is read: from within a longer array, at every second place, backwards, with its axes turned, or one place again and again. */
export const viewKinds = ['whole', 'offset', 'strided', 'flipped', 'turned', 'stretched'] as const;
export type ViewKind = (typeof viewKinds)[number];

export const views: fc.Arbitrary<{ readonly kind: ViewKind; readonly axis: number }> = fc.record({
  kind: fc.constantFrom(...viewKinds),
  axis: fc.nat(3),
});

export interface Viewed {
  /** What the view reads. */
  readonly base: Tensor;
  readonly view: (base: Tensor) => Tensor;
}

/** A base and a view that gives `x` of it; stretched, what the view gives is the first place of an axis of `x` all along it. */
export const viewed = (x: Tensor, { kind, axis }: { readonly kind: ViewKind; readonly axis: number }): Viewed => {
  const on = axis % Math.max(1, x.rank);
  const size = x.shape[on] ?? 0;
  const along = (range: readonly (number | null)[]): Parameters<typeof slice>[1] =>
    x.shape.map((_, i) => (i === on ? range : null)) as Parameters<typeof slice>[1];
  if (x.rank === 0 || size === 0 || kind === 'whole') return { base: x, view: (base) => base };
  if (kind === 'offset') {
    const edge = slice(x, along([0, 1]));
    return { base: concat([edge, x, edge], on), view: (base) => slice(base, along([1, size + 1])) };
  }
  if (kind === 'strided') {
    const parts = Array.from({ length: size }, (_, i) => slice(x, along([i, i + 1])));
    const base = concat(
      parts.flatMap((part) => [parts[0] ?? part, part]),
      on,
    );
    return { base, view: (all) => slice(all, along([1, null, 2])) };
  }
  if (kind === 'flipped') return { base: flip(x, on), view: (base) => flip(base, on) };
  if (kind === 'stretched')
    return { base: slice(x, along([0, 1])), view: (base) => broadcastTo(base, x.shape) as Tensor };
  const order = x.shape.map((_, i) => (i + 1 + on) % x.rank);
  const back = order.map((_, i) => order.indexOf(i));
  return { base: permute(x, order), view: (base) => permute(base, back) };
};
