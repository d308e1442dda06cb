/**
 * What follows a product or a convolution element by element, and can be done to its sums while they are in registers: a factor, a bias or
 * a residual, the rectifier. The loop that would do it is left out. Everything keeps its bits: only finished sums are touched.
 */
import { type Shape, sizeOf } from '../../base/shape.js';
import { onlyOutput } from '../../program/program.js';
import { readsOf, trafficOf, writesOf } from '../kernels/groups/evaluate.js';
import { isDense } from '../kernels/loops/nest.js';
import type { Addend, Epilogue, KernelLowering } from '../kernels/lowerings/lowering.js';
import type { Buffer, Group, KernelUnit, Operand, Read, Step, Unit } from './plan.js';

/** The strides of the same elements in the same order under another shape; `null` where an axis of it would not be regular. */
export const stridesUnder = (shape: Shape, strides: readonly number[], target: Shape): readonly number[] | null => {
  if (sizeOf(shape) !== sizeOf(target) || sizeOf(shape) === 0) return null;
  const found = target.map(() => 0);
  let axis = shape.length - 1;
  /** How much of the axis is taken already. */
  let taken = 1;
  for (let to = target.length - 1; to >= 0; to--) {
    const size = target[to] ?? 1;
    for (let covered = 1; covered < size; ) {
      while ((shape[axis] ?? 1) === taken) {
        axis--;
        taken = 1;
      }
      const [left, wanted] = [(shape[axis] ?? 1) / taken, size / covered];
      const piece = Math.min(left, wanted);
      if (!Number.isInteger(left / piece) || !Number.isInteger(wanted / piece)) return null;
      const stride = (strides[axis] ?? 0) * taken;
      if (covered === 1) found[to] = stride;
      else if (stride !== (found[to] ?? 0) * covered) return null;
      covered *= piece;
      taken *= piece;
    }
  }
  return found;
};

const nameOf = ({ name }: Step): string => name.slice(0, name.indexOf('('));

/** An epilogue, the memory of its addend, and the names of its operations. */
interface Ending {
  readonly epilogue: Epilogue;
  readonly addend: Read | null;
  readonly operations: readonly string[];
}

/** A loop over the elements of a product as an epilogue: at most a factor, then an addend, then the rectifier; `null` if it is more. */
const endingOf = ({ shape, steps, sinks }: Group, product: Buffer, target: Shape): Ending | null => {
  const { live, stored, sources } = trafficOf({ kind: 'group', shape, steps, sinks, axes: null });
  const chain = [...steps.entries()].filter(([i]) => live[i] === true);
  if (sinks.length > 0 || stored.length !== 1 || stored[0]?.index !== chain.at(-1)?.[0]) return null;
  const own = ({ offset, strides }: Read): boolean => offset === 0 && isDense(shape, strides);
  if (!sources.every(({ dtype, read }) => dtype === product.dtype && (read.buffer !== product || own(read))))
    return null;

  let last: number | null = null;
  const isValue = (operand: Operand | undefined): boolean =>
    last === null
      ? operand?.from === 'memory' && operand.read.buffer === product
      : operand?.from === 'group' && operand.step === last;
  let [scale, addend, rectify]: [number, (Addend & { readonly read: Read }) | null, boolean] = [1, null, false];
  const operations: string[] = [];
  for (const [i, step] of chain) {
    const name = nameOf(step);
    const [first, second] = step.operands;
    const [value, other] = isValue(first) ? [first, second] : [second, first];
    if (!isValue(value) || step.dtype !== product.dtype || rectify) return null;
    if (name === 'mul' && other?.from === 'constant' && last === null) scale = other.value;
    else if ((name === 'add' || name === 'sub') && other?.from === 'memory' && addend === null) {
      const strides = stridesUnder(shape, other.read.strides, target);
      if (other.read.buffer === product || strides === null) return null;
      // a − b is a + (−1)·b, and to negate is exact.
      if (name === 'sub' && value === second) scale = -scale;
      addend = {
        weight: name === 'sub' && value === first ? -1 : 1,
        offset: other.read.offset,
        strides,
        read: other.read,
      };
    } else if (name === 'relu') rectify = true;
    else return null;
    operations.push(name);
    last = i;
  }
  if (addend === null) return { epilogue: { scale, addend, rectify }, addend, operations };
  const { read, ...rest } = addend;
  return { epilogue: { scale, addend: rest, rectify }, addend: read, operations };
};

/** The kernel with the loop for its epilogue; `null` if it cannot have this one. */
const finished = (unit: KernelUnit, make: NonNullable<KernelLowering['finished']>, group: Group): KernelUnit | null => {
  const [product] = unit.outputs;
  const { shape: target } = onlyOutput(unit.node);
  const ending = product === undefined ? null : endingOf(group, product, target);
  const output = trafficOf(group).stored[0]?.buffer;
  if (ending === null || output?.dtype !== product?.dtype || output === undefined) return null;
  const { epilogue, addend, operations } = ending;
  const made = make(epilogue);
  if (made === null) return null;
  const { scale, rectify } = epilogue;
  const strides = epilogue.addend?.strides ?? [];
  const sizes = target.map((size, axis) => (strides[axis] === 0 ? 1 : size));
  const shape = sizes.slice(
    Math.max(
      0,
      sizes.findIndex((size) => size !== 1),
    ),
  );
  const { weight, offset } = epilogue.addend ?? { weight: 0, offset: 0 };
  return {
    ...unit,
    name: `${unit.name} ×${Object.is(scale, -0) ? '-0' : scale} +${weight}@${offset}:${strides.join()} ${rectify ? 'relu' : ''}`,
    lowered: made,
    inputs:
      addend === null ? unit.inputs : [...unit.inputs, { buffer: addend.buffer, aval: { shape, dtype: output.dtype } }],
    outputs: [output],
    epilogue: operations,
  };
};

/** The units with loops made part of the products before them; `kept` are results that somebody wants in memory. */
export const withEpilogues = (units: readonly Unit[], kept: readonly Buffer[]): readonly Unit[] => {
  const result: (Unit | null)[] = [...units];
  const readers = new Map<Buffer, Set<number>>();
  units.forEach((unit, i) => {
    for (const buffer of readsOf(unit)) readers.set(buffer, (readers.get(buffer) ?? new Set()).add(i));
  });
  units.forEach((unit, i) => {
    if (unit.kind !== 'kernel' || unit.lowered.kind !== 'kernel' || unit.lowered.finished === undefined) return;
    const [product] = unit.outputs;
    if (product === undefined) return;
    const [at = 0, ...others] = readers.get(product) ?? [];
    const group = result[at];
    if (group?.kind !== 'group' || others.length > 0 || kept.includes(product)) return;
    const both = finished(unit, unit.lowered.finished, group);
    if (both === null) return;
    // Where the addend comes later than the product, so does the product, which nobody else waits for.
    const between = result.slice(i + 1, at).flatMap((other) => (other === null ? [] : writesOf(other)));
    const [to, free] = readsOf(both).some((buffer) => between.includes(buffer)) ? [at, i] : [i, at];
    result[to] = both;
    result[free] = null;
    for (const buffer of readsOf(both)) {
      readers.get(buffer)?.delete(free);
      readers.get(buffer)?.add(to);
    }
  });
  return result.filter((unit) => unit !== null);
};
