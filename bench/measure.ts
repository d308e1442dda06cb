/** Timing that bears a machine with other work on it: many short samples, their best and their median. */

export interface Timing {
  /** Milliseconds a call, in the quickest sample. */
  readonly best: number;
  readonly median: number;
}

const summary = (samples: readonly number[]): Timing => {
  const sorted = [...samples].sort((a, b) => a - b);
  return { best: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0 };
};

/** Calls `run` for about `budget` milliseconds, in samples long enough for the clock. */
export const measure = (run: () => void, budget = 300): Timing => {
  const sample = (calls: number): number => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run();
    return (performance.now() - start) / calls;
  };
  // Until the engine has compiled what is hot, and we know how long a call takes.
  const warm = performance.now();
  let once = sample(1);
  while (performance.now() - warm < budget / 3) once = Math.min(once, sample(1));
  const calls = Math.max(1, Math.round(0.5 / Math.max(once, 1e-6)));
  const samples: number[] = [];
  const start = performance.now();
  do samples.push(sample(calls));
  while (performance.now() - start < budget || samples.length < 5);
  return summary(samples);
};

/** The same for calls that may have to be waited for; the first call, which compiles, is timed apart. */
export const measureAsync = async (
  run: () => void | Promise<void>,
  budget: number,
): Promise<Timing & { readonly first: number }> => {
  const sample = async (calls: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) {
      const pending = run();
      if (pending !== undefined) await pending;
    }
    return (performance.now() - start) / calls;
  };
  const first = await sample(1);
  const warm = performance.now();
  let once = first;
  while (performance.now() - warm < budget / 3) once = Math.min(once, await sample(1));
  const calls = Math.max(1, Math.round(0.5 / Math.max(once, 1e-6)));
  const samples: number[] = [];
  const start = performance.now();
  do samples.push(await sample(calls));
  while (performance.now() - start < budget || samples.length < 3);
  return { ...summary(samples), first };
};
