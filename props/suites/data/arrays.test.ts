/** Array files: `.npy` and safetensors against bytes written by hand, against each other, and against damage. */
import * as fc from 'fast-check';
import { DtypeError, type Tensor, tensor, zeros } from '../../../core/index.js';
import {
  decodeNpy,
  decodeSafetensors,
  encodeNpy,
  encodeSafetensors,
  tryDecodeNpy,
  tryDecodeSafetensors,
} from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { anyTensor, sameTensor } from './any-tensor.js';
import { fileName, refused, survivesNoise, truncationsRefused } from './faults.js';

const latin1 = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

const npy = (dictionary: string, payload: readonly number[], version = 1): Uint8Array => {
  const length = dictionary.length + 1;
  const size = version === 1 ? [length & 255, length >> 8] : [length & 255, length >> 8, 0, 0];
  return Uint8Array.from([...latin1('\x93NUMPY'), version, 0, ...size, ...latin1(`${dictionary}\n`), ...payload]);
};
const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

const safetensors = (json: string, payload: readonly number[] = [], length = json.length): Uint8Array => {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(length), true);
  return Uint8Array.from([...size, ...new TextEncoder().encode(json), ...payload]);
};

test('npy: any tensor comes back bit for bit, and its elements begin at a multiple of 64', () => {
  check(
    fc.property(anyTensor, (x) => {
      const bytes = encodeNpy(x);
      sameTensor(decodeNpy(bytes), x);
      const width = x.bytes().length / Math.max(1, x.size);
      assert.is((bytes.length - x.size * width) % 64, 0);
    }),
    { numRuns: 100 },
  );
});

test('npy: the header is that of NumPy, byte for byte', () => {
  const text = `\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }`;
  assert.equal([...encodeNpy(tensor([1, 2, 3])).subarray(0, 128)], latin1(`${text.padEnd(127)}\n`));
});

