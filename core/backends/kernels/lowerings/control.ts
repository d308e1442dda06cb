/**
 * Loops and branches in the module of the program that holds them. A loop's carries lie in two places in turn, so that the last round leaves them where
 * the result is wanted; one that may be computed where it lies is not moved at all.
 */
import { bytesPerElement } from '../../../base/dtype.js';
import { sizeOf } from '../../../base/shape.js';
import type { CheckpointParams } from '../../../primitives/control/checkpoint.js';
import type { CondParams } from '../../../primitives/control/cond.js';
import type { ScanParams } from '../../../primitives/control/scan.js';
import type { WhileParams } from '../../../primitives/control/while-loop.js';
import { resultsOf } from '../../../program/avals.js';
import type { Aval } from '../../../program/program.js';
import {
  block,
  branch,
  branchIf,
  type Expression,
  i32,
  type Local,
  local,
  loop,
  loopOver,
  memory,
  type Statement,
  set,
  when,
} from '../assembler/index.js';
import type { ControlLowering, Lowering, Lowerings } from './lowering.js';

const bytesOf = ({ shape, dtype }: Aval): number => sizeOf(shape) * bytesPerElement(dtype);

/** Buffers begin at whole cache lines, with room for what vectors write beyond the end. */
const roomOf = (aval: Aval): number => Math.ceil((bytesOf(aval) + 32) / 64) * 64;

/** Places one behind the other in a workspace. */
const placed = (avals: readonly Aval[], first = 0): { readonly offsets: readonly number[]; readonly end: number } => {
  let end = first;
  const offsets = avals.map((aval) => {
    const offset = end;
    end += roomOf(aval);
    return offset;
  });
  return { offsets, end };
};

const at = (base: Expression<'i32'>, offset: number): Expression<'i32'> =>
  offset === 0 ? base : i32.add(base, i32.const(offset));

const copied = (to: Expression<'i32'>, from: Expression<'i32'>, aval: Aval): Statement[] =>
  bytesOf(aval) === 0 ? [] : [memory.copy(to, from, bytesOf(aval))];

/** Each carry with itself. */
const ownPlaces = (carries: number): readonly (readonly [number, number])[] =>
  Array.from({ length: carries }, (_, i) => [i, i]);

/** Where a carry is before a round and after it. */
interface Turn {
  readonly from: Local<'i32'>;
  readonly to: Local<'i32'>;
  /** Changes both for the next round; nothing for a carry that is computed where it lies. */
  readonly turn: readonly Statement[];
}

const scan: Lowering<ScanParams> = ({ params }): ControlLowering => {
  const { body, carries, inputs, length, reverse } = params;
  const avals = body.inputs.slice(0, carries);
  const elements = body.inputs.slice(carries, carries + inputs);
  const results = resultsOf(body).slice(carries);
  /** Carries that need a second place, and results that are not written where they belong: a vector would reach into what stands behind them. */
  const spare = (shared: ReadonlyMap<number, number>): readonly Aval[] => [
    ...avals.filter((_, i) => !shared.has(i)),
    ...(reverse ? results : []),
  ];
  return {
    kind: 'control',
    programs: [body],
    replaced: [ownPlaces(carries)],
    rounds: length,
    workspace: ([shared]) => placed(spare(shared ?? new Map())).end,
    emit: ({ inputs: operands, outputs, workspace, run }, [shared = new Map<number, number>()]) => {
      const starts = operands.slice(0, carries);
      if (length === 0)
        return avals.flatMap((aval, i) =>
          copied(outputs[i] as Expression<'i32'>, starts[i] as Expression<'i32'>, aval),
        );
      const { offsets } = placed(spare(shared));
      let next = 0;
      const begin: Statement[] = [];
      const turns = avals.map((aval, i): Turn => {
        const result = outputs[i] as Expression<'i32'>;
        const start = starts[i] as Expression<'i32'>;
        const [from, to, held] = [local('i32'), local('i32'), local('i32')];
        if (shared.has(i)) {
          begin.push(...copied(result, start, aval), set(from, result), set(to, result));
          return { from, to, turn: [] };
        }
        // The last round writes to the result, the one before it to the other place, and so on back to the first.
        const other = at(workspace, offsets[next++] as number);
        const odd = length % 2 === 1;
        begin.push(set(from, start), set(to, odd ? result : other), set(held, odd ? other : result));
        return { from, to, turn: [set(from, to), set(to, held), set(held, from)] };
      });
      const first = reverse ? length - 1 : 0;
      const step = reverse ? -1 : 1;
      const walking = (address: Expression<'i32'>, aval: Aval): Turn => {
        const from = local('i32');
        begin.push(set(from, at(address, first * bytesOf(aval))));
        return { from, to: from, turn: [set(from, i32.add(from, i32.const(step * bytesOf(aval))))] };
      };
      const reads = elements.map((aval, i) => walking(operands[carries + i] as Expression<'i32'>, aval));
      const writes = results.map((aval, i) => walking(outputs[carries + i] as Expression<'i32'>, aval));
      const targets = writes.map(({ from }) => (reverse ? at(workspace, offsets[next++] as number) : from));
      const counter = local('i32');
      return [
        ...begin,
        loopOver(counter, { end: length }, [
          ...run(
            0,
            [...turns.map(({ from }) => from), ...reads.map(({ from }) => from), ...operands.slice(carries + inputs)],
            [...turns.map(({ to }) => to), ...targets],
          ),
          ...(reverse
            ? results.flatMap((aval, i) => copied((writes[i] as Turn).from, targets[i] as Expression<'i32'>, aval))
            : []),
          ...[...turns, ...reads, ...writes].flatMap(({ turn }) => turn),
        ]),
      ];
    },
  };
};

