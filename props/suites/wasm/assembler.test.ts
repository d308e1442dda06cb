/** The assembler: numbers in its bytes, control flow, memory, modules as a whole. */
import * as fc from 'fast-check';
import {
  type Bytes,
  readBytes,
  writeFloat64,
  writeSigned32,
  writeSigned64,
  writeUnsigned,
} from '../../../core/backends/kernels/assembler/bytes.js';
import {
  block,
  branch,
  branchIf,
  branchTable,
  call,
  choose,
  decode,
  drop,
  dropData,
  type Expression,
  encode,
  f32,
  f64,
  func,
  getGlobal,
  global,
  i32,
  i32Atomic,
  i32x4,
  i64,
  i64Atomic,
  importFunc,
  instantiate,
  leave,
  letIn,
  link,
  local,
  locals,
  loop,
  loopOver,
  type ModuleSource,
  memoryAtomic,
  print,
  select,
  sequence,
  set,
  setGlobal,
  tee,
  v128,
  when,
  memory as wholeMemory,
} from '../../../core/backends/kernels/assembler/index.js';
import { engine } from '../../../core/backends/wasm/engine.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const written = (write: (out: Bytes) => void): Bytes => {
  const out: Bytes = [];
  write(out);
  return out;
};

test('LEB128: the edges of each length are written as the specification says', () => {
  const unsigned = (value: number): Bytes => written((out) => writeUnsigned(out, value));
  const signed = (value: bigint, bits: 32 | 64): Bytes =>
    written((out) => (bits === 32 ? writeSigned32(out, Number(value)) : writeSigned64(out, value)));
  assert.equal(unsigned(0), [0]);
  assert.equal(unsigned(127), [0x7f]);
  assert.equal(unsigned(128), [0x80, 0x01]);
  assert.equal(unsigned(624_485), [0xe5, 0x8e, 0x26]);
  assert.equal(unsigned(0xffff_ffff), [0xff, 0xff, 0xff, 0xff, 0x0f]);
  assert.equal(signed(63n, 32), [0x3f]);
  assert.equal(signed(64n, 32), [0xc0, 0x00]);
  assert.equal(signed(-64n, 32), [0x40]);
  assert.equal(signed(-65n, 32), [0xbf, 0x7f]);
  assert.equal(signed(-(2n ** 31n), 32), [0x80, 0x80, 0x80, 0x80, 0x78]);
  assert.equal(signed(2n ** 63n - 1n, 64), [...Array.from({ length: 9 }, () => 0xff), 0x00]);
  assert.equal(signed(-(2n ** 63n), 64), [...Array.from({ length: 9 }, () => 0x80), 0x7f]);
  assert.throws(() => unsigned(2 ** 32), /unsigned 32-bit/);
  assert.throws(() => unsigned(-1), /unsigned 32-bit/);
  assert.throws(() => signed(2n ** 31n, 32), /signed 32-bit/);
});