test('npy: the bytes in column-major order are the same array as those in row-major order, at any rank', () => {
  const shape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 });
  const types = [
    ['|u1', 1],
    ['<i2', 2],
    ['>f4', 4],
    ['<f8', 8],
  ] as const;
  check(
    fc.property(shape, fc.constantFrom(...types), ([...sizes], [descr, width]) => {
      const size = sizes.reduce((product, length) => product * length, 1);
      const tuple = sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(', ')})`;
      const element = (i: number): number[] => Array.from({ length: width }, (_, byte) => (i * 5 + byte * 3) % 64);
      const rows = Array.from({ length: size }, (_, i) => element(i));
      // The place in column-major order of each place in row-major order: the first index runs fastest.
      const columns: number[][] = [];
      for (let place = 0; place < size; place++) {
        let [rest, target, step] = [place, 0, 1];
        const index = sizes.toReversed().map((length) => {
          const at = rest % length;
          rest = Math.floor(rest / length);
          return at;
        });
        for (const [axis, at] of index.toReversed().entries()) {
          target += at * step;
          step *= sizes[axis] ?? 1;
        }
        columns[target] = rows[place] ?? [];
      }
      const byRows = decodeNpy(npy(header(descr, tuple), rows.flat()));
      sameTensor(decodeNpy(npy(header(descr, tuple, 'True'), columns.flat())), byRows);
    }),
    { numRuns: 150 },
  );
});

test('npy: byte orders, memory orders, versions, and element types that become others', () => {
  assert.equal(decodeNpy(npy(header('>f4', '(2,)'), [0x3f, 0x80, 0, 0, 0xc0, 0x40, 0, 0])).toArray(), [1, -3]);
  assert.equal(decodeNpy(npy(header('|u1', '(2, 3)', 'True'), [1, 2, 3, 4, 5, 6])).toArray(), [
    [1, 3, 5],
    [2, 4, 6],
  ]);
  assert.equal(
    decodeNpy(npy(header('<f2', '(6,)'), [0, 0x3c, 1, 0, 0, 0xfc, 0, 0x80, 0xff, 0x7b, 0, 0x7e])).toArray(),
    [1, 2 ** -24, Number.NEGATIVE_INFINITY, -0, 65504, Number.NaN],
  );
  assert.equal(decodeNpy(npy(header('<i8', '()'), [0xfe, 255, 255, 255, 255, 255, 255, 255])).toArray(), -2);
  const swapped = `{"x": 1}`;
  refused(
    tryDecodeNpy,
    npy(swapped, []),
    `decodeNpy: ${fileName}, byte 11: a header that cannot be read; expected a dictionary of 'descr', 'fortran_order' and 'shape', once each`,
  );
  refused(
    tryDecodeNpy,
    npy(`{'descr': '<f4', 'fortran_order': (2,), 'shape': (1,), }`, [0, 0, 0, 0]),
    `decodeNpy: ${fileName}, byte 10: 'fortran_order' is (2,); expected True or False`,
  );
  assert.equal(decodeNpy(npy(`{'shape': (1,), 'fortran_order': False, 'descr': '|b1'}`, [1], 2)).toArray(), [1]);
  assert.is(decodeNpy(npy(header('|b1', '(1,)'), [1], 3)).dtype, 'bool');
});

test('npy: whatever is not one array of numbers is refused where it stands', () => {
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [
      Uint8Array.from(latin1('PK\x03\x04__')),
      'byte 0: no NumPy array; the file is a zip archive: an .npz, which loadNpz reads, or a .pt of PyTorch, to be saved as safetensors first; expected the magic string \\x93NUMPY',
    ],
    [npy(header('<f4', '(1,)'), [0, 0, 0, 0], 9), 'byte 6: version 9; expected version 1, 2 or 3'],
    [
      npy(header('<f4', `(${2 ** 30}, ${2 ** 30})`), [0, 0]),
      `byte 88: 2 bytes; expected ${2 ** 62} bytes, float32 of shape [${2 ** 30},${2 ** 30}]`,
    ],
    [
      npy(header('<f4', '(1152921504606846976,)'), []),
      'byte 10: the shape (1152921504606846976,); expected a tuple of at most 64 sizes below 2^53',
    ],
    [npy(header('<f4', '(3)'), []), 'byte 10: the shape (3); expected a tuple of at most 64 sizes below 2^53'],
    [npy(header('|u1', '(1,)'), [1, 2]), 'byte 68: 2 bytes; expected 1 byte, uint8 of shape [1]'],
    [npy(header('|b1', '(2,)'), [1, 2]), 'byte 69: the boolean 2; expected 0 or 1'],
    [
      npy(header('<u8', '(1,)'), [0, 0, 0, 0, 1, 0, 0, 0]),
      'byte 68: the uint64 4294967296; expected an integer that int32 holds',
    ],
    [
      npy(header('|O', '(1,)'), [1]),
      "byte 10: elements of type '|O'; expected one of b1, u1, i1, u2, i2, u4, i4, u8, i8, f2, f4, f8 after <, > or |",
    ],
  ];
  for (const [bytes, message] of cases) refused(tryDecodeNpy, bytes, `decodeNpy: ${fileName}, ${message}`);
  const long = Uint8Array.from([...latin1('\x93NUMPY'), 2, 0, 255, 255, 255, 255]);
  refused(
    tryDecodeNpy,
    long,
    `decodeNpy: ${fileName}, byte 8: a header of 4294967295 bytes; expected 65536 bytes at most`,
  );
});

test('npy: no prefix of a file is taken for a file, and no noise does harm', () => {
  const valid = encodeNpy(
    tensor([
      [1, 2],
      [3, 4],
    ]),
  );
  truncationsRefused(tryDecodeNpy, valid);
  survivesNoise(tryDecodeNpy, [valid, encodeNpy(zeros([], 'float64')), npy(header('<i4', '(0, 3)'), [])]);
});

test('safetensors: named tensors and remarks come back bit for bit, in order', () => {
  check(
    fc.property(
      fc.dictionary(fc.string(), anyTensor, { maxKeys: 4 }),
      fc.dictionary(fc.string(), fc.string()),
      (named, notes) => {
        const wanted = new Map(Object.entries(named).filter(([name]) => name !== '__metadata__'));
        const { tensors, metadata } = decodeSafetensors(encodeSafetensors(wanted, notes));
        assert.equal([...tensors.keys()].toSorted(), [...wanted.keys()].toSorted());
        for (const [name, x] of wanted) sameTensor(tensors.get(name), x);
        assert.equal(Object.entries(metadata).toSorted(), Object.entries(notes).toSorted());
      },
    ),
    { numRuns: 100 },
  );
});

test('safetensors: bytes written by hand, tensors listed in another order than they lie in', () => {
  const json =
    '{"b":{"dtype":"I16","shape":[2],"data_offsets":[2,6]},"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}';
  const { tensors } = decodeSafetensors(safetensors(json, [0x80, 0xbf, 255, 255, 7, 0]));
  assert.equal([...tensors.keys()], ['b', 'a']);
  assert.equal(tensors.get('a')?.toArray(), [-1]);
  assert.equal(tensors.get('b')?.toArray(), [-1, 7]);
});

test('halves in files: every float16 and bfloat16 is read, kept and written back bit for bit, NaN with its payload', () => {
  const stored = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const bits = [...new Uint8Array(stored.buffer)];
  for (const [dtype, name] of [
    ['float16', 'F16'],
    ['bfloat16', 'BF16'],
  ] as const) {
    const file = safetensors(`{"x":{"dtype":"${name}","shape":[256,256],"data_offsets":[0,131072]}}`, bits);
    const { tensors } = decodeSafetensors(file);
    const x = tensors.get('x') as Tensor;
    assert.equal([x.dtype, x.shape], [dtype, [256, 256]]);
    assert.equal([...x.bytes()], bits);
    assert.equal([...(decodeSafetensors(encodeSafetensors(tensors)).tensors.get('x') as Tensor).bytes()], bits);
  }
  const array = decodeNpy(npy(header('<f2', '(65536,)'), bits));
  assert.equal([array.dtype, [...array.bytes()]], ['float16', bits]);
  assert.equal([...decodeNpy(encodeNpy(array)).bytes()], bits);
  const swapped = decodeNpy(npy(header('>f2', '(2, 2)', 'True'), [0x3c, 0, 0x40, 0, 0x42, 0, 0x44, 0]));
  assert.equal(
    [swapped.dtype, swapped.toArray()],
    [
      'float16',
      [
        [1, 3],
        [2, 4],
      ],
    ],
  );
  assert.throws(
    () => encodeNpy(tensor([1], { dtype: 'bfloat16' })),
    (error) =>
      error instanceof DtypeError &&
      error.message ===
        "encodeNpy: NumPy has no bfloat16 (shape [1]); convert with cast(x, 'float32'), or write safetensors",
  );
});

test('integers in files: int8, uint8, uint32 and int64 are read, kept and written back bit for bit', () => {
  for (const [dtype, name, descr, width] of [
    ['int8', 'I8', '|i1', 1],
    ['uint8', 'U8', '|u1', 1],
    ['uint32', 'U32', '<u4', 4],
    ['int64', 'I64', '<i8', 8],
  ] as const) {
    const bits = Array.from({ length: 256 }, (_, i) => (i * 197) % 256);
    const count = 256 / width;
    const { tensors } = decodeSafetensors(
      safetensors(`{"x":{"dtype":"${name}","shape":[${count}],"data_offsets":[0,256]}}`, bits),
    );
    const array = decodeNpy(npy(header(descr, `(${count},)`), bits));
    for (const x of [tensors.get('x') as Tensor, array]) {
      assert.equal([x.dtype, [...x.bytes()]], [dtype, bits]);
      assert.equal([...decodeNpy(encodeNpy(x)).bytes()], bits);
      assert.equal([...(decodeSafetensors(encodeSafetensors({ x })).tensors.get('x') as Tensor).bytes()], bits);
      assert.equal([decodeNpy(encodeNpy(x)).dtype, decodeNpy(encodeNpy(x)).dataSync()], [dtype, x.dataSync()]);
    }
  }
  assert.equal(decodeNpy(npy(header('>u4', '(1,)'), [0xff, 0, 0, 1])).toArray(), [0xff00_0001]);
});

test('safetensors: gaps, overlaps, sizes beyond the file and headers that lie are refused where they stand', () => {
  const entry = (begin: number, end: number, shape = `[${end - begin}]`): string =>
    `{"dtype":"U8","shape":${shape},"data_offsets":[${begin},${end}]}`;
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [safetensors('{}', [], 2 ** 50), 'byte 0: a header of 1125899906842624 bytes; expected 100000000 bytes at most'],
    [
      Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 16]),
      'byte 0: the size 1152921504606846976; expected the length of the header',
    ],
    [safetensors('{}', [], 3), 'byte 8: only 2 bytes left; expected a header of 3 bytes'],
    [safetensors('[]'), 'byte 8: a header that is no JSON object; expected names with their types, shapes and places'],
    [safetensors('{'), 'byte 8: a header that is no JSON object; expected names with their types, shapes and places'],
    [
      safetensors(`{"a":${entry(0, 2 ** 52)}}`, [1]),
      `byte ${8 + `{"a":${entry(0, 2 ** 52)}}`.length}: only 1 byte left; expected ${2 ** 52} bytes of "a"`,
    ],
    [
      safetensors('{"a":{"dtype":"U8","shape":[1152921504606846976],"data_offsets":[0,1152921504606846976]}}', [1]),
      'byte 8: tensor "a": shape is not valid; expected a known dtype, a shape, and two data_offsets',
    ],
    [
      safetensors(`{"a":${entry(0, 1, '[2]')}}`, [1]),
      'byte 8: tensor "a": 1 bytes at [0, 1]; expected 2 bytes, U8 of shape [2]',
    ],
    [
      safetensors(`{"a":${entry(0, 1)},"b":${entry(2, 3)}}`, [1, 2, 3]),
      'byte 8: tensor "b" begins at 2; expected 1, where the one before it ends',
    ],
    [
      safetensors(`{"a":${entry(0, 2)},"b":${entry(1, 3)}}`, [1, 2, 3]),
      'byte 8: tensor "b" begins at 1; expected 2, where the one before it ends',
    ],
    [safetensors(`{"a":${entry(0, 1)}}`, [1, 2]), 'byte 62: 1 byte too many; expected the end of the file'],
    [
      safetensors('{"__metadata__":{"n":1}}'),
      'byte 8: __metadata__ that is not text by name; expected an object of strings',
    ],
  ];
  for (const [bytes, message] of cases)
    refused(tryDecodeSafetensors, bytes, `decodeSafetensors: ${fileName}, ${message}`);
});

test('safetensors: no prefix of a file is taken for a file, and no noise does harm', () => {
  const valid = encodeSafetensors({ w: tensor([[1, 2]]), b: zeros([2], 'int32') }, { note: 'n' });
  truncationsRefused(tryDecodeSafetensors, valid);
  survivesNoise(tryDecodeSafetensors, [valid]);
});
