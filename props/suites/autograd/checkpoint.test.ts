/** checkpoint: the same bits, less memory. That it nests is checked in `nesting.test.ts`. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { checkpoint, customVjp, grad, jvp, valueAndGrad, vjp, vmap } from '../../../autograd/index.js';
import {
  add,
  bindAll,
  erf,
  exp,
  type Interpreter,
  matmul,
  mul,
  sin,
  sum,
  type Tensor,
  withInterpreter,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { close, errorOf, sameBits, t } from './support.js';

/** What frees everything that nothing holds any more, on V8 and on JavaScriptCore. */
const collector = (): (() => void) => {
  const { Bun } = globalThis as { readonly Bun?: { readonly gc: (now: boolean) => void } };
  if (Bun !== undefined) return () => Bun.gc(true);
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
};

/** A collector that looks through the stack for anything that might be an address (JavaScriptCore's) keeps a few results by chance. */
const byChance = 'Bun' in globalThis ? 6 : 0;

/** How many of these results something still holds. */
const livingOf = async (results: readonly WeakRef<Tensor>[]): Promise<number> => {
  const collect = collector();
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve));
    collect();
  }
  return results.filter((result) => result.deref() !== undefined).length;
};

/** Runs `f` with `see` told of every operation's name and result. */
const watching = <T>(see: (name: string, y: Tensor) => void, f: () => T): T => {
  const watcher: Interpreter = {
    name: 'a watcher',
    reveal: (x) => x,
    bind(primitive, inputs, params) {
      const outputs = bindAll(primitive, inputs, params);
      for (const y of outputs) see(primitive.name, y);
      return outputs;
    },
    call: (rule, inputs) => withInterpreter(watcher, () => rule.run(inputs)),
    recompute: (run, inputs) => withInterpreter(watcher, () => run(inputs)),
  };
  return withInterpreter(watcher, f);
};

interface Params {
  w: Tensor;
  b: Tensor;
}
const params = (): Params => ({
  w: t([
    [0.1, 0.2],
    [-0.3, 0.4],
  ]),
  b: t([0.5, -0.6]),
});
const layer = ({ w, b }: Params, x: Tensor): Tensor => sin(add(matmul(x, w), b));

test('checkpoint: value and gradient are the same bits, for arguments and for what is closed over', () => {
  const plain = (p: Params, x: Tensor): Tensor => sum(layer(p, layer(p, x)));
  const closing = (p: Params, x: Tensor): Tensor => {
    const block = checkpoint((h: Tensor) => layer(p, h));
    return sum(block(block(x)));
  };
  const passing = (p: Params, x: Tensor): Tensor => {
    const block = checkpoint(layer);
    return sum(block(p, block(p, x)));
  };
  const expected = valueAndGrad(plain, { argnums: [0, 1] })(params(), t([[1, 2]]));
  sameBits(valueAndGrad(passing, { argnums: [0, 1] })(params(), t([[1, 2]])), expected);
  sameBits(valueAndGrad(closing, { argnums: [0, 1] })(params(), t([[1, 2]])), expected);
});

test('checkpoint: closing over variables of two derivatives at once', () => {
  const f = (w: Tensor) => (v: Tensor) => checkpoint((x: Tensor) => mul(mul(w, w), mul(v, x)))(t(5));
  // ∂/∂v (w²·v·5) = 5w², ∂/∂w of that = 10w
  assert.is(grad((w: Tensor) => grad(f(w))(t(2)))(t(3)).item(), 30);
  assert.is(jvp((w: Tensor) => grad(f(w))(t(2)), [t(3)], [t(1)])[1].item(), 30);
  assert.is(grad((w: Tensor) => jvp(f(w), [t(2)], [t(1)])[1])(t(3)).item(), 30);
});

