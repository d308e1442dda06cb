/**
 * From a program to what is to be done: kernels, and groups of elementwise operations that become one loop each; and which
 * numbers are in memory at all. Inside a group values live in registers; constants and views are not stored unless a kernel
 * wants them.
 */
import { bytesPerElement, type Dtype } from '../../dtype.js';
import { type Aval, formatParams, type Program, type ProgramNode } from '../../program.js';
import { broadcastStrides, type Shape, sameShape, sizeOf } from '../../shape.js';
import { isOwn, lower } from '../lowerings/index.js';
import type { Lowered, Origin } from '../lowerings/lowering.js';

/** A stretch of memory: an input, a constant, or computed by a unit. */
export interface Buffer {
  readonly dtype: Dtype;
  readonly length: number;
  readonly bytes: number;
  /** The argument of the call that says where it is; `null` for workspace. */
  argument: number | null;
}

/** A read of a buffer: element i of the loop is element `offset + Σ iₐ·strides[a]`. */
export interface Read {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Where an operand of a loop comes from: memory, nowhere, or an earlier operation of the group. */
export type Operand =
  | { readonly from: 'memory'; readonly dtype: Dtype; readonly read: Read }
  | { readonly from: 'constant'; readonly dtype: Dtype; readonly value: number }
  | { readonly from: 'group'; readonly dtype: Dtype; readonly step: number };

/** One operation of a group; `lane` is `null` where it only reads its one operand. */
export interface Step {
  /** What it does, as text that is equal for equal code. */
  readonly name: string;
  readonly dtype: Dtype;
  readonly operands: readonly Operand[];
  readonly lane: Extract<Lowered, { kind: 'elementwise' }>['lane'] | null;
  /** Where its values are stored, if anybody outside the group wants them. */
  stored: Buffer | null;
}

export interface Group {
  readonly kind: 'group';
  readonly shape: Shape;
  readonly steps: Step[];
}

export interface KernelUnit {
  readonly kind: 'kernel';
  readonly name: string;
  readonly lowered: Extract<Lowered, { kind: 'kernel' | 'reference' }>;
  readonly node: ProgramNode;
  readonly inputs: readonly { readonly buffer: Buffer; readonly aval: Aval }[];
  readonly output: Buffer;
}

export type Unit = Group | KernelUnit;

/** What is known of a value. */
type Value =
  | { readonly kind: 'buffer'; readonly buffer: Buffer; readonly unit: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'view'; readonly read: Read; readonly unit: number }
  | { readonly kind: 'step'; readonly unit: number; readonly step: number };

export interface Plan {
  readonly units: readonly Unit[];
  readonly inputs: readonly Buffer[];
  readonly constants: readonly Buffer[];
  readonly outputs: readonly Buffer[];
}

/** More operations in one loop would not fit into registers. */
const longestGroup = 48;

const makeBuffer = ({ shape, dtype }: Aval): Buffer => {
  const length = sizeOf(shape);
  return { dtype, length, bytes: length * bytesPerElement(dtype), argument: null };
};

const textOf = ({ primitive, params, dtype }: ProgramNode): string =>
  `${primitive.name}(${formatParams(params)}):${dtype}`;

/** The strides of the same elements under a shape that differs by axes of size 1 alone; `null` where it differs otherwise. */
const stridesUnder = (shape: Shape, strides: readonly number[], target: Shape): number[] | null => {
  const long = (sizes: Shape): number[] => sizes.filter((size) => size !== 1);
  if (!sameShape(long(shape), long(target))) return null;
  const kept = strides.filter((_, axis) => shape[axis] !== 1);
  let next = 0;
  return target.map((size) => (size === 1 ? 0 : (kept[next++] ?? 0)));
};

export const plan = (program: Program): Plan => {
  const units: Unit[] = [];
  const avals: Aval[] = [...program.inputs, ...program.constants];
  const inputs = program.inputs.map(makeBuffer);
  const constants = program.constants.map(makeBuffer);
  const values: Value[] = [...inputs, ...constants].map((buffer) => ({ kind: 'buffer', buffer, unit: -1 }));

  const valueAt = (id: number): Value => {
    const value = values[id];
    if (value === undefined) throw new Error(`program reads value ${id} before it is computed`);
    return value;
  };
  const avalOf = (id: number): Aval => avals[id] ?? { shape: [], dtype: 'float32' };
  const stepOf = (unit: number, step: number): Step => {
    const found = units[unit];
    const at = found?.kind === 'group' ? found.steps[step] : undefined;
    if (at === undefined) throw new Error(`there is no step ${step} in unit ${unit}`);
    return at;
  };

  /** The buffer that holds a value, which is stored now if it was not yet. */
  const bufferOf = (id: number): Buffer => {
    const value = valueAt(id);
    if (value.kind === 'buffer') return value.buffer;
    const aval = avalOf(id);
    const { shape, dtype } = aval;
    const buffer = makeBuffer(aval);
    if (value.kind === 'step') {
      const step = stepOf(value.unit, value.step);
      step.stored ??= buffer;
      return step.stored;
    }
    const operand: Operand =
      value.kind === 'constant'
        ? { from: 'constant', dtype, value: value.value }
        : { from: 'memory', dtype, read: value.read };
    units.push({
      kind: 'group',
      shape,
      steps: [{ name: 'copy', dtype, operands: [operand], lane: null, stored: buffer }],
    });
    values[id] = { kind: 'buffer', buffer, unit: units.length - 1 };
    return buffer;
  };

  /** How a value is read in a loop over `shape`, outside the group that computes it. */
  const readOf = (id: number, shape: Shape): Read => {
    const value = valueAt(id);
    const own = avalOf(id).shape;
    if (value.kind !== 'view') return { buffer: bufferOf(id), offset: 0, strides: broadcastStrides(own, shape) };
    const { buffer, offset, strides } = value.read;
    const missing = shape.length - own.length;
    return {
      buffer,
      offset,
      strides: shape.map((_, axis) =>
        axis < missing || own[axis - missing] === 1 ? 0 : (strides[axis - missing] ?? 0),
      ),
    };
  };

  const unitOf = (id: number): number => {
    const value = valueAt(id);
    return value.kind === 'constant' ? -1 : value.unit;
  };

  /** Puts an operation into the group that computed the latest of its inputs, or into a new one. */
  const addElementwise = (node: ProgramNode, lane: Step['lane']): Value => {
    const latest = Math.max(-1, ...node.inputs.map(unitOf));
    const candidate = units[latest];
    // What a loop stores, no operation in it may read back: it stands elsewhere in memory, or is stretched.
    const inside = node.inputs.every((id) => unitOf(id) < latest || valueAt(id).kind === 'step');
    const joins =
      inside &&
      candidate?.kind === 'group' &&
      sameShape(candidate.shape, node.shape) &&
      candidate.steps.length < longestGroup;
    const operands = node.inputs.map((id): Operand => {
      const value = valueAt(id);
      const { dtype } = avalOf(id);
      if (value.kind === 'constant') return { from: 'constant', dtype, value: value.value };
      if (joins && value.kind === 'step' && value.unit === latest) return { from: 'group', dtype, step: value.step };
      return { from: 'memory', dtype, read: readOf(id, node.shape) };
    });
    const step: Step = { name: textOf(node), dtype: node.dtype, operands, lane, stored: null };
    if (joins) {
      candidate.steps.push(step);
      return { kind: 'step', unit: latest, step: candidate.steps.length - 1 };
    }
    units.push({ kind: 'group', shape: node.shape, steps: [step] });
    return { kind: 'step', unit: units.length - 1, step: 0 };
  };

  const addKernel = (node: ProgramNode, lowered: KernelUnit['lowered']): Value => {
    const wanted = lowered.kind === 'kernel' ? lowered.reads : undefined;
    const operands = (wanted?.map((operand) => node.inputs[operand] ?? -1) ?? node.inputs).map((id) => ({
      buffer: bufferOf(id),
      aval: avalOf(id),
    }));
    const output = makeBuffer(node);
    const types = operands.map(({ aval: { dtype, shape } }) => `${dtype}[${shape.join()}]`);
    const name = `${textOf(node)}[${node.shape.join()}] of ${types.join(' ')}`;
    units.push({ kind: 'kernel', name, lowered, node, inputs: operands, output });
    return { kind: 'buffer', buffer: output, unit: units.length - 1 };
  };

  const aliasOf = (id: number, shape: Shape): Value => {
    const value = valueAt(id);
    const own = avalOf(id).shape;
    if (value.kind === 'constant' || value.kind === 'buffer') return value;
    if (sameShape(own, shape)) return value;
    if (value.kind === 'view') {
      const strides = stridesUnder(own, value.read.strides, shape);
      if (strides !== null) return { ...value, read: { ...value.read, strides } };
    }
    const unit = value.kind === 'step' ? value.unit : units.length;
    return { kind: 'buffer', buffer: bufferOf(id), unit };
  };

  /** A view of a view is a view where its strides can be told from the first one's; otherwise the first one is stored. */
  const viewOf = (id: number, offset: number, strides: readonly number[]): Value => {
    const value = valueAt(id);
    if (value.kind === 'constant') return value;
    const before = value.unit;
    const buffer = bufferOf(id);
    const unit = value.kind === 'view' ? units.length - 1 : before;
    return { kind: 'view', read: { buffer, offset, strides }, unit };
  };

  const origins: (Origin | undefined)[] = avals.map(() => undefined);
  for (const node of program.nodes) {
    const operands = node.inputs.map(avalOf);
    const lowered = lower(node, operands, (operand) => origins[node.inputs[operand] ?? -1]);
    const [first = -1] = node.inputs;
    if (lowered.kind === 'alias') origins.push(origins[first]);
    else origins.push(isOwn(node.primitive) ? { node, inputs: operands } : undefined);
    avals.push(node);
    if (lowered.kind === 'constant') values.push({ kind: 'constant', value: lowered.value });
    else if (lowered.kind === 'alias') values.push(aliasOf(first, node.shape));
    else if (lowered.kind === 'view') values.push(viewOf(first, lowered.offset, lowered.strides));
    else if (lowered.kind === 'elementwise') values.push(addElementwise(node, lowered.lane));
    else values.push(addKernel(node, lowered));
  }
  return { units, inputs, constants, outputs: program.outputs.map(bufferOf) };
};
