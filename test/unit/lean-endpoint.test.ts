import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { type EndpointOptions, endpointOf } from '../../lib/store/lean/endpoint.ts';
import { leanTransport } from '../../lib/store/lean/index.ts';

/** Every region that the SDK knows, from the table of partitions in its code. */
const KNOWN: readonly string[] = (() => {
  const client = createRequire(import.meta.url).resolve('@aws-sdk/core/client');
  const folder = client.replace(/dist-cjs.*/, 'dist-es/submodules/client/util-endpoints/lib/aws/');
  const code = readFileSync(`${folder}partitions.js`, 'utf8');
  const table = JSON.parse(code.slice(code.indexOf('{'), code.lastIndexOf('}') + 1)) as {
    readonly partitions: readonly { readonly regions: Readonly<Record<string, unknown>> }[];
  };
  return table.partitions.flatMap(({ regions }) => Object.keys(regions));
})();

/** Of Lambda functions that run now, and of tomorrow. */
const OTHERS = [
  'local',
  'eu-south-9',
  'mx-west-1',
  'us-gov-north-1',
  'cn-east-1',
  'us-isob-east-9',
  'eusc-de-west-2',
];

const CASES = [...KNOWN, ...OTHERS].flatMap((region) =>
  [false, true].flatMap((fips) => [false, true].map((dual) => [region, fips, dual] as const)),
);

const { endpointProvider } = new DynamoDBClient({ region: 'eu-west-1' }).config;

describe('the endpoint of a region', () => {
  test('is known for the regions of all partitions', () => {
    expect(KNOWN.length).toBeGreaterThan(40);
    expect(KNOWN).toEqual(
      expect.arrayContaining(['us-east-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'eusc-de-east-1']),
    );
  });

  test.each(CASES)(
    "is the SDK's: %s, FIPS %s, dual-stack %s",
    (region, useFipsEndpoint, useDualstackEndpoint) => {
      const ofSdk = () =>
        endpointProvider({ Region: region, UseFIPS: useFipsEndpoint, UseDualStack: useDualstackEndpoint })
          .url;
      const ours = () => endpointOf({ region, useFipsEndpoint, useDualstackEndpoint }, {}).url;
      let expected: URL | undefined;
      try {
        expected = ofSdk();
      } catch {
        expect(ours).toThrow('leanTransport: expected');
        return;
      }
      expect(ours().href).toBe(expected.href);
    },
  );
});

describe('an endpoint', () => {
  const region = 'eu-west-1';

  test.each<[string, EndpointOptions, NodeJS.ProcessEnv, string]>([
    ['an option', { endpoint: 'http://localhost:8000', region }, {}, 'http://localhost:8000/'],
    [
      'an option before a variable',
      { endpoint: 'http://a:1', region },
      { AWS_ENDPOINT_URL_DYNAMODB: 'http://b:2' },
      'http://a:1/',
    ],
    [
      'the variable of DynamoDB before that of all services',
      {},
      { AWS_REGION: region, AWS_ENDPOINT_URL_DYNAMODB: 'https://b', AWS_ENDPOINT_URL: 'http://c' },
      'https://b/',
    ],
    [
      'the variable of all services',
      {},
      { AWS_REGION: region, AWS_ENDPOINT_URL: 'http://c:3/' },
      'http://c:3/',
    ],
    [
      'no variable where they are to be ignored',
      {},
      { AWS_REGION: region, AWS_ENDPOINT_URL: 'http://c', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      'https://dynamodb.eu-west-1.amazonaws.com/',
    ],
    ['the region of Lambda', {}, { AWS_REGION: region }, 'https://dynamodb.eu-west-1.amazonaws.com/'],
    ['the default region', {}, { AWS_DEFAULT_REGION: region }, 'https://dynamodb.eu-west-1.amazonaws.com/'],
    [
      'the variables of FIPS and dual-stack',
      { region },
      { AWS_USE_FIPS_ENDPOINT: 'true', AWS_USE_DUALSTACK_ENDPOINT: 'TRUE' },
      'https://dynamodb-fips.eu-west-1.api.aws/',
    ],
    [
      'an option against a variable',
      { region, useFipsEndpoint: false },
      { AWS_USE_FIPS_ENDPOINT: 'true' },
      'https://dynamodb.eu-west-1.amazonaws.com/',
    ],
  ])('is that of %s', (_, options, env, url) => {
    expect(endpointOf(options, env).url.href).toBe(url);
  });

  test.each<[string, EndpointOptions]>([
    ['a path', { endpoint: 'https://proxy.example/secret-path' }],
    ['a query', { endpoint: 'https://proxy.example/?secret' }],
    ['a fragment', { endpoint: 'https://proxy.example/#secret' }],
    ['a user', { endpoint: 'https://secret@proxy.example' }],
    ['a password', { endpoint: 'https://:secret@proxy.example' }],
    ['another protocol', { endpoint: 'ftp://secret.example' }],
    ['no protocol', { endpoint: 'secret.example:8000' }],
    ['no URL', { endpoint: 'secret' }],
    ['FIPS', { endpoint: 'https://secret.example', useFipsEndpoint: true }],
    ['dual-stack', { endpoint: 'https://secret.example', useDualstackEndpoint: true }],
    ['a region that leads elsewhere', { region: 'secret.example/x' }],
    ['a region with a dot', { region: 'eu-west-1.secret' }],
    ['a region with a line break', { region: 'eu-west-1\n' }],
  ])('with %s is refused when the transport is made, and not quoted', (_, options) => {
    const make = () => leanTransport({ region, ...options });

    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(make).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
  });

  test('without a region is refused, with what to set', () => {
    expect(() => endpointOf({}, {})).toThrow(
      'leanTransport: expected `region` to be given; or set AWS_REGION',
    );
  });
});
