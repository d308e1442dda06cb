/** A map that holds so many entries at most, and forgets the one unused for longest. */
export interface Cache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  size(): number;
}

/** `forgotten` hears of every entry that goes. */
export const leastRecentlyUsed = <V>(most: number, forgotten: (value: V) => void = () => {}): Cache<V> => {
  // Insertion order is the order of use.
  const entries = new Map<string, V>();
  const set = (key: string, value: V): void => {
    entries.delete(key);
    entries.set(key, value);
    if (entries.size <= most) return;
    for (const [oldest, last] of entries) {
      entries.delete(oldest);
      forgotten(last);
      return;
    }
  };
  return {
    get: (key) => {
      const value = entries.get(key);
      // Far from the limit nothing is forgotten, and order is no matter.
      if (value !== undefined && entries.size > most / 2) set(key, value);
      return value;
    },
    set,
    size: () => entries.size,
  };
};
