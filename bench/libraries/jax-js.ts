/**
 * jax-js: `jit` of the same steps. Its arrays are handed over when they are used: `ref` keeps one for another use.
 */
import type { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type Call, channels, type Library, labels, layers, noise, weights } from '../workloads.js';

/** The parts of its interface that are used here. */
interface Arr {
  readonly ref: Arr;
  readonly shape: number[];
  add(other: Arr | number): Arr;
  sub(other: Arr | number): Arr;
  mul(other: Arr | number): Arr;
  div(other: Arr | number): Arr;
  sum(axis?: number | number[], options?: { keepdims?: boolean }): Arr;
  mean(axis?: number | number[], options?: { keepdims?: boolean }): Arr;
  reshape(shape: readonly number[]): Arr;
  transpose(): Arr;
  dataSync(): Float32Array;
  dispose(): void;
}
type Tree = Arr | readonly Tree[] | { readonly [name: string]: Tree };
type Fn = (...args: never[]) => Tree;
interface Jax {
  init(device: 'wasm'): Promise<readonly string[]>;
  defaultDevice(device: 'wasm'): void;
  jit<F extends Fn>(f: F): F;
  valueAndGrad<F extends Fn>(f: F): (...args: Parameters<F>) => readonly [Arr, Parameters<F>[0]];
  grad<F extends Fn>(f: F, options?: { argnums?: number | number[] }): (...args: Parameters<F>) => Tree;
  blockUntilReady(x: Tree): Promise<Tree>;
  readonly tree: { map(f: (...leaves: Arr[]) => Arr, ...trees: Tree[]): Tree; ref<T extends Tree>(tree: T): T };
  readonly numpy: {
    array(data: Float32Array | Int32Array, options: { shape: readonly number[] }): Arr;
    matmul(a: Arr, b: Arr): Arr;
    sqrt(x: Arr): Arr;
    square(x: Arr): Arr;
    max(x: Arr): Arr;
    where(condition: Arr, a: Arr, b: number): Arr;
  };
  readonly lax: {
    convGeneralDilated(x: Arr, w: Arr, strides: number[], padding: 'SAME' | 'VALID'): Arr;
    reduceWindow(x: Arr, f: (window: Arr) => Arr, window: number[], strides: number[]): Arr;
  };
  readonly nn: {
    relu(x: Arr): Arr;
    sigmoid(x: Arr): Arr;
    logSoftmax(x: Arr, axis?: number): Arr;
    oneHot(x: Arr, classes: number): Arr;
  };
  readonly random: { key(seed: number): Arr; bernoulli(key: Arr, p: number, shape: readonly number[]): Arr };
}

type Params = { readonly [name: string]: Arr };
type Loss = (params: Params, x: Arr, y: Arr) => Arr;

