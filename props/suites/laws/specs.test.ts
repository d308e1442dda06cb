/** The inputs of the laws: shapes of every kind, configurations that fit, and specs that do not claim too little. */
import * as fc from 'fast-check';
import { type Primitive, primitives } from '../../../core/index.js';
import { convolutionConfigurations, normConfigurations, outputSize, poolingConfigurations } from '../../index.js';
import { hasFloatResult } from '../../primitive-laws.js';
import * as assert from '../../runner/assert.js';
import { check, seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { type PrimitiveName, specs } from '../../specs/index.js';
import type { Case } from '../../specs/spec.js';

const entries = Object.entries(specs).map(([name, spec]) => {
  const primitive = primitives[name as PrimitiveName] as Primitive;
  return { name, primitive, spec, drawn: fc.sample<Case>(spec.cases, { numRuns: 300, seed: seed() }) };
});

test('specs: every primitive is named in the table as it names itself', () => {
  assert.equal(
    entries.filter(({ name, primitive }) => primitive.name !== name).map(({ name }) => name),
    [],
  );
});

test('specs: only primitives without float results of float inputs are declared without derivative', () => {
  const underclaimed = entries
    .filter(({ spec }) => spec.derivative === 'none')
    .filter(({ primitive, drawn }) => drawn.some((call) => hasFloatResult(primitive, call)))
    .map(({ name }) => name);
  // A constant to derivatives, by what it is for; its gradient stands among the boundary points.
  assert.equal(underclaimed, ['stopGradient']);
});

test('specs: flat functions have gradient 0 and smooth ones a rule for some float input', () => {
  const without = entries
    .filter(({ spec }) => spec.derivative === 'smooth')
    .filter(({ primitive }) => primitive.joint === null)
    .filter(({ primitive, drawn }) => !drawn.some(({ inputs }) => inputs.some((_, k) => primitive.vjp(k) !== null)))
    .map(({ name }) => name);
  assert.equal(without, []);
});

const elementwise = entries.filter(({ primitive }) => primitive.family === 'unary' || primitive.family === 'binary');

test('specs: elementwise functions are drawn at rank 0, with zero-length axes and with size-1 axes', () => {
  const some = (wanted: (shape: readonly number[]) => boolean): string[] =>
    elementwise
      .filter(({ drawn }) => !drawn.some(({ inputs }) => inputs.some(({ shape }) => wanted(shape))))
      .map(({ name }) => name);
  assert.equal(
    some((shape) => shape.length === 0),
    [],
  );
  assert.equal(
    some((shape) => shape.includes(0)),
    [],
  );
  assert.equal(
    some((shape) => shape.includes(1)),
    [],
  );
});

test('specs: functions of two tensors are drawn broadcasting both ways', () => {
  const longer = (a: readonly number[] = [], b: readonly number[] = []): boolean => a.length > b.length;
  const missing = elementwise
    .filter(({ primitive }) => primitive.family === 'binary')
    .filter(
      ({ drawn }) =>
        !(
          drawn.some(({ inputs: [a, b] }) => longer(a?.shape, b?.shape)) &&
          drawn.some(({ inputs: [a, b] }) => longer(b?.shape, a?.shape))
        ),
    )
    .map(({ name }) => name);
  assert.equal(missing, []);
});

test('specs: drawn numbers are bounded', () => {
  const wild = entries
    .filter(({ drawn }) =>
      drawn.some(({ inputs }) =>
        inputs.some(({ data, dtype }) => dtype !== 'int32' && data.some((x) => !(Math.abs(x) < 1e4))),
      ),
    )
    .map(({ name }) => name);
  assert.equal(wild, []);
});

test('layers: drawn windows have one place at least, and strides that do not divide evenly are among them', () => {
  check(
    fc.property(convolutionConfigurations(3), ({ axes, groups, in: inputs, out }) => {
      assert.ok(axes.every((axis) => outputSize(axis) >= 1));
      assert.ok(inputs % groups === 0 && out % groups === 0);
    }),
    { numRuns: 200 },
  );
  check(
    fc.property(poolingConfigurations(2), ({ axes }) => {
      assert.ok(axes.every((axis) => outputSize(axis) >= 1 && axis.padding * 2 <= axis.kernel));
    }),
    { numRuns: 200 },
  );
  const drawn = fc.sample(convolutionConfigurations(1), { numRuns: 300, seed: seed() }).flatMap(({ axes }) => axes);
  const remainder = ({ size, kernel, stride, padding, dilation }: (typeof drawn)[number]): number =>
    (size + 2 * padding - dilation * (kernel - 1) - 1) % stride;
  assert.ok(drawn.some((axis) => remainder(axis) > 0));
  assert.ok(drawn.some(({ dilation, kernel, stride }) => dilation > 1 && kernel > 1 && stride > 1));
});

test('layers: drawn groups have two values at least to normalise', () => {
  check(
    fc.property(normConfigurations(), ({ channels, groups, spatial }) => {
      const values = (channels / groups) * spatial.reduce((size, axis) => size * axis, 1);
      assert.ok(values >= 2);
    }),
  );
});
