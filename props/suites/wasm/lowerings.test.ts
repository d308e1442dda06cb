/** Law 11: every primitive computes on the WebAssembly backend what its reference loop does, within its spec's bound. */
import * as fc from 'fast-check';
import { lower, lowerings } from '../../../core/backends/kernels/lowerings/index.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { type Dtype, isFloat } from '../../../core/base/dtype.js';
import { bind } from '../../../core/dispatch/interpreter.js';
import { cast, gather, scatterAdd, slice, take, tensor } from '../../../core/index.js';
import * as primitives from '../../../core/primitives/table.js';
import type { Primitive } from '../../../core/program/primitive.js';
import type { Aval } from '../../../core/program/program.js';
import type { Tensor } from '../../../core/tensor/tensor.js';
import { tensorOf } from '../../arbitraries/tensors.js';
import { backendLaw, onBackend } from '../../laws/backend.js';
import { resultsOf } from '../../primitive-laws.js';
import * as assert from '../../runner/assert.js';
import { checkLaw } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { specs } from '../../specs/index.js';
import type { Case } from '../../specs/spec.js';

const backend = createWasmBackend();

/** What the primitive makes of such inputs; `null` where it does not take them. */
const inferred = (primitive: Primitive, inputs: readonly Aval[], params: unknown): readonly Aval[] | null => {
  try {
    return primitive.infer(inputs, params);
  } catch {
    return null;
  }
};

/** The call with its floats in another element type. */
const argumentsOf = ({ inputs }: Case, dtype: Dtype): Tensor[] =>
  inputs.map((input) => {
    const x = tensorOf(input);
    return isFloat(x.dtype) ? cast(x, dtype) : x;
  });

const table: Readonly<Record<string, Primitive | undefined>> = Object.fromEntries(Object.entries(primitives)) as Record<
  string,
  Primitive
>;

for (const [name, spec] of Object.entries(specs)) {
  const primitive = table[name];
  if (primitive === undefined) throw new Error(`there is no primitive ${name}`);
  for (const dtype of ['float32', 'float64'] as const)
    test(`law 11: ${name} in ${dtype} is on wasm what it is on the reference`, () => {
      checkLaw(spec.cases, (call) => {
        const run = resultsOf(primitive, call.params);
        const args = argumentsOf(call, dtype);
        return backendLaw(run, args, { backend, ulp: spec.ulp, sums: spec.sums ?? false });
      });
    });
}

test('lowerings: every primitive has one of its own', () => {
  assert.equal(Object.keys(lowerings).sort(), Object.keys(primitives).sort());
});

test('lowerings: no operation with a result that has elements runs as plain JavaScript', () => {
  const onReference = new Set<string>();
  for (const [name, spec] of Object.entries(specs))
    for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const)
      for (const call of fc.sample(spec.cases, { numRuns: 20, seed: 1 })) {
        const primitive = table[name] as Primitive;
        const inputs = call.inputs.map((input): Aval => {
          const own = tensorOf(input);
          return { shape: own.shape, dtype: isFloat(own.dtype) ? dtype : own.dtype };
        });
        const outputs = inferred(primitive, inputs, call.params);
        if (outputs === null || outputs.some(({ shape }) => shape.includes(0))) continue;
        const node = { primitive, params: call.params, inputs: inputs.map((_, i) => i), outputs };
        if (lower(node, inputs).kind === 'reference') onReference.add(`${name} in ${dtype}`);
      }
  assert.equal([...onReference], []);
});

test('lowerings: an index out of range is the same error as on the reference', () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const calls = [
    () => take(x, [0, 3], 1),
    () => take(slice(x, [null, [0, 0]]), [2], 0),
    () => gather(x, [[-4, 0, 0]], 1),
    () => scatterAdd(x, [[0, 0, 7]], tensor([[1, 1, 1]]), 0),
  ];
  const messages = (): string[] =>
    calls.map((call) => {
      try {
        call();
        return 'no error';
      } catch (error) {
        return String(error);
      }
    });
  const want = onBackend(referenceBackend, messages);
  const got = onBackend(backend, messages);
  assert.ok(want.every((message) => message.includes('out of range')));
  assert.equal(got, want);
});

test('lowerings: another primitive of a known name runs its own loop', () => {
  const twice: Primitive = {
    ...(primitives.neg as Primitive),
    forward: ([out], [x]) => {
      if (out === undefined) throw new RangeError('no output');
      for (let i = 0; i < out.data.length; i++) out.data[i] = 2 * (x?.data[i] ?? 0);
    },
  };
  onBackend(backend, () => {
    const x = tensor([1, -3]);
    assert.equal(bind(twice, [x], null).toArray(), [2, -6]);
    assert.equal(bind(primitives.neg as Primitive, [x], null).toArray(), [-1, 3]);
  });
});
