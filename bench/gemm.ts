/**
 * Matrix products, one thread: `node --import tsx bench/gemm.ts [size]`. Prints GFLOP/s, best (median) of many short runs, and
 * the share of what this machine can do at all, which a loop of multiply-adds on registers shows.
 */
import { func, i32, instantiate, local, locals, loopOver, set, v128 } from '../core/wasm/assembler/index.js';
import { engine } from '../core/wasm/engine.js';
import { features } from '../core/wasm/features.js';
import { floatLanes } from '../core/wasm/float-lanes.js';
import { createGemm } from '../core/wasm/gemm/create.js';
import { measure } from './measure.js';
import { type Product, peers } from './peers.js';

const sizes = [
  [64, 64, 64],
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [128, 10, 784],
  [33, 10, 65],
] as const;

/** GFLOP/s of multiply-adds that touch no memory: twelve independent sums, as the tile has. */
const machineLimit = (): number => {
  const lanes = floatLanes('float32', features());
  const memory = new (engine().Memory)({ initial: 1 });
  const spin = func('spin', ['i32'], 'none', (rounds) => {
    const sums = locals('v128', 12);
    const [x, i] = [local('v128'), local('i32')];
    return [
      set(x, v128.load(0)),
      loopOver(
        i,
        { end: rounds },
        sums.map((sum) => set(sum, lanes.multiplyAdd(x, x, sum))),
      ),
      ...sums.map((sum, at) => v128.store(i32.const(16 * at), sum)),
    ];
  });
  const run = instantiate(
    { memory: { importedFrom: 'host', name: 'memory', minimum: 1 }, exports: { spin } },
    { memory },
  );
  const rounds = 10_000;
  return (rounds * 12 * 4 * 2) / measure(() => run.spin(rounds)).best / 1e6;
};

const ours: Product = {
  name: 'tapegrad',
  prepare: (a, b, m, n, k) => {
    const module = createGemm(features());
    const [atB, atC] = [4 * m * k, 4 * (m * k + k * n)];
    const workspace = atC + 4 * m * n;
    const pages = Math.ceil((workspace + module.workspaceBytes({ m, n, k })) / 65_536);
    const memory = new (engine().Memory)({ initial: pages });
    new Float32Array(memory.buffer, 0, m * k).set(a);
    new Float32Array(memory.buffer, atB, k * n).set(b);
    const product = module.on(memory);
    const result = new Float32Array(memory.buffer, atC, m * n);
    const call = {
      ...{ m, n, k, workspace },
      a: { offset: 0, rowStride: k, columnStride: 1 },
      b: { offset: atB, rowStride: n, columnStride: 1 },
      c: { offset: atC, rowStride: n, columnStride: 1 },
    };
    return () => {
      product(call);
      return result;
    };
  },
};

const noise = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * 7919) % 1009) / 504.5 - 1);

/** The largest distance between two results. */
const furthest = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  let worst = 0;
  for (let i = 0; i < x.length; i++) worst = Math.max(worst, Math.abs((x[i] ?? 0) - (y[i] ?? 0)));
  return worst;
};

const main = async (): Promise<void> => {
  const wanted = process.argv[2];
  const limit = machineLimit();
  const products = [ours, ...(await peers())];
  console.log(`Node ${process.version}, ${JSON.stringify(features())}, limit ${limit.toFixed(1)} GFLOP/s`);
  console.log(
    ['product'.padEnd(18), ...products.map(({ name }) => name.padStart(16)), 'of limit', 'ratios'].join('  '),
  );
  for (const [m, n, k] of sizes.filter((size) => wanted === undefined || size.includes(Number(wanted) as never))) {
    const [a, b] = [noise(m * k), noise(k * n)];
    const flops = 2 * m * n * k;
    const results: ArrayLike<number>[] = [];
    const rates = products.map((product) => {
      const run = product.prepare(a, b, m, n, k);
      results.push(Float32Array.from(run()));
      const { best, median } = measure(run);
      return { best: flops / best / 1e6, median: flops / median / 1e6 };
    });
    const [own] = rates;
    const difference = results.reduce((worst, result) => Math.max(worst, furthest(result, results[0] ?? [])), 0);
    if (difference > 1e-3 * k) throw new Error(`products of ${m}x${k}x${n} differ by ${difference}`);
    console.log(
      [
        `${m}x${k}·${k}x${n}`.padEnd(18),
        ...rates.map(({ best, median }) => `${best.toFixed(1)} (${median.toFixed(1)})`.padStart(16)),
        `${((100 * (own?.best ?? 0)) / limit).toFixed(0)}%`.padStart(8),
        rates
          .slice(1)
          .map(({ best }) => `${((own?.best ?? 0) / best).toFixed(2)}x`)
          .join(' '),
      ].join('  '),
    );
  }
};

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