const whileLoop: Lowering<WhileParams> = ({ params }): ControlLowering => {
  const { condition, body, carries, maxSteps, strict } = params;
  const avals = body.inputs.slice(0, carries);
  const holds: Aval = { shape: [], dtype: 'bool' };
  const spare = (shared: ReadonlyMap<number, number>): readonly Aval[] => [
    holds,
    ...avals.filter((_, i) => !shared.has(i)),
  ];
  return {
    kind: 'control',
    programs: [condition, body],
    replaced: [[], ownPlaces(carries)],
    workspace: ([, shared]) => placed(spare(shared ?? new Map())).end,
    emit: (
      { inputs: operands, outputs, workspace, run, reference },
      [, shared = new Map<number, number>()],
    ): readonly Statement[] => {
      const { offsets } = placed(spare(shared));
      const answer = at(workspace, offsets[0] as number);
      let next = 1;
      const begin: Statement[] = [];
      // A round more or less makes the places change: the result is copied from wherever the last one left it.
      const turns = avals.map((aval, i): Turn => {
        const result = outputs[i] as Expression<'i32'>;
        const start = operands[i] as Expression<'i32'>;
        const [from, to] = [local('i32'), local('i32')];
        begin.push(...copied(result, start, aval), set(from, result));
        if (shared.has(i)) {
          begin.push(set(to, result));
          return { from, to, turn: [] };
        }
        const held = local('i32');
        begin.push(set(to, at(workspace, offsets[next++] as number)));
        return { from, to, turn: [set(held, from), set(from, to), set(to, held)] };
      });
      const given = operands.slice(carries);
      const froms = turns.map(({ from }) => from);
      const rounds = local('i32');
      return [
        ...begin,
        set(rounds, i32.const(0)),
        block((over) => [
          loop((again) => [
            ...run(0, [...froms, ...given], [answer]),
            branchIf(i32.eqz(i32.load8_u(answer)), over),
            ...(maxSteps === null
              ? []
              : [when(i32.eq(rounds, maxSteps), strict ? [...reference(), branch(over)] : [branch(over)])]),
            ...run(
              1,
              [...froms, ...given],
              turns.map(({ to }) => to),
            ),
            ...turns.flatMap(({ turn }) => turn),
            set(rounds, i32.add(rounds, i32.const(1))),
            branch(again),
          ]),
        ]),
        ...turns.flatMap(({ from }, i) => {
          const result = outputs[i] as Expression<'i32'>;
          const moved = copied(result, from, avals[i] as Aval);
          return shared.has(i) || moved.length === 0 ? [] : [when(i32.ne(from, result), moved)];
        }),
      ];
    },
  };
};

const cond: Lowering<CondParams> = ({ params: { branches } }): ControlLowering => ({
  kind: 'control',
  programs: branches,
  workspace: () => 0,
  emit: ({ inputs: [index, ...operands], outputs, run }) => {
    const number = local('i32');
    const from = (k: number): readonly Statement[] =>
      k === branches.length - 1
        ? run(k, operands, outputs)
        : [when(i32.le_s(number, k), run(k, operands, outputs), from(k + 1))];
    return [set(number, i32.load(index as Expression<'i32'>)), ...from(0)];
  },
});

/** A program that runs once, within the one that holds it. */
const held: Lowering<CheckpointParams> = ({ params: { body } }): ControlLowering => ({
  kind: 'control',
  programs: [body],
  workspace: () => 0,
  emit: ({ inputs, outputs, run }) => run(0, inputs, outputs),
});

export const controlLowerings: Pick<Lowerings, 'call' | 'checkpoint' | 'cond' | 'scan' | 'whileLoop'> = {
  call: held,
  checkpoint: held,
  cond,
  scan,
  whileLoop,
};
