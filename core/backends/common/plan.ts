/**
 * From a program to what is to be done: kernels, and groups of elementwise operations that become one loop each; and which
 * numbers are in memory at all. Inside a group values live in registers; constants and views are not stored unless a kernel
 * wants them.
 */
import { bytesPerElement, type Dtype, isBool } from '../../base/dtype.js';
import { broadcastStrides, type Shape, sameShape, sizeOf, stridesOf } from '../../base/shape.js';
import { widened } from '../../program/passes/widened.js';
import {
  type Aval,
  avalsIn,
  formatParams,
  onlyOutput,
  type Program,
  type ProgramNode,
  startsIn,
} from '../../program/program.js';
import { settleTraffic, writesOf } from '../kernels/groups/evaluate.js';
import { keepsOrder } from '../kernels/groups/group.js';
import { widthFor } from '../kernels/loops/lanes.js';
import type { Fold } from '../kernels/lowerings/folds.js';
import { isOwn, lower } from '../kernels/lowerings/index.js';
import type { ControlLowering, Lowered, Origin } from '../kernels/lowerings/lowering.js';
import { clustersOf, type Item } from './clusters.js';
import { withEpilogues } from './epilogues.js';

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

/** A reduction of values of a group, over the group's axes. */
export interface Sink {
  readonly name: string;
  readonly of: Operand;
  readonly fold: Fold;
  readonly output: Buffer;
}

export interface Group {
  readonly kind: 'group';
  readonly shape: Shape;
  readonly steps: Step[];
  /** The axes that its sinks reduce; `null` where it has none. */
  readonly axes: readonly number[] | null;
  readonly sinks: readonly Sink[];
}

export interface KernelUnit {
  readonly kind: 'kernel';
  readonly name: string;
  readonly lowered: Extract<Lowered, { kind: 'kernel' | 'reference' }>;
  readonly node: ProgramNode;
  readonly inputs: readonly { readonly buffer: Buffer; readonly aval: Aval }[];
  readonly outputs: readonly Buffer[];
  /** Operations that it does to its result in registers, by name. */
  readonly epilogue?: readonly string[];
}

/** An operation that holds programs, which have plans of their own. */
export interface ControlUnit {
  readonly kind: 'control';
  readonly name: string;
  readonly lowered: ControlLowering;
  readonly node: ProgramNode;
  readonly plans: readonly Plan[];
  readonly inputs: readonly { readonly buffer: Buffer; readonly aval: Aval }[];
  readonly outputs: readonly Buffer[];
}

export type Unit = Group | KernelUnit | ControlUnit;

/** Operands that a kernel is given one by one. */
const mostOperands = 64;

/** Whether a kernel has more operands than that: it finds their addresses in a table. */
export const isWide = ({ inputs }: Pick<KernelUnit, 'inputs'>): boolean => inputs.length > mostOperands;

/** What is known of a value. */
type Value =
  | { readonly kind: 'buffer'; readonly buffer: Buffer }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'view'; readonly read: Read }
  | { readonly kind: 'step'; readonly group: Group; readonly step: number };

export interface Plan {
  readonly units: readonly Unit[];
  readonly inputs: readonly Buffer[];
  readonly constants: readonly Buffer[];
  readonly outputs: readonly Buffer[];
}

const makeBuffer = ({ shape, dtype }: Aval): Buffer => {
  const length = sizeOf(shape);
  return { dtype, length, bytes: length * bytesPerElement(dtype), argument: null };
};

const textOf = ({ primitive, params, outputs }: ProgramNode): string =>
  `${primitive.name}(${formatParams(params)}):${outputs.map(({ dtype }) => dtype).join()}`;

/** The strides of the same elements under a shape that differs by axes of size 1 alone; `null` where it differs otherwise. */
const stridesUnder = (shape: Shape, strides: readonly number[], target: Shape): number[] | null => {
  const long = (sizes: Shape): number[] => sizes.filter((size) => size !== 1);
  if (!sameShape(long(shape), long(target))) return null;
  const kept = strides.filter((_, axis) => shape[axis] !== 1);
  let next = 0;
  return target.map((size) => (size === 1 ? 0 : (kept[next++] ?? 0)));
};

/** Where the values of nodes begin, and which node computes a value: −1 for inputs and constants. */
interface Numbering {
  readonly starts: readonly number[];
  readonly nodeAt: (id: number) => number;
}

