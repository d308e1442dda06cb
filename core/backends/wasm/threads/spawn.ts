/** A thread of this host: Node's `worker_threads` or a page's workers, behind what both can do. */
import type { Mail } from './worker-code.js';

export interface Thread {
  post(mail: Mail): void;
  end(): void;
}

interface NodeWorker {
  postMessage(message: unknown): void;
  on(event: 'error' | 'exit', listener: () => void): void;
  unref(): void;
  terminate(): unknown;
}

interface PageWorker {
  postMessage(message: unknown): void;
  onerror: ((event: { preventDefault(): void }) => void) | null;
  terminate(): void;
}

/** The parts of either host that are used here, each of which may be missing. */
interface Hosts {
  readonly process?: {
    readonly getBuiltinModule?: (name: string) => unknown;
  };
  readonly Worker?: new (url: string, options: { readonly name: string }) => PageWorker;
  readonly Blob?: new (parts: readonly string[], options: { readonly type: string }) => object;
  readonly URL?: { createObjectURL(blob: object): string };
}

interface WorkerThreads {
  readonly Worker: new (code: string, options: Readonly<Record<string, unknown>>) => NodeWorker;
}

interface Files {
  readonly readFileSync: (path: string, encoding: 'utf8') => string;
}

/** Starts a thread on some code, or throws where none may be had; `whenEnded` hears of one that ends by itself. */
export type Spawn = (code: string, whenEnded: () => void) => Thread;

/**
 * Whether Linux limits the addresses of this process. A thread of Node sets some thousands of millions of them aside, and one that cannot
 * ends the process.
 */
const addressesAreLimited = (builtin: (name: string) => unknown): boolean => {
  try {
    const limits = (builtin('fs') as Files).readFileSync('/proc/self/limits', 'utf8');
    return /^Max address space +\d/m.test(limits);
  } catch {
    return false;
  }
};

const inNode =
  ({ Worker }: WorkerThreads, builtin: (name: string) => unknown): Spawn =>
  (code, whenEnded) => {
    if (addressesAreLimited(builtin)) throw new RangeError('a thread may find too little address space');
    // Loaders and other flags of the process are not wanted; the worker needs nothing but its code.
    const worker = new Worker(code, { eval: true, execArgv: [], name: 'tapegrad' });
    worker.on('error', whenEnded);
    worker.on('exit', whenEnded);
    worker.unref();
    return { post: (mail) => worker.postMessage(mail), end: () => void worker.terminate() };
  };

let url: string | undefined;

const inPage =
  ({ Worker, Blob, URL }: Required<Pick<Hosts, 'Worker' | 'Blob' | 'URL'>>): Spawn =>
  (code, whenEnded) => {
    url ??= URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const worker = new Worker(url, { name: 'tapegrad' });
    worker.onerror = (event) => {
      event.preventDefault();
      whenEnded();
    };
    return { post: (mail) => worker.postMessage(mail), end: () => worker.terminate() };
  };

/** How this host makes threads, or `null` where it makes none. */
export const spawner = (): Spawn | null => {
  const { process, Worker, Blob, URL } = globalThis as unknown as Hosts;
  const builtin = (name: string): unknown => process?.getBuiltinModule?.(name);
  const threads = builtin('node:worker_threads') as WorkerThreads | undefined;
  if (threads !== undefined) return inNode(threads, builtin);
  return Worker === undefined || Blob === undefined || URL === undefined ? null : inPage({ Worker, Blob, URL });
};
