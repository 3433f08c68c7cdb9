import type { Envelope } from '../../lib/events/envelope.ts';

/** An event that can be published. */
export const orderEvent = (number: number | string, more: Partial<Envelope> = {}): Envelope => ({
  id: `e${number}`,
  type: 'order.placed',
  time: '2026-03-04T05:06:07.000Z',
  data: { number },
  ...more,
});