test('checkpoint: closing over a variable inside a nested checkpoint and inside vmap', () => {
  const nested = (w: Tensor): Tensor =>
    sum(checkpoint((x: Tensor) => checkpoint((y: Tensor) => mul(exp(w), y))(mul(x, w)))(t([1, 2])));
  close(grad(nested)(t(0.5)), t(3 * Math.exp(0.5) * 1.5));
  const mapped = (w: Tensor): Tensor =>
    sum(vmap((x: Tensor) => checkpoint((y: Tensor) => mul(mul(w, x), y))(x))(t([1, 2])));
  assert.is(grad(mapped)(t(3)).item(), 5);
  assert.equal(vmap(grad((x: Tensor) => checkpoint((y: Tensor) => mul(x, y))(t(3))))(t([1, 2])).toArray(), [3, 3]);
});

test('checkpoint: returns what it closes over, its argument, a constant, a tree', () => {
  const f = (w: Tensor): Tensor => {
    const [a, { b }, c] = checkpoint((x: Tensor) => [w, { b: x }, t(7)] as const)(mul(w, 2));
    return mul(mul(a, b), c);
  };
  assert.is(grad(f)(t(3)).item(), 84);
});

test('checkpoint: arguments may be trees and hold anything beside tensors', () => {
  const f = checkpoint((p: Params, x: Tensor, options: { scale: number }) => ({
    y: mul(layer(p, x), options.scale),
  }));
  const gradient = grad((p: Params) => sum(f(p, t([[1, 2]]), { scale: 3 }).y))(params());
  close(gradient, grad((p: Params) => sum(mul(layer(p, t([[1, 2]])), 3)))(params()));
});

test('checkpoint: an integer or nothing to differentiate is no obstacle', () => {
  assert.is(checkpoint((x: Tensor) => mul(x, x))(t(3)).item(), 9);
  assert.is(grad((x: Tensor) => mul(x, checkpoint((y: Tensor) => mul(y, y))(t(3))))(t(2)).item(), 9);
});

test('checkpoint: a custom rule inside that closes over a variable is refused like anywhere', () => {
  const rule = (w: Tensor) =>
    customVjp(
      (x: Tensor) => mul(x, w),
      (x: Tensor) => [mul(x, w), null] as const,
      (_, g) => [g],
    );
  assert.match(
    errorOf(() => grad((w: Tensor) => checkpoint((x: Tensor) => rule(w)(x))(t(2)))(t(3))),
    'customVjp',
  );
});

test('checkpoint: reading values inside keeps working, also on the way back', () => {
  const f = checkpoint((x: Tensor) => (x.item() > 0 ? mul(x, x) : x));
  assert.equal([grad(f)(t(3)).item(), grad(f)(t(-3)).item()], [6, 1]);
});

test('checkpoint: the inside runs once more on the way back, and not at all when nobody asks', () => {
  const count = (f: (x: Tensor) => unknown): number => {
    let sines = 0;
    watching(
      (name) => {
        if (name === 'sin') sines++;
      },
      () => f(t([1, 2])),
    );
    return sines;
  };
  const chain = (x: Tensor): Tensor => sum(sin(sin(sin(x))));
  assert.is(
    count((x) => checkpoint(chain)(x)),
    3,
  );
  assert.is(
    count((x) => vjp(checkpoint(chain), x)),
    3,
  );
  assert.is(count(grad(checkpoint(chain))), 6);
  assert.is(count(grad(chain)), 3);
});

