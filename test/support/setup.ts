import { afterAll, afterEach } from 'vitest';
import { endFile, endTest } from './ends.ts';

// Files share a process, and with it the modules beside this one: hooks of theirs would be those of the first file alone.
// This one is run for each.
afterEach(endTest);
afterAll(endFile);
