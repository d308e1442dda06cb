/** The Padé approximant of degree 13 of the exponential, and when it is exact (N. J. Higham, 2005). */

/** The coefficients of numerator and denominator, those of the constants first. */
export const padeCoefficients: readonly number[] = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];

/** Up to this size of the matrix the approximant is exact to the last bit of a double. */
export const padeRadius = 5.371920351148152;

/** log₂ of the first coefficient of the approximant's error, over the unit of rounding. */
export const padeError: number = 53 - Math.log2(1.1325077560602111e35);
