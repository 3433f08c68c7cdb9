import { randomUUID } from 'node:crypto';
import { systemClock } from '../core/clock.ts';
import { type Answer, guarded, type Listening, listen, readBody, send } from './http/server.ts';
import type { StoredParameter, StoredSecret, StoredValues } from './template/stored-values.ts';
import { textsOf } from './texts.ts';

type Input = Readonly<Record<string, unknown>>;

const MAX_REQUEST_BYTES = 65_536;

const answer = (statusCode: number, body: unknown): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
  body: JSON.stringify(body),
});
const failure = (type: string, message: string): Answer => answer(400, { __type: type, message });

/**
 * The reading half of SSM's parameters and of Secrets Manager. There is one version of each.
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
function operationsOn({ parameters, secrets }: StoredValues): ReadonlyMap<string, (input: Input) => Answer> {
  const startedAt = systemClock.now() / 1_000;
  // By name, or ARN; a version or a label may follow.
  const parameterOf = (asked: string): StoredParameter | undefined =>
    parameters.get(asked) ??
    [...parameters.values()].find(({ arn }) => arn === asked) ??
    parameters.get(asked.replace(/:[^:/]+$/, ''));
  const shown = ({ name, arn, type, value }: StoredParameter) => {
    const shared = { DataType: 'text', LastModifiedDate: startedAt, Version: 1 };
    return { ...shared, Name: name, ARN: arn, Type: type, Value: value };
  };
  const secretOf = (asked: string): StoredSecret | undefined =>
    secrets.get(asked) ??
    [...secrets.values()].find(({ arn }) => arn === asked || arn === asked.replace(/-[A-Za-z0-9]{6}$/, ''));

  return new Map([
    [
      'AmazonSSM.GetParameter',
      ({ Name }: Input) => {
        const parameter = parameterOf(String(Name));
        return parameter
          ? answer(200, { Parameter: shown(parameter) })
          : failure('ParameterNotFound', `${Name} is given no value; see --env-file`);
      },
    ],
    [
      'AmazonSSM.GetParameters',
      ({ Names }: Input) => {
        const asked = textsOf(Names).map((name) => ({ name, parameter: parameterOf(name) }));
        return answer(200, {
          Parameters: asked.flatMap(({ parameter }) => (parameter ? [shown(parameter)] : [])),
          InvalidParameters: asked.filter(({ parameter }) => !parameter).map(({ name }) => name),
        });
      },
    ],
    [
      'AmazonSSM.GetParametersByPath',
      ({ Path, Recursive }: Input) => {
        const path = String(Path).replace(/\/*$/, '/');
        const below = [...parameters.values()].filter(({ name }) => {
          const rest = name.startsWith(path) ? name.slice(path.length) : '';
          return rest !== '' && (Recursive === true || !rest.includes('/'));
        });
        return answer(200, { Parameters: below.map(shown) });
      },
    ],
    [
      'secretsmanager.GetSecretValue',
      ({ SecretId }: Input) => {
        const secret = secretOf(String(SecretId));
        if (secret?.value === undefined) {
          const message = `Secrets Manager can't find the specified secret${secret ? ' value for staging label: AWSCURRENT' : ''}; give it with --env-file`;
          return failure('ResourceNotFoundException', message);
        }
        const { name, arn, value } = secret;
        const version = { VersionId: 'local', VersionStages: ['AWSCURRENT'], CreatedDate: startedAt };
        return answer(200, { ...version, ARN: arn, Name: name, SecretString: value });
      },
    ],
  ]);
}

/** The endpoint of both services, for clients that are pointed at it with AWS_ENDPOINT_URL_SSM and AWS_ENDPOINT_URL_SECRETS_MANAGER. */
export function startStoredValuesApi(values: StoredValues): Promise<Listening> {
  const operations = operationsOn(values);
  return listen(
    0,
    guarded(async (request, response) => {
      const body = await readBody(request, MAX_REQUEST_BYTES);
      const target = String(request.headers['x-amz-target']);
      const operation = operations.get(target);
      if (operation === undefined) {
        const there = [...operations.keys()].join(', ');
        return send(
          response,
          failure('UnknownOperationException', `${target} is not run on this machine; there is ${there}`),
        );
      }
      let input: unknown;
      try {
        input = JSON.parse(body.toString('utf8'));
      } catch {
        // Said below, as of JSON that is no object.
      }
      if (typeof input !== 'object' || input === null)
        return send(response, failure('SerializationException', 'Expected the body to be a JSON object'));
      send(response, operation(input as Input));
    }),
  );
}
