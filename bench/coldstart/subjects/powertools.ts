/* Idempotency as Powertools' documentation shows it with Middy. */
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { makeHandlerIdempotent } from '@aws-lambda-powertools/idempotency/middleware';
import middy from '@middy/core';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE'] ?? '' });

export const handler = middy<{ readonly id: string }, object>()
  .use(makeHandlerIdempotent({ persistenceStore }))
  .handler(async ({ id }) => ({ statusCode: 201, body: id }));
