/** Which things are the same one: functions, primitives and tensors are equal to themselves alone, and are told apart by numbers. */

const numbers = new WeakMap<object, number>();
let count = 0;

/** The number of an object that is equal to itself alone; another object has another. */
export const numberOf = (value: object): number => {
  const known = numbers.get(value);
  if (known !== undefined) return known;
  numbers.set(value, count);
  return count++;
};
