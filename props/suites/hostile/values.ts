/** Values that nobody should pass, by what they are. */
import { key, tensor, zeros } from '../../../autograd/index.js';

/** What hostile functions and getters throw: an error of the caller's own passes through unchanged. */
export class CallersError extends Error {
  override readonly name = 'CallersError';
}

const thrower = (): never => {
  throw new CallersError('thrown by the caller');
};

const cyclicList = (): unknown => {
  const list: unknown[] = [];
  list.push(list);
  return list;
};

const cyclicObject = (): unknown => {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
};

const disposed = (): unknown => {
  const x = tensor([1, 2]);
  x.dispose();
  return x;
};

/** The fields of a tensor, of another class: what another install of the library makes. */
class OtherTensor {
  readonly shape: readonly number[] = [2];
  readonly dtype = 'float32';
  readonly owner = null;
  readonly payload = null;
}

/** Fresh hostile values by name. */
export const hostile: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  '-Infinity': () => Number.NEGATIVE_INFINITY,
  '-1': () => -1,
  '0': () => 0,
  '0.5': () => 0.5,
  '2^53': () => 2 ** 53,
  '1e308': () => 1e308,
  true: () => true,
  false: () => false,
  'an empty text': () => '',
  __proto__: () => '__proto__',
  constructor: () => 'constructor',
  'a symbol': () => Symbol('hostile'),
  'a bigint': () => 12n,
  'an empty list': () => [],
  'a list of lists': () => [[1, 2], [3]],
  'a list of texts': () => ['a', 'b'],
  'a list of a symbol': () => [Symbol('hostile')],
  'a list of -1': () => [-1],
  'a list of 2^53': () => [2 ** 53, 2 ** 53],
  'a list of NaN': () => [Number.NaN],
  'a list of null': () => [null, undefined],
  'a list that holds itself': cyclicList,
  'a list of four thousand million holes': () => new Array(2 ** 32 - 1),
  'an empty object': () => ({}),
  'an object that holds itself': cyclicObject,
  'an object without a prototype': () => Object.create(null) as object,
  'an object with a throwing getter': () =>
    Object.defineProperty({}, 'x', { get: thrower, enumerable: true, configurable: true }),
  'a proxy that throws': () => new Proxy({}, { get: thrower, ownKeys: thrower, getPrototypeOf: thrower, has: thrower }),
  'a proxy of a list': () => new Proxy([1, 2], {}),
  'a proxy of a tensor': () => new Proxy(tensor([1, 2]), {}),
  'a date': () => new Date(Number.NaN),
  'a map': () => new Map([['a', 1]]),
  'a regular expression': () => /x/,
  'a Float64Array': () => Float64Array.of(1, 2),
  'an empty Uint8Array': () => new Uint8Array(0),
  'bytes of nothing known': () => Uint8Array.of(1, 2, 3, 255, 0, 128),
  'a function that throws': () => thrower,
  'a function that returns undefined': () => () => undefined,
  'a function that returns a symbol': () => () => Symbol('hostile'),
  'a function that returns a list of nulls': () => () => [null, null],
  'a function that returns NaN': () => () => Number.NaN,
  'an async function': () => async () => tensor(1),
  'a class': () => class {},
  'a tensor of integers': () => tensor([1, 2], { dtype: 'int32' }),
  'a tensor of booleans': () => tensor([true, false]),
  'a tensor in float64': () => tensor([1, 2], { dtype: 'float64' }),
  'a scalar': () => tensor(1),
  'a tensor of rank 5': () => zeros([1, 2, 1, 2, 1]),
  'a tensor without elements': () => zeros([0, 2]),
  'a tensor of NaN': () => tensor([Number.NaN, Number.NaN]),
  'a disposed tensor': disposed,
  'a tensor of another copy': () => new OtherTensor(),
  'a key': () => key(3),
};
