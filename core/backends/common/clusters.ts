/**
 * Which operations run in one loop. Operations that may (elementwise ones, reductions) begin as clusters of one; a consumer is merged
 * with its producers where both loop over the same shape, unless what lies between them would then have to run both before and
 * after. Clusters come back in an order in which they can run.
 */
import { type Shape, sameShape } from '../../base/shape.js';

/** What an operation reads: the operation whose values it wants, and whether it wants them element by element. */
export interface Dependence {
  readonly on: number;
  /** It can be handed over in registers: the reader's element i needs element i and no other. */
  readonly aligned: boolean;
}

export interface Item {
  /** What it loops over; `null` for what runs alone. */
  readonly shape: Shape | null;
  /** The axes that it reduces; `null` if it is no reduction. Reductions of one loop have the same axes. */
  readonly axes: readonly number[] | null;
  readonly needs: readonly Dependence[];
  /** What it reads element by element, by number: items that read the same gain from one loop. */
  readonly reads: readonly number[];
  /** Elements that it handles at once. A loop handles as many as its narrowest item can, and a reduction only ever its own number. */
  readonly width: number;
}

/** More operations in one loop gain nothing: their values no longer fit into registers. */
const mostItems = 48;
/** More arrays in one loop, and addresses no longer fit into registers. */
const mostReads = 20;

interface Cluster {
  readonly items: number[];
  readonly shape: Shape | null;
  axes: readonly number[] | null;
  width: number;
  readonly reads: Set<number>;
  /** Clusters that read this one; those in `apart` not element by element, or not before the whole loop is over. */
  readonly readers: Set<Cluster>;
  readonly apart: Set<Cluster>;
  /** The other direction of `readers`. */
  readonly needs: Set<Cluster>;
}

/** Whether a way of two steps or more leads from one cluster to another. */
const detour = (from: Cluster, to: Cluster): boolean => {
  const seen = new Set<Cluster>();
  const stack = [...from.readers].filter((reader) => reader !== to);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    stack.push(...next.readers);
  }
  return false;
};

const sameAxes = (a: readonly number[] | null, b: readonly number[] | null): boolean =>
  a === null || b === null || a.join() === b.join();

const fits = (a: Cluster, b: Cluster): boolean =>
  a.shape !== null &&
  b.shape !== null &&
  sameShape(a.shape, b.shape) &&
  sameAxes(a.axes, b.axes) &&
  (a.width === b.width || (a.axes === null && b.axes === null)) &&
  a.items.length + b.items.length <= mostItems &&
  new Set([...a.reads, ...b.reads]).size <= mostReads &&
  !a.apart.has(b) &&
  !b.apart.has(a);

/** The items in groups, each of which runs as one, in order. */
export const clustersOf = (items: readonly Item[]): readonly (readonly number[])[] => {
  const clusters: Cluster[] = items.map(({ shape, axes, reads, width }, i) => ({
    items: [i],
    shape,
    axes,
    width,
    reads: new Set(reads),
    readers: new Set(),
    apart: new Set(),
    needs: new Set(),
  }));
  const clusterOf = (item: number): Cluster => clusters[item] as Cluster;

  const replaceIn = (set: Set<Cluster>, old: Cluster, by: Cluster): void => {
    if (set.delete(old)) set.add(by);
  };
  /** Takes `from` into `into`. */
  const merge = (into: Cluster, from: Cluster): void => {
    for (const reader of from.readers) {
      replaceIn(reader.needs, from, into);
      into.readers.add(reader);
    }
    for (const reader of from.apart) into.apart.add(reader);
    for (const needed of from.needs) {
      replaceIn(needed.readers, from, into);
      replaceIn(needed.apart, from, into);
      into.needs.add(needed);
    }
    into.readers.delete(into);
    into.needs.delete(into);
    into.axes ??= from.axes;
    into.width = Math.min(into.width, from.width);
    for (const read of from.reads) into.reads.add(read);
    for (const item of from.items) {
      into.items.push(item);
      clusters[item] = into;
    }
  };

  items.forEach(({ needs }, i) => {
    const own = clusterOf(i);
    for (const { on, aligned } of needs) {
      const producer = clusterOf(on);
      producer.readers.add(own);
      own.needs.add(producer);
      // What a reduction gives is whole only when its loop is over.
      if (!aligned || items[on]?.axes !== null) producer.apart.add(own);
    }
    for (const { on } of needs) {
      const [producer, reader] = [clusterOf(on), clusterOf(i)];
      if (producer !== reader && fits(producer, reader) && !detour(producer, reader)) merge(producer, reader);
    }
  });

  // Loops that read the same arrays and have nothing to do with each other.
  const byRead = new Map<number, Cluster[]>();
  for (const cluster of new Set(clusters))
    for (const read of cluster.reads) byRead.set(read, [...(byRead.get(read) ?? []), cluster]);
  for (const readers of byRead.values())
    readers.forEach((_, k) => {
      const [first, other] = [readers[0], readers[k]].map(
        (cluster) => cluster && clusterOf(cluster.items[0] as number),
      );
      if (first === undefined || other === undefined || first === other || !fits(first, other)) return;
      if (first.readers.has(other) || other.readers.has(first) || detour(first, other) || detour(other, first)) return;
      merge(first, other);
    });

  // In the order of their last items, as far as what they need allows.
  const waiting = new Map<Cluster, number>();
  const ready: Cluster[] = [];
  const all = [...new Set(clusters)];
  const lastOf = new Map(all.map((cluster) => [cluster, Math.max(...cluster.items)]));
  const later = (a: Cluster, b: Cluster): number => (lastOf.get(b) ?? 0) - (lastOf.get(a) ?? 0);
  /** Puts a cluster among those that are ready, of which the one whose last item comes first stands at the end. */
  const insert = (cluster: Cluster): void => {
    let [low, high] = [0, ready.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (later(ready[middle] as Cluster, cluster) < 0) low = middle + 1;
      else high = middle;
    }
    ready.splice(low, 0, cluster);
  };
  for (const cluster of all)
    if (cluster.needs.size === 0) ready.push(cluster);
    else waiting.set(cluster, cluster.needs.size);
  ready.sort(later);
  const order: number[][] = [];
  while (ready.length > 0) {
    const next = ready.pop() as Cluster;
    order.push(next.items.sort((a, b) => a - b));
    for (const reader of next.readers) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) insert(reader);
    }
  }
  return order;
};
