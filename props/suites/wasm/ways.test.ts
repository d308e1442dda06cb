/** The ways of convolutions and windows, each with a few draws. */
import { testWays } from './ways.js';

testWays({ convolutions: 12, windows: 16 });
