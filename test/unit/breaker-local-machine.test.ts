import { describe, expect, test } from 'vitest';
import { CLOSED, type LocalState, probed } from '../../lib/breaker/local-machine.ts';

describe('a probe of a breaker that one sandbox keeps for itself', () => {
  test.each<LocalState>([
    CLOSED,
    { kind: 'open', untilMs: 7_000 },
    { kind: 'forced-open' },
    { kind: 'forced-closed' },
  ])('changes nothing when it ends after all has been decided otherwise: $kind', (state) => {
    for (const failed of [true, false, undefined])
      expect(probed(state, failed, 1_000, { openMs: 5_000, probes: 1 })).toBe(state);
  });
});
