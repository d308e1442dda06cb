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

/** Starts a thread on some code; `whenEnded` hears of one that ends by itself. */
export type Spawn = (code: string, whenEnded: () => void) => Thread;

const inNode =
  ({ Worker }: WorkerThreads): Spawn =>
  (code, whenEnded) => {
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
  const threads = process?.getBuiltinModule?.('node:worker_threads') as WorkerThreads | undefined;
  if (threads !== undefined) return inNode(threads);
  return Worker === undefined || Blob === undefined || URL === undefined ? null : inPage({ Worker, Blob, URL });
};
