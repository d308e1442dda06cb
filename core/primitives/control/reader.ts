/** Takes a list apart from its beginning, so many elements at a time. */
export const reader = <T>(list: readonly T[]): ((count: number) => readonly T[]) => {
  let next = 0;
  return (count) => {
    const part = list.slice(next, next + count);
    next += count;
    return part;
  };
};
