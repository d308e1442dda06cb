/** What a writer takes is read back as it was; anything else it refuses, by name. */
import { ArgumentError, fromData, type Tensor, tensor } from '../../../autograd/index.js';
import {
  decodeCsv,
  decodeNpy,
  decodeSafetensors,
  encodeCsv,
  encodeNpy,
  encodeSafetensors,
} from '../../../data/index.js';
import { decodeCheckpoint, decodeNpz, encodeCheckpoint, encodeNpz } from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const hostile: readonly unknown[] = [
  undefined,
  null,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e300,
  5e-324,
  2 ** 53,
  2 ** 60,
  '',
  'text',
  true,
  1n,
  Symbol('hostile'),
  new Date(0),
  new Map([['a', 1]]),
  /x/,
  () => 1,
  [],
  {},
  new Array(2),
  Object.assign([1], { surplus: 2 }),
  { [Symbol('hostile')]: 1 },
  JSON.parse('{"__proto__": 1}'),
  { inner: undefined },
  { $tensor: 0 },
  Object.create({ inherited: 1 }),
  {
    get computed() {
      return 1;
    },
  },
];

/** What becomes of a value: it comes back, or is refused in the name of the writer. */
const holds = async (op: string, value: unknown, trip: (value: unknown) => unknown): Promise<void> => {
  let back: unknown;
  try {
    back = await trip(value);
  } catch (error) {
    assert.ok(error instanceof ArgumentError && error.message.startsWith(op), `${op}: ${String(error)}`);
    return;
  }
  assert.equal(back, value, `${op} changed ${typeof value}`);
  if (Object.is(value, -0)) assert.ok(Object.is(back, -0), `${op} lost the sign of 0`);
};

test('encodeCheckpoint: any value is read back, bare, in an object and in a list, or refused', async () => {
  const trip = (value: unknown): unknown => decodeCheckpoint(encodeCheckpoint(value));
  for (const value of hostile)
    for (const whole of [value, { a: value }, [value], { a: [{ b: value }] }])
      await holds('encodeCheckpoint', whole, trip);
});

test('encodeSafetensors, encodeNpz: anything for a tensor, its name or a remark is read back or refused', async () => {
  const one = tensor([1]);
  const names = (read: ReadonlyMap<string, Tensor>): unknown => [...read.keys()];
  for (const value of hostile) {
    await holds('encodeSafetensors', value, (v) => {
      encodeSafetensors({ a: v as Tensor });
      return v instanceof Object;
    });
    await holds(
      'encodeSafetensors',
      { k: value },
      (v) => decodeSafetensors(encodeSafetensors({ a: one }, v as never)).metadata,
    );
    await holds('encodeNpz', [value], async (v) =>
      names(await decodeNpz(await encodeNpz(new Map((v as string[]).map((name) => [name, one]))))),
    );
  }
  for (const spoilt of [{ a: one, [Symbol('s')]: one }]) {
    assert.throws(() => encodeSafetensors(spoilt), /^encodeSafetensors: tensors has an entry under Symbol\(s\)/);
    assert.throws(
      () => encodeSafetensors({ a: one }, { [Symbol('s')]: 'b' } as never),
      /metadata has an entry under Symbol/,
    );
  }
});

test('encodeNpy, encodeSafetensors: every float is read back with its bits', () => {
  const values = [
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e300,
    5e-324,
    2 ** 53,
    -1e-310,
  ];
  const x = fromData(Float64Array.from(values), [values.length]);
  const read = [decodeNpy(encodeNpy(x)), decodeSafetensors(encodeSafetensors({ x })).tensors.get('x')];
  for (const y of read)
    for (const [i, v] of [...(y?.dataSync() ?? [])].entries()) assert.ok(Object.is(v, values[i]), `${v}`);
  assert.ok(read.every((y) => y?.size === values.length));
});

test('encodeCsv: every number is read back with its bits', () => {
  const values = [-0, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 5e-324, 2 ** 53, 0.1];
  const { x } = decodeCsv(encodeCsv([values]), { label: null });
  for (const [i, value] of values.entries()) assert.ok(Object.is(x[i], value), `${x[i]} of ${value}`);
  assert.is(x.length, values.length);
});
