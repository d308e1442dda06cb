/** What a law says about a function: whether it holds, and where it is broken worst. */

export interface Report {
  /** The law's number, where it has one, and its name. */
  readonly law: string;
  readonly holds: boolean;
  /** The largest deviation, in the measure of the law (see its formula). NaN never holds. */
  readonly worst: number;
  readonly tolerance: number;
  /** Where the largest deviation stands. */
  readonly where: string;
  readonly got: number;
  readonly want: number;
}

/** Two numbers that a law says are equal, and how far apart they are in the law's measure. */
export interface Deviation {
  readonly where: string;
  readonly got: number;
  readonly want: number;
  readonly error: number;
}

/** Options that every law takes. */
export interface LawOptions {
  /** Sets the directions and weights that the law draws; 1 by default. */
  readonly seed?: number;
  /** What the deviation may be; the law's own bound by default. */
  readonly tolerance?: number;
}

/** Any function between trees of tensors. */
export type TreeFunction<Args extends readonly unknown[], Y> = (...args: Args) => Y;

/** A law that does not hold. */
export class LawError extends Error {
  override readonly name = 'LawError';
  readonly report: Report;
  constructor(report: Report) {
    super(formatReport(report));
    this.report = report;
  }
}

/** One line: `law 2, finite differences: got 2, want 3 at [0][1] (deviation 0.25, allowed 1e-9)`. */
export const formatReport = ({ law, holds, worst, tolerance, where, got, want }: Report): string =>
  holds
    ? `${law}: holds (deviation ${worst}, allowed ${tolerance})`
    : `${law}: got ${got}, want ${want} at ${where} (deviation ${worst}, allowed ${tolerance})`;

/** |got − want| / (1 + |want|); NaN where one of them is NaN, and so never within a tolerance. */
export const relative = (where: string, got: number, want: number): Deviation => ({
  where,
  got,
  want,
  error: got === want ? 0 : Math.abs(got - want) / (1 + Math.abs(want)),
});

/** The same for two ways to compute one thing, where NaN is the right answer to NaN. */
export const relativeOrNaN = (where: string, got: number, want: number): Deviation => ({
  ...relative(where, got, want),
  ...(Object.is(got, want) ? { error: 0 } : {}),
});

/** 0 for the same number (NaN is the same as NaN; 0 and −0 differ), 1 otherwise. */
export const exact = (where: string, got: number, want: number): Deviation => ({
  where,
  got,
  want,
  error: Object.is(got, want) ? 0 : 1,
});

/** A NaN is worse than any number. */
const badness = (error: number): number => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);

/** The report on all deviations: that of the worst. */
export const reportOf = (law: string, tolerance: number, deviations: Iterable<Deviation>): Report => {
  let worst: Deviation = { where: 'nowhere', got: 0, want: 0, error: 0 };
  for (const deviation of deviations) if (badness(deviation.error) > badness(worst.error)) worst = deviation;
  const { where, got, want, error } = worst;
  return { law, holds: error <= tolerance, worst: error, tolerance, where, got, want };
};

/** One report from several parts of one law: the first part that is broken, or the part nearest to its tolerance. */
export const combined = (law: string, parts: readonly Report[]): Report => {
  const use = ({ worst, tolerance }: Report): number => (worst === 0 ? 0 : badness(worst) / tolerance);
  const none = reportOf(law, 0, []);
  const chosen = parts.reduce((most, part) => (use(part) > use(most) ? part : most), parts[0] ?? none);
  return chosen.law === law ? chosen : { ...chosen, law: `${law} (${chosen.law})` };
};

/**
 * Throws unless the law holds.
 * @throws LawError naming the law, the place, what was found there and what the law wants.
 * @example
 * assertLaw(adjointLaw((x: Tensor) => mul(x, x), [tensor([1, 2], { dtype: 'float64' })])) // undefined
 */
export const assertLaw = (report: Report): void => {
  if (!report.holds) throw new LawError(report);
};
