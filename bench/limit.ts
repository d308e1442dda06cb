/** What this machine can do at all on one thread: a loop of multiply-adds on registers. */
import {
  func,
  i32,
  instantiate,
  local,
  locals,
  loopOver,
  set,
  v128,
} from '../core/backends/kernels/assembler/index.js';
import { features } from '../core/backends/kernels/features.js';
import { floatLanes } from '../core/backends/kernels/loops/float-lanes.js';
import { engine } from '../core/backends/wasm/engine.js';
import { measure } from './measure.js';

/** GFLOP/s of multiply-adds that touch no memory: twelve independent sums, as the tile has. */
export const machineLimit = (): number => {
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
