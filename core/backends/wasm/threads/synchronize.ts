/**
 * Waiting, as code: `watch` looks at a word until it changes, and `barrier` lets nobody go on before everybody has come. Waiting
 * threads look for some tens of microseconds, since a thread that sleeps needs as long to wake, and sleep then.
 */
import {
  block,
  branch,
  branchIf,
  drop,
  encode,
  type Func,
  func,
  type HostFunction,
  i32,
  i32Atomic,
  importFunc,
  leave,
  link,
  local,
  loop,
  memoryAtomic,
  set,
  unreachable,
  when,
} from '../../kernels/assembler/index.js';
import { type CompiledModule, engine, type Memory } from '../engine.js';
import { control, reasons } from './control.js';

/** Looks before a thread falls asleep at a barrier; a look is about a nanosecond. */
const looks = 50_000;
/** Nanoseconds that a thread sleeps at a barrier before it looks whether somebody is lost. */
const nap = 100_000_000n;

/** `address, value, looks`: what stands at the address, once it is not `value` or has been looked at so often. */
const watch: Func<readonly ['i32', 'i32', 'i32'], 'i32'> = func(
  'watch',
  ['i32', 'i32', 'i32'],
  'i32',
  (address, value, turns) => {
    const found = local('i32');
    return [
      loop((again) => [
        set(found, i32Atomic.load(address)),
        set(turns, i32.sub(turns, 1)),
        branchIf(i32.and(i32.eq(found, value), i32.gt_s(turns, 0)), again),
      ]),
      found,
    ];
  },
);

/** `thread, threads`. Traps where the program is given up, which unwinds whatever the thread is in. */
const barrier: Func<readonly ['i32', 'i32'], 'none'> = func('barrier', ['i32', 'i32'], 'none', (thread, threads) => {
  const [generation, turns] = [local('i32'), local('i32')];
  const isSame = i32.eq(i32Atomic.load(control.generation), generation);
  const unlessAborted = when(i32Atomic.load(control.aborted), [unreachable()]);
  return [
    set(generation, i32Atomic.load(control.generation)),
    unlessAborted,
    when(i32.ge_u(i32.add(i32Atomic.add(control.arrived, 1), 1), threads), [
      i32Atomic.store(control.arrived, 0),
      drop(i32Atomic.add(control.generation, 1)),
      when(i32Atomic.load(control.sleepers), [drop(memoryAtomic.notify(control.generation, -1))]),
      leave(),
    ]),
    block((met) => [
      set(turns, looks),
      loop((again) => [branchIf(i32.eqz(isSame), met), set(turns, i32.sub(turns, 1)), branchIf(turns, again)]),
      // A page's main thread must not sleep: it goes on looking.
      when(i32.and(i32.eqz(thread), i32.eqz(i32Atomic.load(control.mainSleeps))), [
        loop((again) => [branchIf(i32.eqz(isSame), met), branch(again)]),
      ]),
      set(turns, i32Atomic.load(control.patience)),
      drop(i32Atomic.add(control.sleepers, 1)),
      loop((again) => [
        // Two is for a nap that nobody ended.
        when(i32.eq(memoryAtomic.wait32(control.generation, generation, nap), 2), [
          set(turns, i32.sub(turns, 1)),
          when(i32.and(i32.eqz(thread), i32.lt_s(turns, 0)), [
            i32Atomic.store(control.aborted, reasons.lost),
            drop(i32Atomic.add(control.generation, 1)),
            drop(memoryAtomic.notify(control.generation, -1)),
          ]),
        ]),
        branchIf(isSame, again),
      ]),
      drop(i32Atomic.sub(control.sleepers, 1)),
    ]),
    unlessAborted,
  ];
});

/** The barrier, for programs to import. */
export const barrierImport: Func<readonly ['i32', 'i32'], 'none'> = importFunc(
  'threads',
  'barrier',
  ['i32', 'i32'],
  'none',
);

export interface Synchronization {
  readonly watch: HostFunction<typeof watch>;
  readonly barrier: HostFunction<typeof barrier>;
}

let compiled: CompiledModule | undefined;

/** The module of both, compiled once; every thread makes an instance of its own. */
export const synchronizationModule = (pages: number): CompiledModule => {
  const memory = { importedFrom: 'host', name: 'memory', minimum: 1, maximum: pages, shared: true };
  const { Module } = engine();
  compiled ??= new Module(encode(link({ memory, exports: { watch, barrier } })));
  return compiled;
};

export const synchronizationOn = (memory: Memory, pages: number): Synchronization => {
  const { Instance } = engine();
  return new Instance(synchronizationModule(pages), { host: { memory } }).exports as unknown as Synchronization;
};
