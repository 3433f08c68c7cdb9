/* A function that charges once for each key, and says which release of it did. */
import { dynamoStore } from 'fibrin/dynamodb';
import { idempotent } from 'fibrin/idempotency';

interface Charge {
  readonly key: string;
}

export const handler = idempotent(
  { store: dynamoStore(), operation: 'charge', key: ({ key }: Charge) => key },
  async ({ key }) => {
    const answer = await fetch(`${process.env['PAYMENTS_URL']}/${key}`, { method: 'POST' });
    return { receipt: await answer.text(), release: process.env['RELEASE'] };
  },
);
