/** The transforms under one roof. */
export * from './index.js';