test('bytes: what is written is read back, and bytes that end too soon or run too long are errors', () => {
  const edges = fc.constantFrom(0, 63, 64, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1);
  check(
    fc.property(
      fc.oneof(edges, fc.nat()),
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
      fc.double(),
      (natural, integer, float) => {
        const input = readBytes(
          written((out) => {
            writeUnsigned(out, natural);
            writeSigned64(out, integer);
            writeSigned32(out, Number(BigInt.asIntN(32, integer)));
            writeFloat64(out, float);
          }),
        );
        assert.is(input.unsigned(), natural);
        assert.is(input.signed(64), integer);
        assert.is(input.signed(32), BigInt.asIntN(32, integer));
        assert.ok(Object.is(input.float64(), float));
        assert.ok(input.done());
      },
    ),
    { numRuns: 200 },
  );
  assert.throws(() => readBytes([0x80]).unsigned(), /end at 1/);
  assert.throws(() => readBytes([0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).unsigned(), /longer than 32 bits/);
});

test('control: loops, blocks, conditions and tables run as they read', () => {
  const factorial = func('factorial', ['i32'], 'i32', (n) => {
    const [product, i] = [local('i32'), local('i32')];
    return [
      set(product, 1),
      loopOver(i, { start: 1, end: n }, [set(product, i32.mul(product, i))]),
      i32.mul(product, select(n, n, i32.const(1))),
    ];
  });
  // Greatest common divisor, by a loop that is left from within.
  const divisor = func('divisor', ['i32', 'i32'], 'i32', (a, b) => {
    const rest = local('i32');
    return [
      block((exit) => [
        loop((again) => [
          branchIf(i32.eqz(b), exit),
          set(rest, i32.rem_u(a, b)),
          set(a, b),
          set(b, rest),
          branch(again),
        ]),
      ]),
      a,
    ];
  });
  const name = func('name', ['i32'], 'i32', (which) => [
    block((other) => [
      block((one) => [block((zero) => [branchTable(which, [zero, one], other)]), leave(i32.const(100))]),
      leave(i32.const(101)),
    ]),
    choose(i32.gt_s(which, 10), i32.const(-1), i32.const(-2)),
  ]);
  const run = instantiate({ exports: { factorial, divisor, name } });
  assert.equal([0, 1, 2, 5, 10].map(run.factorial), [1, 1, 2, 120, 3_628_800]);
  assert.is(run.divisor(84, 36), 12);
  assert.equal([0, 1, 2, 11].map(run.name), [100, 101, -2, -1]);
});

test('control: a value is computed once by letIn, and globals keep theirs', () => {
  const count = global(i32.const(5));
  const next = func('next', [], 'i32', () => [setGlobal(count, i32.add(getGlobal(count), 1)), getGlobal(count)]);
  const twice = func('twice', [], 'i32', () => [letIn(call(next), (value) => i32.add(value, value))]);
  const teed = func('teed', ['i32'], 'i32', (x) => {
    const y = local('i32');
    return [drop(x), sequence([when(i32.eqz(x), [set(x, 9)])], i32.mul(tee(y, i32.add(x, 1)), y))];
  });
  const run = instantiate({ exports: { twice, teed } });
  assert.equal([run.twice(), run.twice()], [12, 14]);
  assert.equal([run.teed(0), run.teed(2)], [100, 9]);
});

test('control: a branch cannot name a label that it does not stand within', () => {
  let escaped = block((exit) => [branch(exit)]);
  block((exit) => {
    escaped = branch(exit);
    return [];
  });
  assert.throws(() => link({ exports: { f: func('f', [], 'none', () => [escaped]) } }), /does not stand within/);
});

test('host: 64-bit integers cross as bigints, and functions of the host are called', () => {
  const seen: number[] = [];
  const log = importFunc('host', 'log', ['f64'], 'none');
  const half = func('half', ['i64', 'f32'], 'i64', (x, y) => [call(log, f64.promote_f32(y)), i64.shr_s(x, 1n)]);
  const run = instantiate({ exports: { half } }, { functions: { host: { log: (x: number) => seen.push(x) } } });
  assert.is(run.half(-(2n ** 40n), 0.5), -(2n ** 39n));
  assert.equal(seen, [0.5]);
  // @ts-expect-error a bigint where the function takes one
  refuses(() => run.half(1, 1), TypeError);
});

/** Memory of one page whose bytes are 0x80, 0x81, … */
const counting = (): { memory: InstanceType<ReturnType<typeof engine>['Memory']>; bytes: Uint8Array } => {
  const memory = new (engine().Memory)({ initial: 1 });
  const bytes = new Uint8Array(memory.buffer);
  for (let i = 0; i < 64; i++) bytes[i] = 0x80 + i;
  return { memory, bytes };
};
const host = { importedFrom: 'host', name: 'memory', minimum: 1 } as const;

test('memory: every load reads the right bytes and widens them by its sign', () => {
  const { memory } = counting();
  const at = (load: Expression<'i64'>): bigint =>
    instantiate({ memory: host, exports: { run: func('run', [], 'i64', () => [load]) } }, { memory }).run();
  const wide = (load: Expression<'i32'>): bigint => at(i64.extend_i32_s(load));
  assert.is(wide(i32.load(1, 2)), BigInt.asIntN(32, 0x86858483n));
  assert.is(wide(i32.load8_s(3)), BigInt.asIntN(8, 0x83n));
  assert.is(wide(i32.load8_u(3)), 0x83n);
  assert.is(wide(i32.load16_s(3)), BigInt.asIntN(16, 0x8483n));
  assert.is(wide(i32.load16_u(3)), 0x8483n);
  assert.is(at(i64.load(1)), BigInt.asIntN(64, 0x8887868584838281n));
  assert.is(at(i64.load8_s(1)), BigInt.asIntN(8, 0x81n));
  assert.is(at(i64.load8_u(1)), 0x81n);
  assert.is(at(i64.load16_s(1)), BigInt.asIntN(16, 0x8281n));
  assert.is(at(i64.load16_u(1)), 0x8281n);
  assert.is(at(i64.load32_s(1)), BigInt.asIntN(32, 0x84838281n));
  assert.is(at(i64.load32_u(1)), 0x84838281n);
  assert.is(wide(i32.reinterpret_f32(f32.load(5))), BigInt.asIntN(32, 0x88878685n));
  assert.is(at(i64.reinterpret_f64(f64.load(5))), BigInt.asIntN(64, 0x8c8b8a8988878685n));
  assert.is(wide(i32Atomic.load(4)), BigInt.asIntN(32, 0x87868584n));
  assert.is(at(i64Atomic.load(8)), BigInt.asIntN(64, 0x8f8e8d8c8b8a8988n));
});

test('memory: every vector load places its bytes', () => {
  const { memory, bytes } = counting();
  const at = (load: Expression<'v128'>): number[] => {
    instantiate(
      { memory: host, exports: { run: func('run', [], 'none', () => [v128.store(100, load, 4)]) } },
      { memory },
    ).run();
    return [...bytes.slice(104, 120)];
  };
  const from = (...numbers: number[]): number[] =>
    numbers.map((number) => (number < 0 ? 0xff : number === 0 ? 0 : 0x80 + number));
  assert.equal(at(v128.load(1)), from(...Array.from({ length: 16 }, (_, i) => i + 1)));
  assert.equal(at(v128.load8x8_s(1)), from(1, -1, 2, -1, 3, -1, 4, -1, 5, -1, 6, -1, 7, -1, 8, -1));
  assert.equal(at(v128.load8x8_u(1)), from(1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0));
  assert.equal(at(v128.load16x4_s(1)), from(1, 2, -1, -1, 3, 4, -1, -1, 5, 6, -1, -1, 7, 8, -1, -1));
  assert.equal(at(v128.load16x4_u(1)), from(1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0));
  assert.equal(at(v128.load32x2_s(1)), from(1, 2, 3, 4, -1, -1, -1, -1, 5, 6, 7, 8, -1, -1, -1, -1));
  assert.equal(at(v128.load32x2_u(1)), from(1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8, 0, 0, 0, 0));
  assert.equal(at(v128.load8_splat(7)), from(...Array.from({ length: 16 }, () => 7)));
  assert.equal(at(v128.load16_splat(7)), from(...Array.from({ length: 16 }, (_, i) => 7 + (i % 2))));
  assert.equal(at(v128.load32_splat(7)), from(...Array.from({ length: 16 }, (_, i) => 7 + (i % 4))));
  assert.equal(at(v128.load64_splat(7)), from(...Array.from({ length: 16 }, (_, i) => 7 + (i % 8))));
  assert.equal(at(v128.load32_zero(7)), from(7, 8, 9, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  assert.equal(at(v128.load64_zero(7)), from(7, 8, 9, 10, 11, 12, 13, 14, 0, 0, 0, 0, 0, 0, 0, 0));
  const none = i32x4.const(0);
  assert.equal(at(v128.load8_lane(15, 1, none)), from(...Array.from({ length: 15 }, () => 0), 1));
  assert.equal(at(v128.load16_lane(6, 1, none)), from(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0));
  assert.equal(at(v128.load32_lane(1, 1, none)), from(0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0));
  assert.equal(at(v128.load64_lane(1, 1, none, 1)), from(0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 4, 5, 6, 7, 8, 9));
});

test('memory: every store writes its bytes and no others', () => {
  const { memory, bytes } = counting();
  const after = (store: ReturnType<typeof i32.store>): number[] => {
    bytes.fill(0, 200, 220);
    instantiate({ memory: host, exports: { run: func('run', [], 'none', () => [store]) } }, { memory }).run();
    const [first, last] = [
      bytes.slice(200, 220).findIndex((byte) => byte !== 0),
      bytes.slice(200, 220).findLastIndex((byte) => byte !== 0),
    ];
    return [first, ...bytes.slice(200 + first, 201 + last)];
  };
  assert.equal(after(i32.store(200, 0x04030201, 1)), [1, 1, 2, 3, 4]);
  assert.equal(after(i32.store8(200, 0x04030201, 2)), [2, 1]);
  assert.equal(after(i32.store16(200, 0x04030201, 3)), [3, 1, 2]);
  const long = 0x0807060504030201n;
  assert.equal(after(i64.store(200, long, 1)), [1, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(after(i64.store8(200, long)), [0, 1]);
  assert.equal(after(i64.store16(200, long)), [0, 1, 2]);
  assert.equal(after(i64.store32(200, long)), [0, 1, 2, 3, 4]);
  assert.equal(after(f32.store(200, f32.reinterpret_i32(0x04030201))), [0, 1, 2, 3, 4]);
  assert.equal(after(f64.store(200, f64.reinterpret_i64(long))), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(after(v128.store8_lane(3, 200, v128.load(0))), [0, 0x83]);
  assert.equal(after(v128.store16_lane(3, 200, v128.load(0))), [0, 0x86, 0x87]);
  assert.equal(after(v128.store32_lane(3, 200, v128.load(0))), [0, 0x8c, 0x8d, 0x8e, 0x8f]);
  assert.equal(after(v128.store64_lane(1, 200, v128.load(0))), [0, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f]);
  assert.equal(after(i32Atomic.store(200, 0x04030201)), [0, 1, 2, 3, 4]);
  assert.equal(after(i64Atomic.store(200, long)), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test('memory: it is copied, filled, grown and initialised from segments', () => {
  const source: ModuleSource = {
    memory: { name: 'memory', minimum: 1, maximum: 3 },
    data: [{ at: 8, bytes: [1, 2, 3] }, { bytes: [4, 5, 6, 7] }],
    exports: {
      run: func('run', [], 'i32', () => [
        wholeMemory.copy(16, 8, 3),
        wholeMemory.fill(19, 9, 2),
        wholeMemory.init(1, 21, 1, 2),
        dropData(1),
        drop(wholeMemory.grow(1)),
        wholeMemory.size(),
      ]),
    },
  };
  assert.equal(decode(encode(link(source))), link(source));
  const { Module, Instance } = engine();
  const instance = new Instance(new Module(encode(link(source))), {});
  assert.is((instance.exports.run as () => number)(), 2);
  const bytes = new Uint8Array((instance.exports.memory as { buffer: ArrayBuffer }).buffer, 8, 16);
  assert.equal([...bytes], [1, 2, 3, 0, 0, 0, 0, 0, 1, 2, 3, 9, 9, 5, 6, 0]);
});

test('atomics: read-modify-write gives the old value and leaves the new one, in shared memory', () => {
  const memory = new (engine().Memory)({ initial: 1, maximum: 1, shared: true });
  const numbers = new Int32Array(memory.buffer);
  const use = { ...host, maximum: 1, shared: true };
  const run = (code: Expression<'i32'>): number =>
    instantiate(
      { memory: use, exports: { run: func('run', [], 'i32', () => [memoryAtomic.fence(), code]) } },
      { memory },
    ).run();
  const step = (code: Expression<'i32'>): number[] => {
    numbers[0] = 12;
    numbers[1] = 0;
    return [run(code), numbers[0]];
  };
  assert.equal(step(i32Atomic.add(0, 3)), [12, 15]);
  assert.equal(step(i32Atomic.sub(0, 3)), [12, 9]);
  assert.equal(step(i32Atomic.and(0, 6)), [12, 4]);
  assert.equal(step(i32Atomic.or(0, 3)), [12, 15]);
  assert.equal(step(i32Atomic.xor(0, 6)), [12, 10]);
  assert.equal(step(i32Atomic.xchg(0, 5)), [12, 5]);
  assert.equal(step(i32Atomic.cmpxchg(0, 12, 5)), [12, 5]);
  assert.equal(step(i32Atomic.cmpxchg(0, 11, 5)), [12, 12]);
  const narrow = (code: Expression<'i64'>): Expression<'i32'> => i32.wrap_i64(code);
  assert.equal(step(narrow(i64Atomic.add(0, 3n))), [12, 15]);
  assert.equal(step(narrow(i64Atomic.sub(0, 3n))), [12, 9]);
  assert.equal(step(narrow(i64Atomic.and(0, 6n))), [12, 4]);
  assert.equal(step(narrow(i64Atomic.or(0, 3n))), [12, 15]);
  assert.equal(step(narrow(i64Atomic.xor(0, 6n))), [12, 10]);
  assert.equal(step(narrow(i64Atomic.xchg(0, 5n))), [12, 5]);
  assert.equal(step(narrow(i64Atomic.cmpxchg(0, 12n, 5n))), [12, 5]);
  assert.equal(step(memoryAtomic.notify(0, 1)), [0, 12]);
  // 1: the value is not the one to wait for; 2: the time is up.
  assert.equal(step(memoryAtomic.wait32(0, 11, 1n)), [1, 12]);
  assert.equal(step(memoryAtomic.wait32(0, 12, 1000n)), [2, 12]);
  assert.equal(step(memoryAtomic.wait64(0, 11n, 1n)), [1, 12]);
});

/** A module with something of everything. */
const everything = (): ModuleSource => {
  const log = importFunc('host', 'log', ['i32', 'f64'], 'none');
  const [counter, ratio] = [global(i64.const(-(2n ** 40n))), global(f32.const(0.5), false)];
  const mask = global(i32x4.const(1, 2, 3, 4));
  const helper = func('helper', ['v128', 'i32'], 'v128', (x, n) => {
    const [a, b, c] = locals('v128', 3);
    const other = local('i64');
    return [set(a, v128.and(x, getGlobal(mask))), set(other, 3n), set(b, i32x4.shl(a, n)), set(c, i32x4.add(a, b)), c];
  });
  const entry = func('entry', ['i32'], 'f32', (x) => [
    call(log, x, f64.const(1.5)),
    setGlobal(counter, i64.add(getGlobal(counter), 1n)),
    v128.store(x, call(helper, v128.load(x), 2), 32),
    block((exit) => [branchTable(x, [exit, exit], exit)]),
    getGlobal(ratio),
  ]);
  return { memory: { ...host, maximum: 2 }, exports: { entry, again: entry }, data: [{ at: 0, bytes: [1, 2, 250] }] };
};

test('modules: assembled bytes decode to the structure they were made of, and the engine takes them', () => {
  const structure = link(everything());
  const bytes = encode(structure);
  assert.ok(engine().validate(bytes));
  assert.equal(decode(bytes), structure);
  refuses(() => decode(bytes.slice(0, -1)), RangeError);
  assert.throws(() => decode(bytes.with(0, 1)), /byte 0 is 0x1, not 0x0/);
});

test('modules: they print as text that people can read', () => {
  const double = func('double', ['f32'], 'f32', (x) => [
    choose(f32.gt(x, 0), f32.mul(x, 2), sequence([f32.store(8, x, 4)], f32.const(-0))),
  ]);
  const text = print(link({ memory: { ...host }, exports: { double }, data: [{ at: 1, bytes: [10, 255] }] }));
  assert.is(
    text,
    [
      '(module',
      '  (import "host" "memory" (memory 1))',
      '  (func $double (export "double") (param f32) (result f32)',
      '    local.get 0',
      '    f32.const 0',
      '    f32.gt',
      '    if (result f32)',
      '      local.get 0',
      '      f32.const 2',
      '      f32.mul',
      '    else',
      '      i32.const 8',
      '      local.get 0',
      '      f32.store offset=4 align=4',
      '      f32.const -0',
      '    end',
      '  )',
      '  (data (i32.const 1) "\\0a\\ff")',
      ')',
    ].join('\n'),
  );
});
