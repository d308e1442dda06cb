/** debugNans: which operation, in which layer, on which line. */

import { checkpoint, customVjp, debugNans, grad, jvp, vmap } from '../../../autograd/index.js';
import { withScope } from '../../../core/base/scope.js';
import { div, full, log, mul, NanError, sqrt, sub, sum, type Tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { errorOf, sameBits, t } from './support.js';

const remedy = 'look for 0/0, ∞ − ∞, 0·∞, log and sqrt at or below 0; safeLog, safeSqrt and safeDiv keep clear of them';

/** The message with the folder and the line number taken out, so that edits above do not break the test. */
const withoutLine = (text: string): string => text.replace(/in \S*\/([\w.-]+):\d+:\d+/, 'in $1');

/** The source text of the line that a message names. */
const lineNamed = async (text: string): Promise<string> => {
  const [, file = '', line = ''] = /in (\S+):(\d+):\d+/.exec(text) ?? [];
  const { readFileSync } = await import('node:fs');
  return readFileSync(file, 'utf8').split('\n')[Number(line) - 1]?.trim() ?? '';
};

test('debugNans: names the operation, the layer path, the element, the line and the remedy', async () => {
  const f = (x: Tensor): Tensor =>
    withScope('encoder', () => {
      const total = sum(x);
      return withScope('2', () => {
        // Engines may leave no trace of a function whose last act is a call.
        const quotients: Tensor[] = [];
        quotients.push(div(x, total)); // here
        return quotients[0] as Tensor;
      });
    });
  const text = errorOf(() => debugNans(f)(t([0, 0])));
  assert.is(
    withoutLine(text),
    `NanError: div (encoder.2): made NaN from inputs without any, first at [0], in debug-nans.test.ts (shapes [2] · []); ${remedy}`,
  );
  assert.is(await lineNamed(text), 'quotients.push(div(x, total)); // here');
});

test('debugNans: in the backward pass names what is undone, its layer and its line', async () => {
  const loss = (x: Tensor): Tensor =>
    withScope('norm', () => {
      const squares = mul(x, x); // squares
      return sqrt(sum(squares));
    });
  assert.is(debugNans(loss)(t([0, 0])).item(), 0);
  const text = errorOf(() => debugNans(grad(loss))(t([0, 0])));
  assert.is(
    withoutLine(text),
    `NanError: mul (norm.gradient of mul): made NaN from inputs without any, first at [0], in debug-nans.test.ts (shapes [2] · [2]); ${remedy}`,
  );
  assert.is(await lineNamed(text), 'const squares = mul(x, x); // squares');
});

test('debugNans: in a second derivative the line is still that of the function', async () => {
  const f = (x: Tensor): Tensor => {
    return mul(sqrt(x), 1); // root
  };
  const text = errorOf(() => debugNans(grad(grad((x: Tensor) => mul(f(x), x))))(t(0)));
  assert.match(text, 'NanError: ');
  assert.is(await lineNamed(text), 'return mul(sqrt(x), 1); // root');
});

test('debugNans: finds a NaN in the middle of a tensor', () => {
  assert.match(
    errorOf(() =>
      debugNans((x: Tensor) => log(x))(
        t([
          [1, 2],
          [3, -4],
        ]),
      ),
    ),
    'log: made NaN from inputs without any, first at [1,1]',
  );
});

test('debugNans: looks inside checkpoints, custom rules, vmap and jvp', () => {
  const bad = (x: Tensor): Tensor => sub(div(x, x), 1);
  const ruled = customVjp(
    bad,
    (x: Tensor) => [bad(x), null] as const,
    (_, g) => [g],
  );
  for (const f of [
    checkpoint(bad),
    ruled,
    (x: Tensor) => vmap(bad)(x) as Tensor,
    (x: Tensor) => jvp(bad, [x], [x])[1],
    (x: Tensor) => grad((y: Tensor) => sum(checkpoint(bad)(y)))(x),
  ])
    assert.match(
      errorOf(() => debugNans(f)(t([0]))),
      'NanError: div',
    );
});

test('debugNans: says nothing where NaN came in or was written down', () => {
  const f = debugNans((x: Tensor) => mul(mul(x, 2), full([], Number.NaN, 'float64')));
  sameBits(f(t([Number.NaN])), t([Number.NaN]));
  sameBits(f(t([1])), t([Number.NaN]));
});

test('debugNans: lets infinities pass unless asked', () => {
  const f = (x: Tensor): Tensor => div(1, x);
  assert.is(debugNans(f)(t(0)).item(), Number.POSITIVE_INFINITY);
  assert.match(
    errorOf(() => debugNans(f, { infinities: true })(t(0))),
    'div: made Infinity from inputs without any, first at []',
  );
});

test('debugNans: changes no value, and throws a NanError', () => {
  const f = (x: Tensor): Tensor => grad((y: Tensor) => sum(mul(y, log(y))))(x);
  sameBits(debugNans(f)(t([0.3, 2])), f(t([0.3, 2])));
  assert.throws(
    () => debugNans((x: Tensor) => log(x))(t(-1)),
    (error: unknown) => error instanceof NanError,
  );
});
