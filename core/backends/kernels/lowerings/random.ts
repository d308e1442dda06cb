/** Random words by Threefry-2x32 with 20 rounds, four blocks at once, and numbers of them; `core/primitives/random/threefry.ts` says how. */
import { broadcastStrides, sizeOf } from '../../../base/shape.js';
import { f32x4, f64x2, i8x16, i32, i32x4, letIn, local, type Statement, set, v128, when } from '../assembler/index.js';
import type { Vector } from '../loops/lanes.js';
import { beyond, collapse, nest, nestShare } from '../loops/nest.js';
import type { Lowering, Lowerings } from './lowering.js';

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
const parity = 0x1bd11bda;

const lanes32 = (...lanes: number[]): number[] => lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));

/** The first words of four pairs, and the second ones. */
const firsts = (a: Vector, b: Vector): Vector => i8x16.shuffle(lanes32(0, 2, 4, 6), a, b);
const seconds = (a: Vector, b: Vector): Vector => i8x16.shuffle(lanes32(1, 3, 5, 7), a, b);

const rotated = (x: Vector, turn: number): Vector =>
  letIn(x, (word) => v128.or(i32x4.shl(word, turn), i32x4.shr_u(word, 32 - turn)));

interface Words {
  readonly first: Vector;
  readonly second: Vector;
}

/** Leaves four blocks' words in `x` and `y`. */
const encrypt = (key: Words, counter: Words): { code: Statement[]; first: Vector; second: Vector } => {
  const [x, y] = [local('v128'), local('v128')];
  const keys = [local('v128'), local('v128'), local('v128')] as const;
  const code: Statement[] = [
    set(keys[0], key.first),
    set(keys[1], key.second),
    set(keys[2], v128.xor(v128.xor(keys[0], keys[1]), i32x4.const(parity))),
    set(x, i32x4.add(counter.first, keys[0])),
    set(y, i32x4.add(counter.second, keys[1])),
  ];
  for (let round = 0; round < 5; round++) {
    for (const turn of rotations[round % 2] ?? [])
      code.push(set(x, i32x4.add(x, y)), set(y, v128.xor(rotated(y, turn), x)));
    code.push(
      set(x, i32x4.add(x, keys[(round + 1) % 3] ?? keys[0])),
      set(y, i32x4.add(i32x4.add(y, keys[(round + 2) % 3] ?? keys[0]), i32x4.const(round + 1))),
    );
  }
  return { code, first: x, second: y };
};

const threefry: Lowering = ({ inputs, output }) => {
  const blocks = output.shape.slice(0, -1);
  const operandStrides = inputs.map(({ shape }) =>
    broadcastStrides(shape.slice(0, -1), blocks).map((step) => step * 8),
  );
  const space = collapse({
    shape: blocks,
    strides: [...operandStrides, broadcastStrides(blocks, blocks).map((step) => step * 8)],
  });
  const size = space.shape.at(-1) ?? 1;
  return {
    kind: 'kernel',
    workspace: 0,
    parallel: true,
    emit: ({ inputs: sources, output: target, thread, threads }) => {
      const pointers = [...sources, target].slice(0, 3).map((from) => ({ from, at: local('i32') }));
      const strides = space.strides.map((steps) => (blocks.every((n) => n === 1) ? 8 : (steps.at(-1) ?? 0)));
      /** The words of `count` neighbours of an operand; nothing beyond them is read. */
      const words = (k: number, count: number): Words => {
        const at = pointers[k]?.at ?? target;
        const stride = strides[k] ?? 0;
        if (stride === 8 && count === 4)
          return { first: firsts(v128.load(at), v128.load(at, 16)), second: seconds(v128.load(at), v128.load(at, 16)) };
        const word = (offset: number): Vector => {
          let lanes = v128.load32_splat(at, offset);
          for (let lane = 1; lane < count && stride !== 0; lane++)
            lanes = i32x4.replace_lane(lane, lanes, i32.load(i32.add(at, lane * stride), offset));
          return lanes;
        };
        return { first: word(0), second: word(4) };
      };
      const block = (count: number): Statement[] => {
        const { code, first, second } = encrypt(words(0, count), words(1, count));
        const to = pointers[2]?.at ?? target;
        const pair = (order: readonly number[], at: number): Statement[] =>
          count * 8 <= at
            ? []
            : [
                count * 8 >= at + 16
                  ? v128.store(to, i8x16.shuffle(order, first, second), at)
                  : v128.store64_lane(0, to, i8x16.shuffle(order, first, second), at),
              ];
        return [...code, ...pair(lanes32(0, 4, 1, 5), 0), ...pair(lanes32(2, 6, 3, 7), 16)];
      };
      const whole = size - (size % 4);
      const outer = space.shape.slice(0, -1);
      const walkers = pointers.map(({ at }, k) => ({ pointer: at, strides: (space.strides[k] ?? []).slice(0, -1) }));
      const inner = pointers.map(({ at }, k) => ({ pointer: at, strides: [strides[k] ?? 0] }));
      const rest = whole === size ? [] : beyond(inner, 0, whole, block(size - whole));
      return [
        ...pointers.map(({ from, at }) => set(at, from)),
        ...(outer.length === 0
          ? [
              ...(rest.length === 0 ? [] : [when(i32.eqz(thread), rest)]),
              ...nestShare({ thread, threads }, [whole], inner, 4, block(4)),
            ]
          : nestShare({ thread, threads }, outer, walkers, 1, [...nest([whole], inner, 4, block(4)), ...rest])),
      ];
    },
  };
};

/** The leading bits of word pairs as fractions; four or two at once, beyond the end too. */
const unitInterval: Lowering = ({ output: { shape, dtype } }) => ({
  kind: 'kernel',
  workspace: 0,
  parallel: true,
  emit: ({ inputs: [source], output: target, thread, threads }) => {
    const [from, to] = [local('i32'), local('i32')];
    const doubles = dtype === 'float64';
    const pairs = v128.load(from);
    const next = doubles ? pairs : v128.load(from, 16);
    const high = firsts(pairs, next);
    const low = seconds(pairs, next);
    const fraction = doubles
      ? f64x2.mul(
          f64x2.add(
            f64x2.mul(f64x2.convert_low_i32x4_u(high), f64x2.const(2 ** 20)),
            f64x2.convert_low_i32x4_u(i32x4.shr_u(low, 12)),
          ),
          f64x2.const(2 ** -52),
        )
      : f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(v128.xor(high, low), 9)), f32x4.const(2 ** -23));
    return [
      set(from, source ?? target),
      set(to, target),
      ...nestShare(
        { thread, threads },
        [sizeOf(shape)],
        [
          { pointer: from, strides: [8] },
          { pointer: to, strides: [doubles ? 8 : 4] },
        ],
        doubles ? 2 : 4,
        [v128.store(to, fraction)],
      ),
    ];
  },
});

export const randomLowerings: Pick<Lowerings, 'threefry' | 'unitInterval'> = { threefry, unitInterval };
