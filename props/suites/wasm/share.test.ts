/** Shares: the threads' shares cover everything once, in order, and are cut at whole units. */
import * as fc from 'fast-check';
import { func, i32, instantiate, type Operand } from '../../../core/backends/kernels/assembler/index.js';
import { shareOf } from '../../../core/backends/kernels/loops/share.js';
import { engine } from '../../../core/backends/wasm/engine.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

/** The shares of all threads, as the generated code finds them. */
const shares = (threads: number, count: number, unit: number, constant: boolean): [number, number][] => {
  const memory = new (engine().Memory)({ initial: 1 });
  const probe = func('probe', ['i32', 'i32', 'i32'], 'none', (thread, of, given) => {
    const total: Operand<'i32'> = constant ? count : given;
    const { from, to, code } = shareOf({ thread, threads: of }, total, unit);
    return [...code, i32.store(0, from), i32.store(4, to)];
  });
  const run = instantiate(
    { memory: { importedFrom: 'host', name: 'memory', minimum: 1 }, exports: { probe } },
    { memory },
  ).probe;
  return Array.from({ length: threads }, (_, thread) => {
    run(thread, threads, count);
    const [from = -1, to = -1] = new Uint32Array(memory.buffer, 0, 2);
    return [from, to];
  });
};

test('shares: together they are everything, each begins where the one before ends, cuts are at whole units', () => {
  check(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.oneof(fc.nat(100), fc.nat(10_000_000)),
      fc.constantFrom(1, 4, 6, 64),
      fc.boolean(),
      (threads, count, unit, constant) => {
        const found = shares(threads, count, unit, constant);
        let end = 0;
        found.forEach(([from, to]) => {
          assert.is(from, end);
          assert.ok(to >= from);
          assert.ok(to === count || to % unit === 0, `a cut at ${to}`);
          end = to;
        });
        assert.is(end, count);
        const largest = Math.max(...found.map(([from, to]) => to - from));
        assert.ok(largest <= Math.ceil(Math.ceil(count / unit) / threads) * unit, 'no share is larger than need be');
      },
    ),
    { numRuns: 200 },
  );
});
