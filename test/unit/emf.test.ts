import { describe, expect, it } from 'vitest';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { emfCounter } from '../../lib/telemetry/emf.ts';
import { idempotencyMetrics } from '../../lib/telemetry/idempotency-metrics.ts';
import { fakeClock } from '../../lib/testing/index.ts';

describe('a counter', () => {
  it('writes one line that CloudWatch reads as a metric', () => {
    const lines: string[] = [];
    const count = emfCounter({
      namespace: 'Shop',
      clock: fakeClock(1_000),
      write: (line) => lines.push(line),
    });
    count('OrderPlaced', { channel: 'web' });
    count('Started');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        _aws: {
          Timestamp: 1_000,
          CloudWatchMetrics: [
            {
              Namespace: 'Shop',
              Dimensions: [['channel']],
              Metrics: [{ Name: 'OrderPlaced', Unit: 'Count' }],
            },
          ],
        },
        channel: 'web',
        OrderPlaced: 1,
      },
      expect.objectContaining({ Started: 1 }),
    ]);
  });

  it.each([
    [{ namespace: '' }, /`namespace` to be a name/],
    [{ namespace: 'A', colour: 'red' }, /unknown option `colour`/],
  ])('is refused with bad options: %j', (options, reason) => {
    expect(() => emfCounter(options)).toThrow(reason);
  });
});

describe('the metrics of idempotency', () => {
  it('count by operation and hold no key', async () => {
    const lines: string[] = [];
    const onEvent = idempotencyMetrics({ namespace: 'Shop', write: (line) => lines.push(line) });
    const options = { store: memoryStore(), operation: 'charge', key: () => 'secret-key', onEvent };
    const charge = idempotent(options, async (_event: object, _context: object) => 'done');
    const context = { getRemainingTimeInMillis: () => 3_000 };
    await charge({}, context);
    await charge({}, context);
    const counted = lines.map((line) => JSON.parse(line)._aws.CloudWatchMetrics[0].Metrics[0].Name);
    expect(counted).toEqual(['IdempotencyClaimed', 'IdempotencyCompleted', 'IdempotencyReplayed']);
    expect(lines.join()).not.toMatch(/secret-key|idempotency#/);
  });
});
