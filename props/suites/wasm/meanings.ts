/**
 * What every instruction must compute, in plain JavaScript: i32 and i64 as bigints, floats as numbers, vectors as sixteen bytes.
 * Written apart from the assembler's tables.
 */
import {
  floats,
  floatTests,
  integerLanes,
  integers,
  integerTests,
  type LaneShape,
  type Scalar,
  type ShapeName,
  saturated,
  saturateSigned,
  saturateUnsigned,
  shapes,
  signed,
  unsigned,
  type Value,
} from './lanes.js';

type LaneFunction = (x: never, y: never) => Scalar;

export type Meaning = (...operands: Value[]) => Value;

const bytes = (value: Value | undefined): Uint8Array => value as Uint8Array;

/** A function of lanes as one of vectors; the second operand of a shift is one number for all lanes. */
const lanewise =
  (shape: LaneShape, f: LaneFunction): Meaning =>
  (x, y) => {
    const left = shape.read(bytes(x));
    const right = y instanceof Uint8Array ? shape.read(y) : left.map(() => y as Scalar);
    return shape.write(left.map((lane, i) => f(lane as never, right[i] as never)));
  };

const masks =
  (shape: LaneShape, f: (x: never, y: never) => boolean): Meaning =>
  (x, y) => {
    const right = shape.read(bytes(y));
    const mask = integerLanes(shape.bits);
    return mask.write(shape.read(bytes(x)).map((lane, i) => (f(lane as never, right[i] as never) ? -1n : 0n)));
  };

const mapEntries = <A, B>(record: Record<string, A>, prefix: string, f: (value: A) => B): [string, B][] =>
  Object.entries(record).map(([name, value]) => [`${prefix}.${name}`, f(value)]);

const scalarInteger = (prefix: 'i32' | 'i64', bits: number): [string, Meaning][] => [
  ...mapEntries(
    integers(bits),
    prefix,
    (f): Meaning =>
      (x, y) =>
        signed(bits, f(x as bigint, (y ?? 0n) as bigint)),
  ),
  ...mapEntries(
    integerTests(bits),
    prefix,
    (f): Meaning =>
      (x, y) =>
        f(x as bigint, (y ?? 0n) as bigint) ? 1n : 0n,
  ),
];

const scalarFloat = (prefix: 'f32' | 'f64', round: (x: number) => number): [string, Meaning][] => [
  ...mapEntries(
    floats,
    prefix,
    (f): Meaning =>
      (x, y) =>
        round(f(x as number, (y ?? 0) as number)),
  ),
  ...mapEntries(
    floatTests,
    prefix,
    (f): Meaning =>
      (x, y) =>
        f(x as number, y as number) ? 1n : 0n,
  ),
];

const vectorInteger = (prefix: ShapeName): [string, Meaning][] => {
  const shape = shapes[prefix];
  const lanes = (x: Value | undefined): bigint[] => shape.read(bytes(x)) as bigint[];
  return [
    ...mapEntries(integers(shape.bits), prefix, (f) => lanewise(shape, f)),
    ...mapEntries(integerTests(shape.bits), prefix, (f) => masks(shape, f)),
    [`${prefix}.all_true`, (x) => (lanes(x).every((lane) => lane !== 0n) ? 1n : 0n)],
    [`${prefix}.bitmask`, (x) => lanes(x).reduce((mask, lane, i) => mask | (lane < 0n ? 1n << BigInt(i) : 0n), 0n)],
    [`${prefix}.splat`, (x) => shape.write(Array.from({ length: shape.count }, () => x as Scalar))],
    // With a mask whose lanes are all ones or all zeros, as here, this is a plain selection of bits.
    [`${prefix}.relaxed_laneselect`, (x, y, mask) => bitselect(bytes(x), bytes(y), bytes(mask))],
  ];
};

const bitselect = (x: Uint8Array, y: Uint8Array, mask: Uint8Array): Uint8Array =>
  x.map((byte, i) => (byte & (mask[i] ?? 0)) | ((y[i] ?? 0) & ~(mask[i] ?? 0)));

const vectorFloat = (prefix: 'f32x4' | 'f64x2'): [string, Meaning][] => {
  const shape = shapes[prefix];
  /** Fused or not: the operands of the tests are small integers, for which both give the same. */
  const fused =
    (sign: number): Meaning =>
    (x, y, z) => {
      const [a, b, c] = [x, y, z].map((value) => shape.read(bytes(value)) as number[]);
      return shape.write((a ?? []).map((lane, i) => sign * lane * (b?.[i] ?? 0) + (c?.[i] ?? 0)));
    };
  return [
    ...mapEntries(floats, prefix, (f) => lanewise(shape, f)),
    ...mapEntries(floatTests, prefix, (f) => masks(shape, f)),
    [`${prefix}.splat`, (x) => shape.write(Array.from({ length: shape.count }, () => x as Scalar))],
    [`${prefix}.relaxed_madd`, fused(1)],
    [`${prefix}.relaxed_nmadd`, fused(-1)],
  ];
};

