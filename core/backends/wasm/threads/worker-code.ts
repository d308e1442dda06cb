/**
 * The program of a worker, as text: a bundler cannot lose it, and it needs nothing but its messages. A worker that listens does
 * not return to its event loop, so that messages do not reach it; the main thread counts those that it sends, and the worker
 * returns when one is missing. The numbers are those of `control.ts`.
 */
import { control, messageBytes, reasons, slot, states } from './control.js';

/** Looks before an idle worker falls asleep; a look is about a nanosecond. */
const looks = 100_000;

/** The first message to a worker is `begin`. */
export type Mail =
  /** The memory, the module with `watch` and `barrier`, and where the worker's slot is. */
  | { readonly kind: 'begin'; readonly memory: unknown; readonly module: unknown; readonly slot: number }
  /** A module whose exports programs import under `from`, each export under the name `as`. */
  | {
      readonly kind: 'library';
      readonly from: string;
      readonly as: string;
      readonly module: unknown;
      readonly export: string;
    }
  /** A program: what it imports, functions that only the main thread has named apart. */
  | {
      readonly kind: 'program';
      readonly program: number;
      readonly module: unknown;
      readonly foreign: readonly (readonly [from: string, name: string])[];
    }
  | { readonly kind: 'forget'; readonly program: number };

const words = (addresses: Readonly<Record<string, number>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, address / 4])));

export const workerCode: string = `'use strict';
const control = ${words(control)}, slot = ${words(slot)}, states = ${JSON.stringify(states)};
const { load, store, add, wait, notify, compareExchange } = Atomics;
const libraries = { math: Object.fromEntries(Object.getOwnPropertyNames(Math).map((name) => [name, Math[name]])) };
const programs = new Map();
let memory, words, bytes, synchronization, own, at, read = 0;

const foreign = (from, name) => () => {
  throw new Error(from + '.' + name + ' is the main thread\\'s');
};

const take = {
  begin(mail) {
    memory = mail.memory;
    words = new Int32Array(memory.buffer, 0, ${(control.message + messageBytes + 4) / 4});
    bytes = new Uint8Array(memory.buffer, ${control.message + 4}, ${messageBytes});
    synchronization = new WebAssembly.Instance(mail.module, { host: { memory } }).exports;
    libraries.threads = { barrier: synchronization.barrier };
    own = new Int32Array(memory.buffer, mail.slot, 64);
    at = mail.slot;
    compareExchange(own, slot.state, states.starting, states.idle);
  },
  library(mail) {
    const exports = new WebAssembly.Instance(mail.module, { host: { memory } }).exports;
    libraries[mail.from] = { ...libraries[mail.from], [mail.as]: exports[mail.export] };
  },
  program(mail) {
    const imports = { host: { memory }, ...libraries };
    for (const [from, name] of mail.foreign) imports[from] = { ...imports[from], [name]: foreign(from, name) };
    try {
      programs.set(mail.program, new WebAssembly.Instance(mail.module, imports).exports.share);
    } catch (error) {
      programs.set(mail.program, () => {
        throw error;
      });
    }
  },
  forget(mail) {
    programs.delete(mail.program);
  },
};

const failed = (error) => {
  if (compareExchange(words, control.aborted, 0, ${reasons.worker}) !== 0) return;
  const text = new TextEncoder().encode(String(error && error.message || error)).subarray(0, ${messageBytes});
  bytes.set(text);
  store(words, control.message, text.length);
  add(words, control.generation, 1);
  notify(words, control.generation);
};

const enter = (state) => {
  store(own, slot.state, state);
  if (load(words, control.mainWaits) !== 0) notify(own, slot.state);
};

// Who changes the word and then finds nobody asleep need not notify: the wait that comes after ends at once.
const sleep = (word, value) => {
  store(own, slot.asleep, 1);
  wait(own, word, value);
  store(own, slot.asleep, 0);
};

const serve = () => {
  if (compareExchange(own, slot.state, states.offered, states.ready) !== states.offered) return;
  if (load(words, control.mainWaits) !== 0) notify(own, slot.state);
  let state = synchronization.watch(at + ${slot.state}, states.ready, ${looks});
  while (state === states.ready) {
    sleep(slot.state, states.ready);
    state = load(own, slot.state);
  }
  if (state !== states.running) return;
  try {
    programs.get(load(words, control.program))(load(words, control.arguments), load(own, slot.thread), load(words, control.threads));
  } catch (error) {
    failed(error);
  }
  enter(states.idle);
};

const listen = () => {
  while (load(own, slot.sent) === read) {
    const bell = load(own, slot.bell);
    const state = load(own, slot.state);
    if (state === states.offered) serve();
    else if (state === states.missed) enter(states.idle);
    else if (load(own, slot.sent) === read && synchronization.watch(at + ${slot.bell}, bell, ${looks}) === bell) 
      sleep(slot.bell, bell);
  }
};

const receive = (mail) => {
  take[mail.kind](mail);
  store(own, slot.read, ++read);
  notify(own, slot.read);
  listen();
};

if (typeof require === 'function') require('node:worker_threads').parentPort.on('message', receive);
else self.onmessage = ({ data }) => receive(data);
`;