test('checkpoint: under jvp, vmap and another grad, a tape beneath still runs the inside again', () => {
  const count = (f: (x: Tensor) => unknown): number => {
    let found = 0;
    watching(
      (name) => {
        if (name === 'erf') found++;
      },
      () => f(t([0.1, 0.2])),
    );
    return found;
  };
  const chain = (x: Tensor): Tensor => erf(erf(erf(x)));
  // A tangent of its own: of an x in both places, what comes back is added in another order.
  const v = t([0.3, -0.2]);
  const nestings: readonly ((f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor)[] = [
    (f) => grad((x: Tensor) => sum(jvp(f, [x], [v])[1])),
    (f) => grad((x: Tensor) => sum(vmap(f)(x) as Tensor)),
    (f) => grad((x: Tensor) => sum(vmap((y: Tensor) => jvp(f, [y], [t(0.3)])[1])(x) as Tensor)),
  ];
  for (const nesting of nestings) {
    assert.is(count(nesting(chain)), 3);
    assert.is(count(nesting(checkpoint(chain))), 6);
    sameBits(nesting(checkpoint(chain))(t([0.1, 0.2])), nesting(chain)(t([0.1, 0.2])));
  }
});

const twelveSines = (x: Tensor): Tensor => Array.from({ length: 12 }).reduce((y: Tensor) => sin(y), x);

test('checkpoint: nothing of the inside is alive between the two passes', async () => {
  /** How many results of a chain of sines live on while the pullback waits. */
  const alive = async (f: (x: Tensor) => Tensor): Promise<number> => {
    const results: WeakRef<Tensor>[] = [];
    const [, pullback] = watching(
      (name, y) => {
        if (name === 'sin') results.push(new WeakRef(y));
      },
      () => vjp(f, t([1, 2])),
    );
    assert.is(results.length, 12);
    const living = await livingOf(results);
    assert.equal(pullback(t(1))[0].shape, [2]);
    return living;
  };
  const chain = (x: Tensor): Tensor => sum(twelveSines(x));
  const plain = await alive(chain);
  assert.ok(plain >= 11, `${plain} alive`);
  assert.ok((await alive(checkpoint(chain))) <= byChance);
  assert.ok((await alive((x) => checkpoint((y: Tensor) => checkpoint(chain)(y))(x))) <= byChance);
});

test('checkpoint: while a second derivative waits, only what lies between the parts is alive, however long each of them is', async () => {
  const parts = 4;
  /** How many results live on while the pullback of a gradient waits, of a chain of four parts of so many sines. */
  const alive = async (sines: number, wrap: typeof checkpoint): Promise<number> => {
    const part = wrap((x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < sines; i++) y = sin(y);
      return y;
    });
    const f = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < parts; i++) y = part(y);
      return sum(y);
    };
    const results: WeakRef<Tensor>[] = [];
    const [, pullback] = watching(
      (_, y) => {
        results.push(new WeakRef(y));
      },
      () => vjp((x: Tensor) => grad(f)(x), t([1, 2])),
    );
    const living = await livingOf(results);
    assert.equal(pullback(t([1, 1]))[0].shape, [2]);
    return living;
  };
  const plainly = <Args extends readonly unknown[], Y>(g: (...args: Args) => Y): ((...args: Args) => Y) => g;
  const [short, long] = [await alive(3, checkpoint), await alive(12, checkpoint)];
  assert.ok(long <= short + byChance, `${short} and ${long} alive`);
  assert.ok(long <= 4 * parts + byChance, `${long} alive`);
  const [shortPlain, longPlain] = [await alive(3, plainly), await alive(12, plainly)];
  assert.ok(longPlain >= shortPlain + 9 * parts, `${shortPlain} and ${longPlain} alive`);
});

test('grad: nothing that was recorded lives on after it, even if a tensor escapes', async () => {
  const results: WeakRef<Tensor>[] = [];
  const escaped: Tensor[] = [];
  watching(
    (name, y) => {
      if (name === 'sin') results.push(new WeakRef(y));
    },
    () =>
      grad((x: Tensor) => {
        escaped.push(x);
        return sum(twelveSines(x));
      })(t([0.1])),
  );
  assert.is(results.length, 12);
  assert.ok((await livingOf(results)) <= byChance);
  assert.is(escaped.length, 1);
});

test('checkpoint: a second derivative runs the gradient again rather than keep its inside', () => {
  const f = (x: Tensor): Tensor => sum(checkpoint((y: Tensor) => mul(sin(y), exp(y)))(x));
  const second = grad((x: Tensor) => sum(grad(f)(x)))(t([0.3]));
  close(second, t([2 * Math.cos(0.3) * Math.exp(0.3)]));
});
