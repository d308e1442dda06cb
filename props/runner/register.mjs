/** `node --import ./props/runner/register.mjs FILE.ts`: Node runs the project's TypeScript as it stands. */
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./typescript.mjs', import.meta.url);
