/** The word that was probably meant by one that is not known. */

/** The fewest letters to insert, drop, change or swap with their neighbour that make `a` into `b` (optimal string alignment). */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = Number(above[j - 1]) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          Number(above[j]) + 1,
          Number(row[j - 1]) + 1,
          changed,
          swapped ? Number(before[j - 2]) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = above;
    above = row;
  }
  return Number(above[b.length]);
};

/** Letters and digits alone, small: `keep_dims` and `keepDims` are one word. */
const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Words longer than this are not compared: nobody means an option by them. */
const longest = 40;

/**
 * The known word nearest to `word`, the first of equals: one that differs by a third of its letters at most, or that one of the two
 * begins with. `null` if there is none.
 */
export const nearest = (word: string, known: readonly string[]): string | null => {
  const given = plain(word);
  if (given.length === 0 || given.length > longest) return null;
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const own = plain(name);
    const apart = distance(given, own);
    const shorter = Math.min(given.length, own.length);
    const begins = shorter >= 3 && (given.startsWith(own) || own.startsWith(given));
    if (apart < least && (begins || apart <= Math.max(1, Math.floor(Math.max(given.length, own.length) / 3)))) {
      best = name;
      least = apart;
    }
  }
  return best;
};
