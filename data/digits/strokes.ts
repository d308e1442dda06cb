/** How the ten digits are written: one or more ways each, as lines of the pen in a unit square, x to the right and y down. */

export type Point = readonly [x: number, y: number];
/** Points that the pen joins without leaving the paper. */
export type Stroke = readonly Point[];

/** Part of an ellipse; angles in degrees, 0 to the right and 90 down. */
const arc = (x: number, y: number, rx: number, ry: number, from: number, to: number): Stroke => {
  const steps = Math.ceil(Math.abs(to - from) / 18);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180;
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });
};

/** A quadratic curve from a to c that b pulls towards itself. */
const curve = (a: Point, b: Point, c: Point): Stroke =>
  Array.from({ length: 9 }, (_, i) => {
    const t = i / 8;
    const at = (k: 0 | 1): number => (1 - t) ** 2 * a[k] + 2 * t * (1 - t) * b[k] + t ** 2 * c[k];
    return [at(0), at(1)];
  });

/** Strokes that follow each other without a gap. */
const join = (...strokes: readonly Stroke[]): Stroke => strokes.flat();

// biome-ignore format: one way of writing a line
/** The ways of writing each digit. */
export const ways: readonly (readonly (readonly Stroke[])[])[] = [
  [
    [arc(0.5, 0.5, 0.29, 0.41, -90, 270)],
    [arc(0.5, 0.5, 0.23, 0.41, -60, 310)],
  ],
  [
    [[[0.5, 0.08], [0.5, 0.92]]],
    [[[0.32, 0.3], [0.54, 0.08], [0.54, 0.92]]],
    [[[0.34, 0.28], [0.52, 0.08], [0.52, 0.92]], [[0.32, 0.92], [0.72, 0.92]]],
  ],
  [
    [join(arc(0.49, 0.33, 0.25, 0.24, 190, 390), [[0.22, 0.92], [0.8, 0.92]])],
    [join(
      arc(0.49, 0.32, 0.24, 0.23, 200, 400), curve([0.66, 0.5], [0.4, 0.8], [0.26, 0.9]),
      arc(0.3, 0.84, 0.08, 0.07, 90, 330), curve([0.37, 0.8], [0.55, 0.95], [0.8, 0.86]),
    )],
  ],
  [
    [join(arc(0.47, 0.29, 0.24, 0.21, 205, 445), arc(0.47, 0.7, 0.28, 0.21, -85, 155))],
    [join([[0.24, 0.1], [0.72, 0.1], [0.46, 0.42]], arc(0.47, 0.67, 0.28, 0.25, -90, 150))],
  ],
  [
    [[[0.63, 0.92], [0.63, 0.08], [0.2, 0.65], [0.82, 0.65]]],
    [[[0.3, 0.1], [0.25, 0.53], [0.76, 0.53]], [[0.7, 0.14], [0.66, 0.92]]],
    [[[0.46, 0.08], [0.2, 0.6], [0.82, 0.6]], [[0.62, 0.38], [0.6, 0.92]]],
  ],
  [
    [join([[0.74, 0.1], [0.33, 0.1], [0.29, 0.46]], arc(0.47, 0.66, 0.27, 0.25, 225, 510))],
    [join([[0.34, 0.14], [0.31, 0.45]], arc(0.47, 0.67, 0.25, 0.24, 230, 500)), [[0.33, 0.14], [0.74, 0.09]]],
  ],
  [
    [join(curve([0.66, 0.08], [0.3, 0.22], [0.26, 0.66]), arc(0.5, 0.68, 0.24, 0.23, 180, 545))],
    [join(curve([0.5, 0.08], [0.26, 0.4], [0.28, 0.7]), arc(0.48, 0.73, 0.2, 0.18, 180, 530))],
  ],
  [
    [[[0.22, 0.12], [0.78, 0.12], [0.42, 0.92]]],
    [[[0.22, 0.14], [0.78, 0.12], [0.44, 0.92]], [[0.36, 0.5], [0.7, 0.5]]],
    [join(
      [[0.24, 0.24], [0.25, 0.12]], curve([0.25, 0.12], [0.62, 0.16], [0.78, 0.1]),
      curve([0.78, 0.1], [0.5, 0.45], [0.45, 0.92]),
    )],
  ],
  [
    [join(arc(0.5, 0.29, 0.21, 0.2, 90, 450), arc(0.5, 0.71, 0.25, 0.21, -90, 270))],
    [join(
      curve([0.7, 0.2], [0.5, -0.05], [0.32, 0.22]), curve([0.32, 0.22], [0.34, 0.4], [0.55, 0.52]),
      curve([0.55, 0.52], [0.8, 0.7], [0.6, 0.88]), curve([0.6, 0.88], [0.32, 0.98], [0.3, 0.74]),
      curve([0.3, 0.74], [0.36, 0.55], [0.7, 0.2]),
    )],
  ],
  [
    [join(arc(0.5, 0.32, 0.23, 0.23, 0, 360), curve([0.73, 0.32], [0.75, 0.62], [0.6, 0.92]))],
    [join(arc(0.49, 0.31, 0.22, 0.22, -20, 340), [[0.7, 0.22], [0.68, 0.92]])],
    [join(arc(0.5, 0.31, 0.22, 0.22, -10, 350), curve([0.72, 0.3], [0.78, 0.98], [0.32, 0.88]))],
  ],
];
