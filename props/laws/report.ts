/** What a law says about a function: whether it holds, and where it is broken worst. */

export interface Report {
  /** The law's number, where it has one, and its name. */
  readonly law: string;
  /** Whether all deviations are within the tolerance. A report over no deviations does not hold: nothing was checked. */
  readonly holds: boolean;
  /** How many numbers were compared. */
  readonly checked: number;
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
export const formatReport = ({ law, holds, checked, worst, tolerance, where, got, want }: Report): string =>
  checked === 0
    ? `${law}: nothing was checked: there are no numbers to compare; give arguments with elements, and floats among them`
    : holds
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

/** Gives a deviation its place. What does not deviate needs none, and most of a law's time would go into writing them. */
export const namedPlace = (deviation: Deviation, place: () => string): Deviation =>
  deviation.error === 0 ? deviation : { ...deviation, where: place() };

/** A NaN is worse than any number. */
const badness = (error: number): number => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);

/** The report on all deviations: that of the worst. Without any it does not hold. */
export const reportOf = (law: string, tolerance: number, deviations: Iterable<Deviation>): Report => {
  let worst: Deviation = { where: 'nowhere', got: 0, want: 0, error: 0 };
  let checked = 0;
  for (const deviation of deviations) {
    checked++;
    if (badness(deviation.error) > badness(worst.error)) worst = deviation;
  }
  const { where, got, want, error } = worst;
  return { law, holds: checked > 0 && error <= tolerance, checked, worst: error, tolerance, where, got, want };
};

/**
 * One report from several parts of one law: a part that checked nothing, else the first part that is broken, else the part
 * nearest to its tolerance. Its count is that of all parts; no parts are nothing checked.
 */
export const combined = (law: string, parts: readonly Report[]): Report => {
  const use = ({ worst, tolerance }: Report): number => (worst === 0 ? 0 : badness(worst) / tolerance);
  const none = reportOf(law, 0, []);
  const chosen =
    parts.find(({ checked }) => checked === 0) ??
    parts.reduce((most, part) => (use(part) > use(most) ? part : most), parts[0] ?? none);
  const checked = chosen.checked === 0 ? 0 : parts.reduce((total, part) => total + part.checked, 0);
  return { ...chosen, checked, law: chosen.law === law ? law : `${law} (${chosen.law})` };
};

/**
 * Throws unless the law holds; a law that had nothing to check does not.
 * @throws LawError naming the law, the place, what was found there and what the law wants.
 * @example
 * assertLaw(adjointLaw((x: Tensor) => mul(x, x), [tensor([1, 2], { dtype: 'float64' })])) // undefined
 */
export const assertLaw = (report: Report): void => {
  if (!report.holds) throw new LawError(report);
};

/** Reports on many drawn arguments, of which some may have no elements. */
export interface LawTally {
  /** How many numbers were compared so far. */
  readonly checked: number;
  /** Throws for a law that is broken; arguments that give it nothing to check are let by. */
  assert(report: Report): void;
  /** Throws where no report checked anything. */
  end(): void;
}

/**
 * Holds a law over many draws: one draw without elements proves nothing and breaks nothing, a whole run of them is a failure.
 * @throws LawError from `assert` where the law is broken, and from `end` where nothing was ever checked.
 * @example
 * const tally = lawTally();
 * for (const x of [[], [1, 2]]) tally.assert(adjointLaw((a: Tensor) => mul(a, a), [tensor(x, { dtype: 'float64' })]));
 * tally.end();
 * tally.checked // 1
 */
export const lawTally = (): LawTally => {
  let checked = 0;
  let last = reportOf('no law', 0, []);
  return {
    get checked() {
      return checked;
    },
    assert(report) {
      last = report;
      checked += report.checked;
      if (report.checked > 0) assertLaw(report);
    },
    end() {
      if (checked === 0) assertLaw(last);
    },
  };
};
