/** The tester tested: every deliberately wrong rule is caught by the law that is there for it, and no right one is. */
import * as fc from 'fast-check';
import { primitives } from '../../../core/index.js';
import { assertLaw, LawError } from '../../laws/report.js';
import { type FunctionMutant, functionMutants, type PrimitiveMutant, primitiveMutants } from '../../mutants/index.js';
import { type LawOfPrimitive, lawsOfPrimitive } from '../../primitive-laws.js';
import * as assert from '../../runner/assert.js';
import { check, seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { specs } from '../../specs/index.js';

const records = new Map(Object.entries(primitives));

/** The law of that name for a record with the signature of the mutant's primitive. */
const lawFor = ({ primitive }: PrimitiveMutant, record: PrimitiveMutant['wrong'], name: string): LawOfPrimitive => {
  const found = lawsOfPrimitive(record, specs[primitive]).find(({ law }) => law === name);
  if (found === undefined) throw new Error(`${name} does not apply to ${primitive}`);
  return found;
};

/** What the law finds in as many runs as it has in the suite: `law` for numbers that differ, `error` for anything thrown. */
const verdict = ({ property, runs }: LawOfPrimitive): 'law' | 'error' | 'nothing' => {
  const { failed, errorInstance } = fc.check(property, { seed: seed(), numRuns: runs, endOnFailure: true });
  return !failed ? 'nothing' : errorInstance instanceof LawError ? 'law' : 'error';
};

let caught = 0;

for (const mutant of primitiveMutants)
  test(`${mutant.caughtBy} catches ${mutant.name}`, () => {
    const found = verdict(lawFor(mutant, mutant.wrong, mutant.caughtBy));
    assert.ok(found === 'law' || (found === 'error' && mutant.throws === true), `found ${found}: ${mutant.why}`);
    const { missedBy } = mutant;
    if (missedBy !== undefined)
      assert.is(verdict(lawFor(mutant, mutant.wrong, missedBy)), 'nothing', `${missedBy} sees it too`);
    const right = records.get(mutant.primitive);
    if (right === undefined) throw new Error(`no primitive ${mutant.primitive}`);
    // The suite of primitives holds the right rule over all draws; these show that the law as it is taken here lets it pass.
    check(lawFor(mutant, right, mutant.caughtBy).property, { numRuns: 5 });
    caught++;
  });

const propertyOf = ({ inputs, law }: FunctionMutant, f: FunctionMutant['right']): fc.IProperty<unknown> =>
  fc.property(inputs, (x) => assertLaw(law(f, x)));

for (const mutant of functionMutants)
  test(`${mutant.caughtBy} catches ${mutant.name}`, () => {
    const reports = fc.sample(mutant.inputs, { numRuns: 10, seed: seed() }).map((x) => mutant.law(mutant.wrong, x));
    const broken = reports.find(({ checked, holds }) => checked > 0 && !holds);
    assert.ok(broken?.law.startsWith(mutant.caughtBy), `not caught: ${mutant.why}`);
    check(propertyOf(mutant, mutant.right), { numRuns: 10 });
    caught++;
  });

test('the registry of wrong rules: 40 at least, each of its own name, all caught', () => {
  const names = [...primitiveMutants, ...functionMutants].map(({ name }) => name);
  assert.ok(names.length >= 40);
  assert.is(new Set(names).size, names.length);
  console.log(`\n${caught} of ${names.length} wrong rules caught`);
  assert.is(caught, names.length);
});
