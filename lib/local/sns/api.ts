import { queryError } from '../http/query-error.ts';
import { LocalRunError } from '../problem.ts';
import {
  type FauxqsApp,
  type FauxqsServer,
  fauxqsApp,
  listenLocally,
  refuseStrangersOf,
} from '../sqs/engine.ts';
import { FAUXQS_ACCOUNT } from '../sqs/hooks.ts';
import type { TopicModel } from './model.ts';
import { messagesIn, publishedBy, type Query, structureError } from './request.ts';
import type { Topics } from './topics.ts';

export interface SnsApiOptions {
  readonly topics: readonly TopicModel[];
  readonly publish: Topics['publish'];
  readonly region: string;
  readonly account: string;
}

/** SNS on this machine with the topics of the template. */
export type SnsApi = FauxqsServer;

/** What asks for no subscription but those of the template. */
const ACTIONS = new Set([
  ...['Publish', 'PublishBatch', 'CreateTopic', 'ListTopics', 'GetTopicAttributes'],
  ...['ListTagsForResource', 'TagResource', 'UntagResource'],
]);

/** Why a request is refused before fauxqs sees it, as code and message. */
function refusalOf(query: Query): readonly [code: string, message: string] | undefined {
  const action = query['Action'] ?? 'A request without an action';
  if (!ACTIONS.has(action)) {
    const known = [...ACTIONS].join(', ');
    return [
      'InvalidAction',
      `${action} is not run on this machine; subscriptions are the template's. There is ${known}`,
    ];
  }
  const [error] = messagesIn(query)
    .map(structureError)
    .filter((each) => each !== undefined);
  return error === undefined ? undefined : ['InvalidParameter', error];
}

function addHooks(app: FauxqsApp, { publish, account }: SnsApiOptions): void {
  const toEngine = (arn: string) => arn.replace(`:${account}:`, `:${FAUXQS_ACCOUNT}:`);
  const fromEngine = (xml: string) =>
    xml.replaceAll(/(arn:aws:sns:[^:<]*:)\d{12}:/g, (_, head: string) => `${head}${account}:`);

  app.addHook('preHandler', async (request, reply) => {
    const query = request.body as Query | null | undefined;
    if (typeof query !== 'object' || query === null) return;
    const refusal = refusalOf(query);
    if (refusal)
      return reply
        .code(400)
        .header('content-type', 'text/xml')
        .send(queryError(...refusal));
    const topicArn = query['TopicArn'] ?? query['TargetArn'];
    request.body = {
      ...query,
      ...(topicArn !== undefined && { TopicArn: toEngine(topicArn) }),
      ...(query['ResourceArn'] !== undefined && { ResourceArn: toEngine(query['ResourceArn']) }),
    };
  });

  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' || reply.statusCode !== 200) return payload;
    const query = request.body as Query;
    for (const message of publishedBy(query, payload))
      publish({ ...message, topicArn: message.topicArn.replace(`:${FAUXQS_ACCOUNT}:`, `:${account}:`) });
    return fromEngine(payload);
  });
}

/**
 * Starts SNS inside this process, on the loopback interface only: fauxqs takes what is published, as SNS does, and `publish`
 * has it.
 * @throws {LocalRunError} without the package fauxqs, and for a topic that SNS would refuse.
 */
export async function startSnsApi(options: SnsApiOptions): Promise<SnsApi> {
  const { app } = await fauxqsApp('topics', options.region);
  refuseStrangersOf(app);
  addHooks(app, options);
  const server = await listenLocally(app);
  for (const { logicalId, name, fifo, contentBasedDeduplication } of options.topics) {
    const body = new URLSearchParams({
      Action: 'CreateTopic',
      Name: name,
      ...(fifo && {
        'Attributes.entry.1.key': 'FifoTopic',
        'Attributes.entry.1.value': 'true',
        'Attributes.entry.2.key': 'ContentBasedDeduplication',
        'Attributes.entry.2.value': String(contentBasedDeduplication),
      }),
    });
    const response = await fetch(server.endpoint, { method: 'POST', body });
    const answer = await response.text();
    if (response.ok) continue;
    await server.stop();
    throw new LocalRunError(`${logicalId}: ${/<Message>([^<]*)/.exec(answer)?.[1] ?? answer.slice(0, 200)}`);
  }
  return server;
}