export const prepare = async (require: ReturnType<typeof createRequire>): Promise<Library> => {
  const path = require.resolve('@jax-js/jax').replace(/\.cjs$/, '.js');
  const jax = (await import(pathToFileURL(path).href)) as Jax;
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const { numpy: np, nn, lax, random } = jax;

  const array = (data: Float32Array | Int32Array, ...shape: number[]): Arr => np.array(data, { shape });
  const image = (batch: number, count: number, size: number): Arr =>
    array(noise(batch * count * size * size), batch, count, size, size);
  /** Every parameter is drawn by the number of its place. */
  let drawn = 0;
  const dense = (from: number, to: number): [weight: Arr, bias: Arr] => [
    array(weights(from * to, from, drawn++), from, to),
    array(new Float32Array(to), to),
  ];
  const filters = (from: number, to: number, size: number): [weight: Arr, bias: Arr] => [
    array(weights(from * to * size * size, from * size * size, drawn++), to, from, size, size),
    array(new Float32Array(to), 1, to, 1, 1),
  ];
  const named = (pairs: readonly (readonly [Arr, Arr])[]): Params =>
    Object.fromEntries(pairs.flatMap(([w, b], i) => [[`w${i}`, w] as const, [`b${i}`, b] as const]));

  const affine = (p: Params, i: number, x: Arr): Arr => np.matmul(x, p[`w${i}`] as Arr).add(p[`b${i}`] as Arr);
  const conv = (p: Params, i: number, x: Arr, padding: 'SAME' | 'VALID'): Arr =>
    lax.convGeneralDilated(x, p[`w${i}`] as Arr, [1, 1], padding).add(p[`b${i}`] as Arr);
  const pool = (x: Arr): Arr => lax.reduceWindow(x, (window) => np.max(window), [2, 2], [2, 2]);
  const flatten = (x: Arr): Arr => x.reshape([x.shape[0] ?? 1, -1]);
  const crossEntropy = (scores: Arr, y: Arr, classes: number): Arr =>
    nn.logSoftmax(scores).mul(nn.oneHot(y, classes)).sum(1).mean().mul(-1);

  const mlpLoss =
    (depth: number, classes: number): Loss =>
    (p, x, y) => {
      let h = x;
      for (let i = 0; i < depth; i++) h = i === depth - 1 ? affine(p, i, h) : nn.relu(affine(p, i, h));
      return crossEntropy(h, y, classes);
    };
  const mlp = (sizes: readonly number[]): Params => named(sizes.slice(1).map((size, i) => dense(sizes[i] ?? 1, size)));

  /** `update` gives the next parameters and the next state; the loss is read. */
  const stepOf = (
    loss: Loss,
    params: Params,
    state: Tree,
    update: (p: Params, g: Params, s: Tree) => { readonly params: Tree; readonly state: Tree },
    x: Arr,
    y: Arr,
  ): Call => {
    const step = jax.jit((p: Params, s: Tree, input: Arr, target: Arr) => {
      const [value, gradient] = jax.valueAndGrad(loss)(jax.tree.ref(p), input, target);
      const next = update(p, gradient as Params, s);
      return [value, next.params, next.state] as readonly Tree[];
    }) as unknown as (p: Tree, s: Tree, x: Arr, y: Arr) => [Arr, Tree, Tree];
    let [now, at]: [Tree, Tree] = [params, state];
    return async () => {
      const [value, nextParams, nextState] = step(now, at, x.ref, y.ref);
      now = nextParams;
      at = nextState;
      await jax.blockUntilReady(nextParams);
      if (!Number.isFinite(value.dataSync()[0])) throw new Error('the loss is not finite');
    };
  };

  const zerosLike = (params: Params): Params =>
    Object.fromEntries(
      Object.entries(params).map(([name, { shape }]) => [
        name,
        array(new Float32Array(shape.reduce((size, axis) => size * axis, 1)), ...shape),
      ]),
    );
  const sgd =
    (lr: number) =>
    (p: Params, g: Params, s: Tree): { params: Tree; state: Tree } => ({
      params: jax.tree.map((a, b) => a.sub(b.mul(lr)), p, g),
      state: s,
    });
  const momentum = (p: Params, g: Params, s: Tree): { params: Tree; state: Tree } => {
    const velocity = jax.tree.map((v, d) => v.mul(0.9).add(d), s, g);
    return { params: jax.tree.map((a, v) => a.sub(v.mul(0.1)), p, jax.tree.ref(velocity)), state: velocity };
  };
  /** The bias corrections are those of one step, given as numbers: the arithmetic is the same. */
  const adam = (p: Params, g: Params, s: Tree): { params: Tree; state: Tree } => {
    const { m, v } = s as { readonly m: Tree; readonly v: Tree };
    const first = jax.tree.map((a, d) => a.mul(0.9).add(d.mul(0.1)), m, jax.tree.ref(g));
    const second = jax.tree.map((a, d) => a.mul(0.999).add(np.square(d).mul(0.001)), v, g);
    const params = jax.tree.map(
      (a, b, c) => a.sub(b.mul(1e-2).div(np.sqrt(c.mul(1e3)).add(1e-8))),
      p,
      jax.tree.ref(first),
      jax.tree.ref(second),
    );
    return { params, state: { m: first, v: second } };
  };

  const lenetParams = (): Params =>
    named([filters(1, 6, 5), filters(6, 16, 5), dense(400, 120), dense(120, 84), dense(84, 10)]);
  const lenetLoss: Loss = (p, x, y) => {
    const first = pool(nn.relu(conv(p, 0, x, 'SAME')));
    const second = flatten(pool(nn.relu(conv(p, 1, first, 'VALID'))));
    return crossEntropy(affine(p, 4, nn.relu(affine(p, 3, nn.relu(affine(p, 2, second))))), y, 10);
  };

  const cnnParams = (): Params => ({
    ...named([
      ...channels.slice(0, 4).map((from, i) => filters(from, channels[i + 1] ?? from, 3)),
      dense(256, 128),
      dense(128, 10),
    ]),
    ...Object.fromEntries(
      channels
        .slice(1)
        .flatMap((count, i) => [
          [`scale${i}`, array(new Float32Array(count).fill(1), 1, count, 1, 1)] as const,
          [`shift${i}`, array(new Float32Array(count), 1, count, 1, 1)] as const,
        ]),
    ),
  });
  const dropped = (x: Arr, i: number): Arr => np.where(random.bernoulli(random.key(i), 0.7, x.shape), x.div(0.7), 0);
  const cnn =
    (training: boolean) =>
    (p: Params, x: Arr): Arr => {
      let h = x;
      for (let i = 0; i < 4; i++) {
        h = pool(nn.relu(conv(p, i, h, 'SAME')));
        if (training) {
          const centred = h.ref.sub(h.mean([0, 2, 3], { keepdims: true }));
          const variance = np.square(centred.ref).mean([0, 2, 3], { keepdims: true });
          h = centred.div(np.sqrt(variance.add(1e-5)));
        }
        h = h.mul(p[`scale${i}`] as Arr).add(p[`shift${i}`] as Arr);
        if (training) h = dropped(h, i);
      }
      return affine(p, 5, nn.relu(affine(p, 4, flatten(h))));
    };

  const classesOf = (count: number, classes: number): Arr => array(labels(count, classes), count);
  /** A call that is over when its result is computed, which nobody reads. */
  const waitedFor =
    (run: () => Arr): Call =>
    async () => {
      const result = run();
      await jax.blockUntilReady(result);
      result.dispose();
    };
  const onFloats = (f: (x: Arr, y: Arr) => Arr): Call => {
    const run = jax.jit(f as Fn) as unknown as typeof f;
    const [x, y] = [array(noise(2 ** 20), 2 ** 20), array(noise(2 ** 20, 1), 2 ** 20)];
    return waitedFor(() => run(x.ref, y.ref));
  };

  return {
    product: ([m, n, k]) => {
      const [a, b] = [array(noise(m * k), m, k), array(noise(k * n, 1), k, n)];
      const run = jax.jit(np.matmul as unknown as Fn) as unknown as typeof np.matmul;
      return waitedFor(() => run(a.ref, b.ref));
    },
    'elementwise 2^20': () => onFloats((x, y) => nn.relu(x.ref.mul(y.ref).add(x.ref)).mul(y).sub(x)),
    'silu 2^20': () => onFloats((x) => x.ref.mul(nn.sigmoid(x))),
    'iris step': () =>
      stepOf(mlpLoss(2, 3), mlp(layers.iris), [], sgd(0.1), array(noise(100), 25, 4), classesOf(25, 3)),
    'mlp step sgd': () => {
      const params = mlp(layers.mlp);
      return stepOf(
        mlpLoss(3, 10),
        params,
        zerosLike(params),
        momentum,
        array(noise(128 * 784), 128, 784),
        classesOf(128, 10),
      );
    },
    'mlp step adam': () => {
      const params = mlp(layers.mlp);
      const state = { m: zerosLike(params), v: zerosLike(params) };
      return stepOf(mlpLoss(3, 10), params, state, adam, array(noise(128 * 784), 128, 784), classesOf(128, 10));
    },
    'lenet step': () => stepOf(lenetLoss, lenetParams(), [], sgd(0.1), image(64, 1, 28), classesOf(64, 10)),
    'cnn step': () => {
      const params = cnnParams();
      const state = { m: zerosLike(params), v: zerosLike(params) };
      const loss: Loss = (p, x, y) => crossEntropy(cnn(true)(p, x), y, 10);
      return stepOf(loss, params, state, adam, image(64, 1, 28), classesOf(64, 10));
    },
    'cnn inference': () => {
      const run = jax.jit(cnn(false) as unknown as Fn) as unknown as (p: Params, x: Arr) => Arr;
      const [params, x] = [cnnParams(), image(64, 1, 28)];
      return () => {
        run(jax.tree.ref(params), x.ref).dataSync();
      };
    },
    'conv 64-128': () => {
      const x = image(32, 64, 16);
      const w = array(noise(128 * 64 * 9, 1), 128, 64, 3, 3);
      const g = array(noise(32 * 128 * 256, 2), 32, 128, 16, 16);
      const loss = (p: Params, cotangent: Arr): Arr =>
        lax
          .convGeneralDilated(p.x as Arr, p.w as Arr, [1, 1], 'SAME')
          .mul(cotangent)
          .sum();
      const run = jax.jit(jax.valueAndGrad(loss as unknown as Fn) as unknown as Fn) as unknown as (
        p: Params,
        cotangent: Arr,
      ) => [Arr, Params];
      return async () => {
        const [value, gradient] = run({ x: x.ref, w: w.ref }, g.ref);
        await jax.blockUntilReady(gradient);
        for (const leaf of Object.values(gradient)) leaf.dispose();
        value.dataSync();
      };
    },
  };
};
