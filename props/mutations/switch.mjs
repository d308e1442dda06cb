// Loaded before anything else in every process of a copy of the project that has mistakes built in (`embed.ts`).
// TAPEGRAD_MUTANT=17 turns mistake 17 on. TAPEGRAD_MUTANT_LOG=FILE turns none on and appends the numbers of those that
// the process came by.
import { appendFileSync } from 'node:fs';

const { TAPEGRAD_MUTANT: chosen, TAPEGRAD_MUTANT_LOG: log } = process.env;
if (chosen !== undefined) {
  const on = Number(chosen);
  globalThis.tapegradMutant = (number) => number === on;
} else if (log !== undefined) {
  const seen = new Set();
  globalThis.tapegradMutant = (number) => {
    if (!seen.has(number)) {
      seen.add(number);
      appendFileSync(log, `${number}\n`);
    }
    return false;
  };
}