const numberingOf = (program: Program): Numbering => {
  const starts = startsIn(program);
  const nodes: number[] = [...program.inputs, ...program.constants].map(() => -1);
  program.nodes.forEach(({ outputs }, i) => {
    for (const _ of outputs) nodes.push(i);
  });
  return { starts, nodeAt: (id) => nodes[id] ?? -1 };
};

/** How each operation is lowered, and what its lowering asked about where operands come from, as text. */
const loweredOf = (
  { inputs, constants, nodes }: Program,
  avals: readonly Aval[],
): { readonly lowered: readonly Lowered[]; readonly asked: readonly string[] } => {
  const origins: (Origin | undefined)[] = [...inputs, ...constants].map(() => undefined);
  const asked: string[] = [];
  const lowered = nodes.map((node) => {
    const operands = node.inputs.map((id) => avals[id] as Aval);
    const questions: string[] = [];
    const made = lower(node, operands, (operand) => {
      const origin = origins[node.inputs[operand] ?? -1];
      questions.push(`${operand}: ${origin === undefined ? '' : textOf(origin.node)}`);
      return origin;
    });
    const [from = -1] = node.inputs;
    if (made.kind === 'alias') origins.push(origins[from]);
    else
      for (const output of node.outputs)
        origins.push(isOwn(node.primitive) ? { node, inputs: operands, output } : undefined);
    asked.push(questions.join());
    return made;
  });
  return { lowered, asked };
};

/** The operands that an operation is given. */
const operandsOf = ({ inputs }: ProgramNode, low: Lowered): readonly number[] =>
  low.kind === 'kernel' && low.reads !== undefined ? low.reads.map((operand) => inputs[operand] ?? -1) : inputs;

const isLoop = ({ kind }: Lowered): boolean => kind === 'elementwise' || kind === 'reduction';
const takesNoTime = ({ kind }: Lowered): boolean => kind === 'constant' || kind === 'alias' || kind === 'view';

/** The program's operations as what is to be put into loops; aliases, views and constants are part of whoever reads them. */
const itemsOf = (
  { nodes }: Program,
  lowered: readonly Lowered[],
  avals: readonly Aval[],
  numbering: Numbering,
): { readonly items: readonly Item[]; readonly nodeOf: readonly number[] } => {
  const { starts, nodeAt } = numbering;
  const shapeAt = (id: number): Shape => avals[id]?.shape ?? [];
  const numbers = new Map<number, number>();
  const nodeOf: number[] = [];
  /** The value whose elements are read, and whether they stand where the reader has them. */
  const origin = (id: number, aligned: boolean): { readonly id: number; readonly aligned: boolean } | null => {
    const low = lowered[nodeAt(id)];
    const node = nodes[nodeAt(id)];
    if (low === undefined || node === undefined || !takesNoTime(low)) return { id, aligned };
    if (low.kind === 'constant') return null;
    const [from = 0] = node.inputs;
    return origin(from, aligned && low.kind === 'alias' && sameShape(shapeAt(from), shapeAt(id)));
  };
  const items: Item[] = [];
  nodes.forEach((node, i) => {
    const low = lowered[i] as Lowered;
    if (takesNoTime(low)) return;
    const shape =
      low.kind === 'elementwise'
        ? onlyOutput(node).shape
        : low.kind === 'reduction'
          ? shapeAt(node.inputs[0] ?? 0)
          : null;
    const origins = operandsOf(node, low).flatMap(
      (id) => origin(id, shape !== null && sameShape(shapeAt(id), shape)) ?? [],
    );
    for (const k of node.outputs.keys()) numbers.set((starts[i] as number) + k, items.length);
    nodeOf.push(i);
    items.push({
      shape,
      axes: low.kind === 'reduction' ? low.axes : null,
      needs: origins.flatMap(({ id, aligned }) => {
        const on = numbers.get(id);
        return on === undefined ? [] : { on, aligned };
      }),
      reads: origins.flatMap(({ id, aligned }) => (aligned ? id : [])),
      width: widthFor([...node.outputs, ...node.inputs.map((id) => avals[id] as Aval)].map(({ dtype }) => dtype)),
    });
  });
  return { items, nodeOf };
};