/** Lanes of one shape become lanes of another, twice as wide or half as wide. */
const widths = (narrow: ShapeName, wide: ShapeName): [string, Meaning][] => {
  const [from, to] = [shapes[narrow], shapes[wide]];
  const halves = { low: 0, high: to.count } as const;
  const readAs = (sign: string, x: Value | undefined): bigint[] =>
    (from.read(bytes(x)) as bigint[]).map((lane) => (sign === 's' ? lane : unsigned(from.bits, lane)));
  return ['s', 'u'].flatMap((sign): [string, Meaning][] => [
    ...Object.entries(halves).flatMap(([half, start]): [string, Meaning][] => [
      [`${wide}.extend_${half}_${narrow}_${sign}`, (x) => to.write(readAs(sign, x).slice(start, start + to.count))],
      [
        `${wide}.extmul_${half}_${narrow}_${sign}`,
        (x, y) => {
          const right = readAs(sign, y);
          return to.write(
            readAs(sign, x)
              .map((lane, i) => lane * (right[i] ?? 0n))
              .slice(start, start + to.count),
          );
        },
      ],
    ]),
    [
      `${wide}.extadd_pairwise_${narrow}_${sign}`,
      (x) => {
        const lanes = readAs(sign, x);
        return to.write(Array.from({ length: to.count }, (_, i) => (lanes[2 * i] ?? 0n) + (lanes[2 * i + 1] ?? 0n)));
      },
    ],
    [
      `${narrow}.narrow_${wide}_${sign}`,
      (x, y) =>
        from.write(
          ([...to.read(bytes(x)), ...to.read(bytes(y))] as bigint[]).map((lane) =>
            sign === 's' ? saturateSigned(from.bits, lane) : saturateUnsigned(from.bits, lane),
          ),
        ),
    ],
  ]);
};

/** Sums of products of neighbours. */
const dots = (x: Value | undefined, y: Value | undefined, shape: LaneShape, group: number): bigint[] => {
  const right = shape.read(bytes(y)) as bigint[];
  const products = (shape.read(bytes(x)) as bigint[]).map((lane, i) => lane * (right[i] ?? 0n));
  return Array.from({ length: shape.count / group }, (_, i) =>
    products.slice(i * group, (i + 1) * group).reduce((total, product) => total + product, 0n),
  );
};

const limits = {
  i32: { s: [-(2n ** 31n), 2n ** 31n - 1n], u: [0n, 2n ** 32n - 1n] },
  i64: { s: [-(2n ** 63n), 2n ** 63n - 1n], u: [0n, 2n ** 64n - 1n] },
} as const;

/** From numbers of one sort to another. */
const conversions = (): [string, Meaning][] => {
  const out: [string, Meaning][] = [
    ['i32.wrap_i64', (x) => signed(32, x as bigint)],
    ['i64.extend_i32_s', (x) => x as bigint],
    ['i64.extend_i32_u', (x) => unsigned(32, x as bigint)],
    ['f32.demote_f64', (x) => Math.fround(x as number)],
    ['f64.promote_f32', (x) => x as number],
    ['i32.reinterpret_f32', (x) => shapes.i32x4.read(shapes.f32x4.write([x as number, 0, 0, 0]))[0] ?? 0n],
    ['i64.reinterpret_f64', (x) => shapes.i64x2.read(shapes.f64x2.write([x as number, 0]))[0] ?? 0n],
    ['f32.reinterpret_i32', (x) => shapes.f32x4.read(shapes.i32x4.write([x as bigint, 0n, 0n, 0n]))[0] ?? 0],
    ['f64.reinterpret_i64', (x) => shapes.f64x2.read(shapes.i64x2.write([x as bigint, 0n]))[0] ?? 0],
  ];
  for (const sign of ['s', 'u'] as const) {
    for (const integer of ['i32', 'i64'] as const) {
      const bits = integer === 'i32' ? 32 : 64;
      const [low, high] = limits[integer][sign];
      for (const float of ['f32', 'f64'] as const) {
        const truncated: Meaning = (x) => signed(bits, saturated(x as number, low, high));
        out.push(
          [`${integer}.trunc_${float}_${sign}`, truncated],
          [`${integer}.trunc_sat_${float}_${sign}`, truncated],
        );
        out.push([
          `${float}.convert_${integer}_${sign}`,
          // Through text: straight from all digits to the nearest float, as one rounding; `fround(Number())` would be two.
          (x) => nearestFloat(sign === 's' ? (x as bigint) : unsigned(bits, x as bigint), float),
        ]);
      }
    }
    const [low, high] = limits.i32[sign];
    const fromFloats = (shape: ShapeName): Meaning => {
      const { read } = shapes[shape];
      return (x) => {
        const lanes = read(bytes(x)).map((lane) => saturated(Number(lane), low, high));
        return shapes.i32x4.write([...lanes, 0n, 0n].slice(0, 4));
      };
    };
    const integersOf = (x: Value | undefined): number[] =>
      (shapes.i32x4.read(bytes(x)) as bigint[]).map((lane) => Number(sign === 's' ? lane : unsigned(32, lane)));
    out.push(
      [`i32x4.trunc_sat_f32x4_${sign}`, fromFloats('f32x4')],
      [`i32x4.relaxed_trunc_f32x4_${sign}`, fromFloats('f32x4')],
      [`i32x4.trunc_sat_f64x2_${sign}_zero`, fromFloats('f64x2')],
      [`i32x4.relaxed_trunc_f64x2_${sign}_zero`, fromFloats('f64x2')],
      [`f32x4.convert_i32x4_${sign}`, (x) => shapes.f32x4.write(integersOf(x))],
      [`f64x2.convert_low_i32x4_${sign}`, (x) => shapes.f64x2.write(integersOf(x).slice(0, 2))],
    );
  }
  return out;
};

