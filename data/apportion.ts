/** How many examples of each class go to each part: whole numbers as near to the shares as whole numbers can be, class by class and in sum. */

/** A share that is whole but for rounding is whole. */
const settled = (share: number): number => (Math.abs(share - Math.round(share)) < 1e-9 ? Math.round(share) : share);

/**
 * Splits `total` places by fractions, so that the parts add up: each part gets its rounded-down share, and what is left
 * goes to the parts with the largest remainders.
 */
export const apportion = (total: number, fractions: readonly number[]): number[] => {
  const exact = fractions.map((fraction) => fraction * total);
  const counts = exact.map((share) => Math.floor(share + 1e-9));
  const wanted = Math.round(exact.reduce((sum, share) => sum + share, 0));
  const byRemainder = exact
    .map((share, i) => ({ i, remainder: share - (counts[i] ?? 0) }))
    .sort((a, b) => b.remainder - a.remainder);
  for (const { i } of byRemainder)
    if (counts.reduce((sum, count) => sum + count, 0) < wanted) counts[i] = (counts[i] ?? 0) + 1;
  return counts;
};

/** What must be there: the lists of this file have an entry for every class and part. */
const at = <T>(list: readonly T[], place: number): T => {
  const value = list[place];
  if (value === undefined) throw new RangeError(`there is no entry ${place} of ${list.length}`);
  return value;
};

/** The shares of all parts and, last, of what goes to none. */
const withRest = (fractions: readonly number[]): readonly number[] => {
  const sum = fractions.reduce((total, fraction) => total + fraction, 0);
  return [...fractions.map((fraction) => (sum > 1 ? fraction / sum : fraction)), Math.max(0, 1 - sum)];
};

/**
 * The number of each class in each part, `[classes][parts]`, where class c has `sizes[c]` examples: every number is its share rounded down
 * or up, and so is the sum over all classes (controlled rounding; Bacharach 1966).
 *
 * Every share is rounded down first. What is then left of a class are single examples, at most one for each part whose share was not
 * whole. They are placed as in a bipartite matching: where a part is full, another class moves its example on to a part that is not
 * (augmenting paths), first until every part has its sum rounded down, then up to the sum rounded up. Moving never takes from a part's
 * sum. That all find a place follows from the shares themselves, which are such a placement, but for fractions of examples.
 */
export const apportionClasses = (sizes: readonly number[], fractions: readonly number[]): readonly number[][] => {
  const parts = withRest(fractions);
  const places = parts.map((_, part) => part);
  const shares = sizes.map((size) => parts.map((fraction) => settled(fraction * size)));
  const counts = shares.map((row) => row.map(Math.floor));
  const all = sizes.reduce((sum, size) => sum + size, 0);
  /** How many single examples a part takes, at least and at most; how many it has. */
  const limits = parts.map((fraction, part) => {
    const total = settled(fraction * all);
    const placed = counts.reduce((sum, row) => sum + at(row, part), 0);
    return { least: Math.floor(total) - placed, most: Math.ceil(total) - placed };
  });
  const taken = parts.map(() => 0);
  /** Whether a class has a single example in a part, or may have one. */
  const has = (c: number, part: number): boolean => at(at(counts, c), part) > at(at(shares, c), part);
  const may = (c: number, part: number): boolean => !Number.isInteger(at(at(shares, c), part)) && !has(c, part);
  /** The classes that may move an example from one part to another. */
  const movable = places.map(() => places.map(() => new Set<number>()));
  const note = (c: number): void => {
    for (const from of places)
      for (const to of places) {
        const classes = at(at(movable, from), to);
        if (has(c, from) && may(c, to)) classes.add(c);
        else classes.delete(c);
      }
  };
  const add = (c: number, part: number, count: 1 | -1): void => {
    at(counts, c)[part] = at(at(counts, c), part) + count;
    taken[part] = at(taken, part) + count;
    note(c);
  };
  /** Places one example of a class in a part that is not full, moving others on where need be; whether that can be done. */
  const place = (c: number, limit: (part: number) => number): boolean => {
    const remainder = (part: number): number => at(at(shares, c), part) % 1;
    const reached = places.filter((part) => may(c, part)).sort((a, b) => remainder(b) - remainder(a));
    const from = new Map<number, number | null>(reached.map((part) => [part, null]));
    // The list grows while it is read.
    for (const part of reached) {
      if (at(taken, part) < limit(part)) {
        let end = part;
        for (let before = from.get(end) ?? null; before !== null; before = from.get(end) ?? null) {
          const [mover] = at(at(movable, before), end);
          if (mover === undefined) throw new RangeError(`no class moves from part ${before} to part ${end}`);
          add(mover, before, -1);
          add(mover, end, 1);
          end = before;
        }
        add(c, end, 1);
        return true;
      }
      for (const to of places)
        if (!from.has(to) && at(at(movable, part), to).size > 0) {
          from.set(to, part);
          reached.push(to);
        }
    }
    return false;
  };
  const left = sizes.map((size, c) => size - at(counts, c).reduce((sum, count) => sum + count, 0));
  for (const bound of ['least', 'most'] as const)
    for (const [c, count] of left.entries()) {
      let open = count;
      while (open > 0 && place(c, (part) => at(limits, part)[bound])) open--;
      left[c] = open;
    }
  return counts.map((row) => row.slice(0, fractions.length));
};