export const plan = (given: Program): Plan => {
  const program = widened(given);
  const units: Unit[] = [];
  const inputs = program.inputs.map(makeBuffer);
  const constants = program.constants.map(makeBuffer);
  const avals = avalsIn(program);
  const numbering = numberingOf(program);
  const { starts, nodeAt } = numbering;
  const values: (Value | undefined)[] = [...inputs, ...constants].map((buffer) => ({ kind: 'buffer', buffer }));
  const avalOf = (id: number): Aval => avals[id] ?? { shape: [], dtype: 'float32' };
  const { lowered, asked } = loweredOf(program, avals);

  const valueAt = (id: number): Value => {
    const known = values[id] ?? withoutCode(id);
    if (known === null) throw new Error(`program reads value ${id} before it is computed`);
    values[id] = known;
    return known;
  };
  /** The value of an alias, a view or a constant, found when it is first asked for. */
  const withoutCode = (id: number): Value | null => {
    const node = program.nodes[nodeAt(id)];
    const low = lowered[nodeAt(id)];
    const [from = -1] = node?.inputs ?? [];
    if (node === undefined || low === undefined) return null;
    if (low.kind === 'constant') return { kind: 'constant', value: low.value };
    if (low.kind === 'alias') return aliasOf(from, onlyOutput(node).shape);
    return low.kind === 'view' ? viewOf(from, low.offset, low.strides) : null;
  };

  /** The buffer that holds a value, which is stored now if it was not yet. */
  const bufferOf = (id: number): Buffer => {
    const value = valueAt(id);
    if (value.kind === 'buffer') return value.buffer;
    const aval = avalOf(id);
    const { shape, dtype } = aval;
    const buffer = makeBuffer(aval);
    if (value.kind === 'step') {
      const step = value.group.steps[value.step] as Step;
      step.stored ??= buffer;
      return step.stored;
    }
    const operand: Operand =
      value.kind === 'constant'
        ? { from: 'constant', dtype, value: value.value }
        : { from: 'memory', dtype, read: value.read };
    const copy: Step = { name: 'copy', dtype, operands: [operand], lane: null, stored: buffer };
    units.push({ kind: 'group', shape, steps: [copy], axes: null, sinks: [] });
    values[id] = { kind: 'buffer', buffer };
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

  const aliasOf = (id: number, shape: Shape): Value => {
    const value = valueAt(id);
    const own = avalOf(id).shape;
    if (value.kind === 'constant' || value.kind === 'buffer') return value;
    if (sameShape(own, shape)) return value;
    if (value.kind === 'view') {
      const strides = stridesUnder(own, value.read.strides, shape);
      if (strides !== null) return { ...value, read: { ...value.read, strides } };
    }
    return { kind: 'buffer', buffer: bufferOf(id) };
  };

  /** A view of a view is a view of the first one's numbers once they are stored in order. */
  const viewOf = (id: number, offset: number, strides: readonly number[]): Value => {
    const value = valueAt(id);
    return value.kind === 'constant' ? value : { kind: 'view', read: { buffer: bufferOf(id), offset, strides } };
  };

  /**
   * A comparison in another group whose operands are in memory anyway: it is made again where it is read, since a mask that is
   * stored and read costs more.
   */
  const madeAgain = ({ group, step }: Extract<Value, { kind: 'step' }>): Step | null => {
    const made = group.steps[step] as Step;
    if (!isBool(made.dtype) || made.stored !== null) return null;
    const operands = made.operands.map((operand): Operand | null => {
      if (operand.from !== 'group') return operand;
      const source = group.steps[operand.step] as Step;
      if (source.stored === null) return null;
      return {
        from: 'memory',
        dtype: source.dtype,
        read: { buffer: source.stored, offset: 0, strides: stridesOf(group.shape) },
      };
    });
    return operands.includes(null) ? null : { ...made, operands: operands as readonly Operand[] };
  };

  /** Operations that run together, in the order of the program, as a loop. */
  const addLoop = (members: readonly number[]): void => {
    const reductions = members.flatMap((member) => {
      const low = lowered[member];
      return low?.kind === 'reduction'
        ? [{ low, id: starts[member] as number, node: program.nodes[member] as ProgramNode }]
        : [];
    });
    const [leader = 0] = members;
    const node = program.nodes[leader] as ProgramNode;
    const shape = lowered[leader]?.kind === 'reduction' ? avalOf(node.inputs[0] ?? 0).shape : onlyOutput(node).shape;
    const axes = reductions[0]?.low.axes ?? null;
    const sinks: Sink[] = [];
    const group: Group = { kind: 'group', shape, steps: [], axes, sinks };
    const copies = new Map<Step, number>();

    const operandOf = (id: number, of: Shape): Operand => {
      const value = valueAt(id);
      const { dtype, shape: own } = avalOf(id);
      if (value.kind === 'constant') return { from: 'constant', dtype, value: value.value };
      if (value.kind === 'step' && value.group === group) return { from: 'group', dtype, step: value.step };
      if (value.kind === 'step' && sameShape(own, of) && sameShape(value.group.shape, of)) {
        const made = value.group.steps[value.step] as Step;
        const again = madeAgain(value);
        const step = copies.get(made) ?? (again === null ? undefined : group.steps.push(again) - 1);
        if (step !== undefined) {
          copies.set(made, step);
          return { from: 'group', dtype, step };
        }
      }
      return { from: 'memory', dtype, read: readOf(id, of) };
    };

    for (const member of members) {
      const low = lowered[member];
      if (low?.kind !== 'elementwise') continue;
      const made = program.nodes[member] as ProgramNode;
      const operands = made.inputs.map((id) => operandOf(id, shape));
      const { dtype } = onlyOutput(made);
      const step: Step = { name: textOf(made), dtype, operands, lane: low.lane, stored: null };
      values[starts[member] as number] = { kind: 'step', group, step: group.steps.push(step) - 1 };
    }
    for (const { low, id, node: made } of reductions) {
      const [from = -1] = made.inputs;
      const value = valueAt(from);
      const { dtype } = avalOf(from);
      const inside = value.kind === 'constant' || (value.kind === 'step' && value.group === group);
      const of: Operand = inside
        ? operandOf(from, shape)
        : { from: 'memory', dtype, read: { buffer: bufferOf(from), offset: 0, strides: stridesOf(shape) } };
      const output = makeBuffer(onlyOutput(made));
      sinks.push({ name: textOf(made), of, fold: low.fold, output });
      values[id] = { kind: 'buffer', buffer: output };
    }
    if (keepsOrder(group)) {
      units.push(group);
      return;
    }
    // What is reduced is stored first, so that it is taken in the order that it would be taken in by itself.
    units.push({ ...group, axes: null, sinks: [] });
    const apart = sinks.map((sink): Sink => {
      if (sink.of.from !== 'group') return sink;
      const step = group.steps[sink.of.step] as Step;
      step.stored ??= makeBuffer({ shape, dtype: step.dtype });
      const read: Read = { buffer: step.stored, offset: 0, strides: stridesOf(shape) };
      return { ...sink, of: { from: 'memory', dtype: step.dtype, read } };
    });
    units.push({ kind: 'group', shape, steps: [], axes, sinks: apart });
  };

  const addKernel = (member: number, low: KernelUnit['lowered'] | ControlLowering): void => {
    const node = program.nodes[member] as ProgramNode;
    const operands = operandsOf(node, low).map((id) => ({ buffer: bufferOf(id), aval: avalOf(id) }));
    const outputs = node.outputs.map(makeBuffer);
    const types = operands.map(({ aval: { dtype, shape } }) => `${dtype}[${shape.join()}]`);
    const shapes = node.outputs.map(({ shape }) => `[${shape.join()}]`).join('');
    const name = `${textOf(node)}${shapes} of ${types.join(' ')}${asked[member] ?? ''}`;
    const unit = { name, node, inputs: operands, outputs };
    if (low.kind === 'control') units.push({ ...unit, kind: 'control', lowered: low, plans: low.programs.map(plan) });
    else units.push({ ...unit, kind: 'kernel', lowered: low });
    outputs.forEach((buffer, k) => {
      values[(starts[member] as number) + k] = { kind: 'buffer', buffer };
    });
  };

  const { items, nodeOf } = itemsOf(program, lowered, avals, numbering);
  for (const cluster of clustersOf(items)) {
    const members = cluster.map((item) => nodeOf[item] as number);
    const [member = 0] = members;
    const low = lowered[member] as Lowered;
    if (isLoop(low)) addLoop(members);
    else if (low.kind === 'kernel' || low.kind === 'reference' || low.kind === 'control') addKernel(member, low);
  }
  const outputs = program.outputs.map(bufferOf);
  for (const unit of units) if (unit.kind === 'group') settleTraffic(unit);
  // Nothing is left to do where everything was made again elsewhere.
  const wanted = units.filter((unit) => writesOf(unit).length > 0);
  return { units: withEpilogues(wanted, outputs), inputs, constants, outputs };
};