/** The float nearest to an integer, ties to even, in one rounding. */
const nearestFloat = (x: bigint, float: 'f32' | 'f64'): number => {
  const digits = float === 'f32' ? 24 : 53;
  const size = x < 0n ? -x : x;
  const extra = BigInt(Math.max(0, size.toString(2).length - digits));
  const [kept, rest, half] = [size >> extra, size & ((1n << extra) - 1n), extra === 0n ? 1n : 1n << (extra - 1n)];
  const up = extra > 0n && (rest > half || (rest === half && kept % 2n === 1n));
  return Number((kept + (up ? 1n : 0n)) << extra) * (x < 0n ? -1 : 1);
};

const swizzle: Meaning = (x, y) => bytes(y).map((index) => bytes(x)[index] ?? 0);
const bitwise =
  (f: (a: number, b: number) => number): Meaning =>
  (x, y) =>
    bytes(x).map((byte, i) => f(byte, bytes(y)[i] ?? 0));

/** Every instruction that has operands and a result and touches nothing else. */
export const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...scalarInteger('i32', 32),
  ...scalarInteger('i64', 64),
  ...scalarFloat('f32', Math.fround),
  ...scalarFloat('f64', (x) => x),
  ...(['i8x16', 'i16x8', 'i32x4', 'i64x2'] as const).flatMap(vectorInteger),
  ...(['f32x4', 'f64x2'] as const).flatMap(vectorFloat),
  ...widths('i8x16', 'i16x8'),
  ...widths('i16x8', 'i32x4'),
  ...widths('i32x4', 'i64x2'),
  ...conversions(),
  ['i8x16.swizzle', swizzle],
  ['i8x16.relaxed_swizzle', swizzle],
  ['v128.not', (x) => bytes(x).map((byte) => ~byte)],
  ['v128.and', bitwise((a, b) => a & b)],
  ['v128.andnot', bitwise((a, b) => a & ~b)],
  ['v128.or', bitwise((a, b) => a | b)],
  ['v128.xor', bitwise((a, b) => a ^ b)],
  ['v128.bitselect', (x, y, mask) => bitselect(bytes(x), bytes(y), bytes(mask))],
  ['v128.any_true', (x) => (bytes(x).some((byte) => byte !== 0) ? 1n : 0n)],
  ['f32x4.demote_f64x2_zero', (x) => shapes.f32x4.write([...shapes.f64x2.read(bytes(x)), 0, 0])],
  ['f64x2.promote_low_f32x4', (x) => shapes.f64x2.write(shapes.f32x4.read(bytes(x)).slice(0, 2))],
  ['i32x4.dot_i16x8_s', (x, y) => shapes.i32x4.write(dots(x, y, shapes.i16x8, 2))],
  ['i16x8.relaxed_dot_i8x16_i7x16_s', (x, y) => shapes.i16x8.write(dots(x, y, shapes.i8x16, 2))],
  [
    'i32x4.relaxed_dot_i8x16_i7x16_add_s',
    (x, y, z) => {
      const added = shapes.i32x4.read(bytes(z)) as bigint[];
      return shapes.i32x4.write(dots(x, y, shapes.i8x16, 4).map((dot, i) => dot + (added[i] ?? 0n)));
    },
  ],
]);
