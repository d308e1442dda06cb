/** Lists and records that nobody can change any more: what programs, remembered operations and layers keep of their arguments. */
import { checkLength } from './methods.js';

/** The fields of a plain object, which is what parameters are made of. */
const isRecord = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Deeper than any parameter of an operation is nested; what lies below is kept as it is. */
const deepest = 8;

/**
 * The value with every list and plain object in it frozen: itself where that is so already, else a copy, so that what the caller
 * gave stays the caller's. Tensors, functions and typed arrays stay as they are.
 */
export const frozen = <T>(value: T, levels: number = deepest): T => {
  if (typeof value !== 'object' || value === null || levels === 0) return value;
  if (Array.isArray(value)) {
    checkLength('bind', 'a parameter', value);
    const parts: readonly unknown[] = value.map((part: unknown) => frozen(part, levels - 1));
    const same = Object.isFrozen(value) && parts.every((part, i) => part === value[i]);
    return same ? value : (Object.freeze(parts) as unknown as T);
  }
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([name, part]) => [name, frozen(part, levels - 1)] as const);
  const same = Object.isFrozen(value) && entries.every(([name, part]) => part === value[name]);
  return same ? value : (Object.freeze(Object.fromEntries(entries)) as T);
};

/** A list as it is now, with the lists in it; whatever else is in it stays as it is. */
export const ownList = (list: readonly unknown[], levels: number = deepest): readonly unknown[] =>
  levels === 0 ? list : list.map((part) => (Array.isArray(part) ? ownList(part, levels - 1) : part));
