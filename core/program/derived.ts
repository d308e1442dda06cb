/** What has been made of a program: equal questions have one answer, which backends know again by itself. */
import type { Program } from './program.js';

const answers = new WeakMap<Program, Map<string, unknown>>();

/** The answer to a question about a program, found once. */
export const derived = <T>(program: Program, question: string, answer: () => T): T => {
  const known = answers.get(program) ?? new Map<string, unknown>();
  answers.set(program, known);
  if (!known.has(question)) known.set(question, answer());
  return known.get(question) as T;
};

/** Flags as text, for a question. */
export const flags = (list: readonly boolean[]): string => list.map(Number).join('');
