/** Timing that bears a machine with other work on it: many short samples, their best and their median. */

export interface Timing {
  /** Milliseconds a call, in the quickest sample. */
  readonly best: number;
  readonly median: number;
}

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
  samples.sort((a, b) => a - b);
  return { best: samples[0] ?? 0, median: samples[samples.length >> 1] ?? 0 };
};
