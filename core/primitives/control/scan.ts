/**
 * The scan: a body that is run for each element along a leading axis, handing a carry from round to round,
 * `(c, yₖ) = body(c, xₖ)`. The operands are the first carries, the stacked inputs, and what every round is given alike.
 *
 * Tangents are a scan of the body's tangents. Backwards, `c̄` is the carry of a scan the other way, over what the rounds have left:
 * `(c̄ₖ, x̄ₖ, w̄) = Jᵀ(c̄ₖ₊₁, ȳₖ)`, where the cotangent `w̄` of what every round is given is added up from round to round.
 */
import { isFloat } from '../../base/dtype.js';
import { ArgumentError } from '../../base/errors.js';
import { sameShape, sizeOf } from '../../base/shape.js';
import { bindAll } from '../../dispatch/interpreter.js';
import { replay, traceProgram } from '../../dispatch/trace.js';
import { dependsOn } from '../../program/dependence.js';
import { derived, flags } from '../../program/derived.js';
import { evaluate } from '../../program/evaluate.js';
import { tidied } from '../../program/passes/index.js';
import { programText } from '../../program/passes/spelling.js';
import {
  type BatchContext,
  defineJoint,
  type JointRules,
  type Primitive,
  type ProgramTransforms,
  type View,
} from '../../program/primitive.js';
import { type Aval, avalOf, type Program, resultsOf } from '../../program/program.js';
import { opened, returning, withInputs, withOutputs } from '../../program/rewire.js';
import { zeros, zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from '../elementwise/add.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { full } from '../shape/full.js';
import { permute } from '../shape/permute.js';
import { collected, type Product, productsOf } from './products.js';
import { reader } from './reader.js';

export interface ScanParams {
  /** From carries, elements of the inputs and what is given to every round, to carries and elements of the outputs. */
  readonly body: Program;
  readonly carries: number;
  /** How many inputs are stacked. */
  readonly inputs: number;
  readonly length: number;
  /** From the last element to the first. */
  readonly reverse: boolean;
}

interface Parts<T> {
  readonly carries: readonly T[];
  readonly inputs: readonly T[];
  readonly given: readonly T[];
}

const partsOf = <T>(all: readonly T[], { carries, inputs }: ScanParams): Parts<T> => ({
  carries: all.slice(0, carries),
  inputs: all.slice(carries, carries + inputs),
  given: all.slice(carries + inputs),
});

const stackOf = ({ shape, dtype }: Aval, length: number): Aval => ({ shape: [length, ...shape], dtype });
const elementOf = ({ shape, dtype }: Aval): Aval => ({ shape: shape.slice(1), dtype });

const run = (operands: readonly Tensor[], params: ScanParams): readonly Tensor[] => {
  const { programs, constants } = opened([params.body]);
  return bindAll(scanPrimitive, [...operands, ...constants], { ...params, body: programs[0] as Program });
};

/** Traces a body that closes over constants at most. */
const bodyOf = (f: (x: readonly Tensor[]) => readonly Tensor[], avals: readonly Aval[]): Program =>
  tidied(traceProgram(f, avals, 'scan'));

/** Which carries move, once those do that move in some round: `active` of the operands do from the start. */
const movingCarries = ({ body, carries }: ScanParams, active: readonly boolean[]): readonly boolean[] => {
  let moving = active;
  for (;;) {
    const moved = dependsOn(body, moving);
    const next = moving.map((moves, i) => moves || (i < carries && moved[i] === true));
    if (next.every((moves, i) => moves === moving[i])) return next;
    moving = next;
  }
};

const chosen = <T>(list: readonly T[], which: readonly boolean[]): T[] => list.filter((_, i) => which[i] === true);

/** The body that carries tangents along, and which elements of the outputs have some. */
const tangentBody = (
  p: ScanParams,
  moving: readonly boolean[],
  on: ProgramTransforms,
): { readonly body: Program; readonly moves: readonly boolean[] } => {
  const pushed = on.jvp(p.body, moving);
  const parts = partsOf(p.body.inputs, p);
  const which = partsOf(moving, p);
  const [carries, inputs, given] = [parts.carries, parts.inputs, parts.given];
  const [movingCarry, movingInput, movingGiven] = [which.carries, which.inputs, which.given];
  const count = p.body.outputs.length;
  const body = derived(p.body, `scan jvp ${p.carries} ${p.inputs} ${flags(moving)}`, () =>
    bodyOf(
      (x) => {
        const take = reader(x);
        const [c, tc] = [take(carries.length), take(chosen(carries, movingCarry).length)];
        const [e, te] = [take(inputs.length), take(chosen(inputs, movingInput).length)];
        const [g, tg] = [take(given.length), take(chosen(given, movingGiven).length)];
        const results = replay(pushed.program, [...c, ...e, ...g, ...tc, ...te, ...tg]);
        let at = count;
        const tangents = pushed.moves.map((moves) => (moves ? (results[at++] as Tensor) : null));
        const values = results.slice(0, count);
        return [
          ...values.slice(0, p.carries),
          ...chosen(
            values.slice(0, p.carries).map((value, i) => tangents[i] ?? zerosLike(value)),
            movingCarry,
          ),
          ...values.slice(p.carries),
          ...tangents.slice(p.carries).flatMap((tangent) => tangent ?? []),
        ];
      },
      [
        ...carries,
        ...chosen(carries, movingCarry),
        ...inputs,
        ...chosen(inputs, movingInput),
        ...given,
        ...chosen(given, movingGiven),
      ],
    ),
  );
  return { body, moves: pushed.moves };
};

const push: JointRules<ScanParams>['push'] = (x, tangents, p, on) => {
  const moving = movingCarries(
    p,
    tangents.map((t) => t !== null),
  );
  const { body, moves } = tangentBody(p, moving, on);
  const tangentOf = (i: number): Tensor => tangents[i] ?? zerosLike(x[i] as Tensor);
  const [values, along, which] = [
    partsOf(x, p),
    partsOf(
      x.map((_, i) => i),
      p,
    ),
    partsOf(moving, p),
  ];
  const directions = (indices: readonly number[], active: readonly boolean[]): Tensor[] =>
    chosen(indices, active).map(tangentOf);
  const carried = directions(along.carries, which.carries);
  const stacked = directions(along.inputs, which.inputs);
  const results = run(
    [
      ...values.carries,
      ...carried,
      ...values.inputs,
      ...stacked,
      ...values.given,
      ...directions(along.given, which.given),
    ],
    { ...p, body, carries: p.carries + carried.length, inputs: p.inputs + stacked.length },
  );
  const count = p.body.outputs.length - p.carries;
  const first = p.carries + carried.length;
  let [atCarry, atOutput] = [p.carries, first + count];
  return {
    outputs: [...results.slice(0, p.carries), ...results.slice(first, first + count)],
    tangents: [
      ...which.carries.map((moved) => (moved ? (results[atCarry++] as Tensor) : null)),
      ...moves.slice(p.carries).map((moved) => (moved ? (results[atOutput++] as Tensor) : null)),
    ],
  };
};

/** Where a way back finds what a round has left: among the operands, among what is computed once, or in a stack. */
type Residual =
  | { readonly from: 'given' | 'input' | 'once'; readonly index: number }
  | { readonly from: 'stack'; readonly index: number };

interface Halves {
  /** The body, returning what the way back reads behind its own outputs. */
  readonly forward: Program;
  /** What depends on nothing but what every round is given, as a program of that. */
  readonly once: Program;
  readonly residuals: readonly Residual[];
  readonly backward: Program;
}

/** The values that depend on nothing but the inputs from `first` on. */
const fixedValues = (program: Program, first: number): readonly boolean[] => {
  const fixed = [...program.inputs.map((_, i) => i >= first), ...program.constants.map(() => true)];
  for (const node of program.nodes) {
    const every = node.inputs.every((id) => fixed[id] === true);
    for (const _ of node.outputs) fixed.push(every);
  }
  return fixed;
};

const halvesOf = (p: ScanParams, wanted: readonly boolean[], silent: boolean, on: ProgramTransforms): Halves => {
  const { forward, backward } = on.vjp(p.body, wanted, silent);
  return derived(forward, `scan ${p.carries} ${p.inputs}`, () => {
    const firstGiven = p.carries + p.inputs;
    const fixed = fixedValues(forward, firstGiven);
    const [stacked, once]: [number[], number[]] = [[], []];
    const residuals = forward.outputs.slice(p.body.outputs.length).map((id): Residual => {
      if (id >= firstGiven && id < forward.inputs.length) return { from: 'given', index: id - firstGiven };
      if (id >= p.carries && id < firstGiven) return { from: 'input', index: id - p.carries };
      return fixed[id] === true
        ? { from: 'once', index: once.push(id) - 1 }
        : { from: 'stack', index: stacked.push(id) - 1 };
    });
    const own = returning(forward, once);
    return {
      forward: returning(forward, [...forward.outputs.slice(0, p.body.outputs.length), ...stacked]),
      once: withInputs(
        own,
        forward.inputs.slice(firstGiven),
        own.inputs.map((_, i) => Math.max(0, i - firstGiven)),
      ),
      residuals,
      backward,
    };
  });
};

interface Factors {
  /** For each of what every round is given, the products that make up its cotangent; `null` where it is added up from round to round. */
  readonly products: readonly (readonly Product[] | null)[];
  /** The way back without those. */
  readonly apart: Program;
  /** The numbers of all factors. */
  readonly factors: readonly number[];
}

/** What the rounds have given, and left. */
interface Run {
  readonly outputs: readonly Tensor[];
  readonly stacks: readonly Tensor[];
  readonly fixed: readonly Tensor[];
}

const factorsOf = (backward: Program, first: number, count: number): Factors => {
  const products = Array.from({ length: count }, (_, j) =>
    productsOf(backward, first + j, backward.outputs[first + j] as number),
  );
  const kept = backward.outputs.filter((_, i) => i < first || products[i - first] === null);
  const factors = [...new Set(products.flatMap((list) => (list ?? []).flatMap(({ a, b }) => [a, b])))];
  return { products, apart: withOutputs(backward, kept), factors };
};

/** Added to anything, it changes no bit. */
const nothing = ({ shape, dtype }: Aval): Tensor => full(shape, -0, { dtype });

const record: JointRules<ScanParams>['record'] = (x, asked, p, on) => {
  const active = movingCarries(
    p,
    asked.map((ask, i) => ask && isFloat((x[i] as Tensor).dtype)),
  );
  const halves = halvesOf(p, active, false, on);
  const [operands, wanted] = [partsOf(x, p), partsOf(active, p)];
  const count = p.body.outputs.length;
  const running = ({ forward, once }: Halves): Run => {
    const results = run(x, { ...p, body: forward });
    return {
      outputs: results.slice(0, count),
      stacks: results.slice(count),
      fixed: once.outputs.length === 0 ? [] : replay(once, operands.given),
    };
  };
  const ran = running(halves);
  const { outputs } = ran;
  const elements = resultsOf(p.body);

  const back = (cotangents: readonly (Tensor | null)[]): readonly (Tensor | null)[] => {
    // What no cotangent reaches sends nothing back, which 0 does not where a derivative is infinite.
    const silent = elements.some(
      ({ dtype }, i) => isFloat(dtype) && (cotangents[i] ?? null) === null && wanted.carries[i] !== false,
    );
    const { forward, residuals, backward } = silent ? halvesOf(p, active, true, on) : halves;
    const alike = programText(forward, 'code') === programText(halves.forward, 'code');
    const { stacks, fixed } = alike ? ran : running(halvesOf(p, active, true, on));
    const givenTo = chosen(operands.given, wanted.given).map(avalOf);
    const carried = chosen(operands.carries, wanted.carries).map(avalOf);
    const stacked = residuals.filter(({ from }) => from === 'stack' || from === 'input');
    const shared = residuals.filter(({ from }) => from === 'given' || from === 'once');
    const sourceOf = ({ from, index }: Residual): Tensor =>
      ({ given: operands.given, input: operands.inputs, once: fixed, stack: stacks })[from][index] as Tensor;
    const known = elements.map((aval, i) => i >= p.carries && isFloat(aval.dtype) && (cotangents[i] ?? null) !== null);
    const fromOutputs = chosen(cotangents, known) as Tensor[];
    const elementwise = chosen(operands.inputs, wanted.inputs).length;
    const firstTotal = carried.length + elementwise;
    const { products, apart, factors } = derived(backward, `scan products ${firstTotal} ${givenTo.length}`, () =>
      factorsOf(backward, firstTotal, givenTo.length),
    );
    /** Where a factor comes from: what a round has left, or a result of the way back. */
    const leftAt = (id: number): Residual | undefined => residuals[id - firstTotal - givenTo.length];
    const made = factors.filter((id) => !['stack', 'input'].includes(leftAt(id)?.from ?? ''));
    const summed = givenTo.filter((_, j) => products[j] === null);
    const body = derived(backward, `scan back ${p.carries} ${flags(active)} ${flags(known)}`, () =>
      bodyOf(
        (given) => {
          const take = reader(given);
          const [totals, carry] = [take(summed.length), take(carried.length)];
          const [left, seen, same] = [take(stacked.length), take(fromOutputs.length), take(shared.length)];
          let [atStack, atShared, atCarry, atSeen, atTotal] = [0, 0, 0, 0, 0];
          const found = residuals.map(({ from }) =>
            from === 'stack' || from === 'input' ? (left[atStack++] as Tensor) : (same[atShared++] as Tensor),
          );
          const reaching = elements.flatMap((aval, i): Tensor[] => {
            if (!isFloat(aval.dtype)) return [];
            if (i < p.carries && wanted.carries[i] === true) return [carry[atCarry++] as Tensor];
            return [known[i] === true ? (seen[atSeen++] as Tensor) : zeros(aval.shape, aval.dtype)];
          });
          const starts = [
            ...carried.map(nothing),
            ...chosen(operands.inputs, wanted.inputs).map((input) => nothing(elementOf(input))),
            ...givenTo.map((aval, j) => (products[j] === null ? (totals[atTotal++] as Tensor) : nothing(aval))),
          ];
          const program = returning(apart, [...apart.outputs, ...made]);
          const sent = replay(program, [...starts, ...found, ...reaching]);
          const toCarries = sent.slice(0, carried.length);
          const toGiven = sent.slice(firstTotal, firstTotal + totals.length);
          return [
            ...toGiven,
            ...toCarries,
            ...sent.slice(carried.length, firstTotal),
            ...sent.slice(firstTotal + totals.length),
          ];
        },
        [
          ...summed,
          ...carried,
          ...stacked.map((residual) => elementOf(sourceOf(residual))),
          ...fromOutputs.map(elementOf),
          ...shared.map((residual) => avalOf(sourceOf(residual))),
        ],
      ),
    );
    const sent = run(
      [
        ...summed.map((aval) => (p.length === 0 ? zeros(aval.shape, aval.dtype) : nothing(aval))),
        ...chosen(
          operands.carries.map((carry, i) => cotangents[i] ?? zerosLike(carry)),
          wanted.carries,
        ),
        ...stacked.map(sourceOf),
        ...fromOutputs,
        ...shared.map(sourceOf),
      ],
      {
        body,
        carries: summed.length + carried.length,
        inputs: stacked.length + fromOutputs.length,
        length: p.length,
        reverse: !p.reverse,
      },
    );
    const firstInput = summed.length + carried.length;
    const stackAt = (id: number): Tensor => {
      const left = leftAt(id);
      return left?.from === 'stack' || left?.from === 'input'
        ? sourceOf(left)
        : (sent[firstInput + elementwise + made.indexOf(id)] as Tensor);
    };
    const totalOf = (list: readonly Product[]): Tensor =>
      list
        .map((product) => collected(stackAt(product.a), stackAt(product.b), product))
        .reduce((total, one) => add(total, one) as Tensor);
    let atSum = 0;
    const toGiven = products.map((list) => (list === null ? (sent[atSum++] as Tensor) : totalOf(list)));
    let [atGiven, atCarry, atInput] = [0, summed.length, firstInput];
    return [
      ...wanted.carries.map((want, i) => {
        const cotangent = want ? (sent[atCarry++] as Tensor) : null;
        return asked[i] === true ? cotangent : null;
      }),
      ...wanted.inputs.map((want) => (want ? (sent[atInput++] as Tensor) : null)),
      ...wanted.given.map((want) => (want ? (toGiven[atGiven++] as Tensor) : null)),
    ];
  };
  return { outputs, back };
};

/** Stacks of examples: rounds stay the leading axis, and the batch is the next one. */
const batch = ({ x, batched, size, p, on }: BatchContext<readonly Tensor[], ScanParams>): readonly Tensor[] => {
  const turned = (stack: Tensor): Tensor => permute(stack, [1, 0, ...stack.shape.slice(2).map((_, i) => i + 2)]);
  let which = batched;
  let made = on.batch(p.body, which, size);
  for (;;) {
    const now = which;
    const next = which.map((is, i) => is || (i < p.carries && made.batched[i] === true));
    if (next.every((is, i) => is === now[i])) break;
    which = next;
    made = on.batch(p.body, which, size);
  }
  const { program, batched: results } = made;
  const { carries } = partsOf(which, p);
  const body = derived(program, `scan batch ${flags(carries)} ${flags(results)}`, () =>
    bodyOf(
      (given) =>
        replay(program, given).map((y, i) =>
          results[i] !== true && (i >= p.carries || carries[i] === true) ? broadcastTo(y, [size, ...y.shape]) : y,
        ),
      program.inputs,
    ),
  );
  const operands = x.map((operand, i) => {
    if (which[i] === true && batched[i] !== true) return broadcastTo(operand, [size, ...operand.shape]);
    return which[i] === true && i >= p.carries && i < p.carries + p.inputs ? turned(operand) : operand;
  });
  return run(operands, { ...p, body }).map((y, i) => {
    if (i >= p.carries) return turned(y);
    return carries[i] === true ? y : broadcastTo(y, [size, ...y.shape]);
  });
};

/** The places of one element of a stack. */
const elementAt = ({ data, shape, dtype }: View, k: number): View => {
  const length = sizeOf(shape.slice(1));
  return { data: data.subarray(k * length, (k + 1) * length), shape: shape.slice(1), dtype };
};

export const scanPrimitive: Primitive<'scan', ScanParams> = defineJoint({
  name: 'scan',
  family: 'other',
  docs: '(c, yₖ) = body(c, xₖ) for each k',
  arity: null,
  infer: (inputs, p) => {
    const { carries, inputs: stacked, given } = partsOf(inputs, p);
    const results = resultsOf(p.body);
    const elements = [...carries, ...stacked.map(elementOf), ...given];
    const fits = (a: Aval | undefined, b: Aval): boolean =>
      a !== undefined && a.dtype === b.dtype && sameShape(a.shape, b.shape);
    if (
      elements.length !== p.body.inputs.length ||
      !elements.every((aval, i) => fits(p.body.inputs[i], aval)) ||
      !carries.every((aval, i) => fits(results[i], aval)) ||
      stacked.some(({ shape }) => shape[0] !== p.length)
    )
      throw new ArgumentError({
        op: 'scan',
        problem: 'the operands do not fit the body',
        shapes: inputs.map(({ shape }) => shape),
        remedy: 'call scan, which makes the body for its operands',
      });
    return results.map((aval, i) => (i < p.carries ? aval : stackOf(aval, p.length)));
  },
  forward: (outs, inputs, p) => {
    const { carries, inputs: stacked, given } = partsOf(inputs, p);
    let state = carries;
    for (let i = 0; i < p.length; i++) {
      const k = p.reverse ? p.length - 1 - i : i;
      const results = evaluate(p.body, [...state, ...stacked.map((stack) => elementAt(stack, k)), ...given]);
      state = results.slice(0, p.carries);
      results.slice(p.carries).forEach((element, j) => {
        elementAt(outs[p.carries + j] as View, k).data.set(element.data);
      });
    }
    state.forEach(({ data }, i) => {
      (outs[i] as View).data.set(data);
    });
  },
  rules: { record, push },
  batch,
});
