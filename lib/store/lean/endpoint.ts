import { InvalidOptionError } from '../../core/errors.ts';

/** Partitions by their regions: the domain of their endpoints, and of those that answer over IPv4 and IPv6. */
const PARTITIONS: readonly (readonly [regions: RegExp, domain: string, dualStack: string])[] = [
  [/^(cn|aws-cn)-/, 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  [/^eusc-/, 'amazonaws.eu', 'api.amazonwebservices.eu'],
  [/^(us-isob|aws-iso-b)-/, 'sc2s.sgov.gov', 'api.aws.scloud'],
  [/^(eu-isoe|aws-iso-e)-/, 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  [/^(us-isof|aws-iso-f)-/, 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  [/^(us|aws)-iso-/, 'c2s.ic.gov', 'api.aws.ic.gov'],
  [/./, 'amazonaws.com', 'api.aws'],
];

/** Its ordinary endpoints are validated. */
const GOV = /^(us|aws-us)-gov-/;

export interface EndpointOptions {
  /**
   * Region of the table, and of the signature. Default: the environment variable `AWS_REGION`, which Lambda sets, then
   * `AWS_DEFAULT_REGION`.
   */
  readonly region?: string;
  /**
   * Where DynamoDB is, for an emulator or an endpoint of a VPC: `http:` or `https:`, a host and perhaps a port. Default:
   * the environment variables `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL`, unless
   * `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`; then the endpoint of the region.
   */
  readonly endpoint?: string;
  /** Whether to use an endpoint with validated cryptography. Default: whether `AWS_USE_FIPS_ENDPOINT` is `true`. */
  readonly useFipsEndpoint?: boolean;
  /** Whether to use an endpoint with IPv4 and IPv6. Default: whether `AWS_USE_DUALSTACK_ENDPOINT` is `true`. */
  readonly useDualstackEndpoint?: boolean;
}

export interface Endpoint {
  readonly url: URL;
  /** Of the signature. */
  readonly region: string;
}

const wrong = (expected: string): InvalidOptionError =>
  new InvalidOptionError(`leanTransport: expected ${expected}`);

/** A URL that leads to a host and nowhere in it. It is not quoted: what is wrong with it may be a secret in it. */
function readEndpoint(given: string): URL {
  const url = URL.parse(given);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw wrong('`endpoint` to be an absolute URL of http: or https:');
  if (url.username || url.password)
    throw wrong('`endpoint` to be a URL without credentials; use `credentials`');
  if (url.pathname !== '/' || url.search || url.hash)
    throw wrong('`endpoint` to be a URL without path, query and fragment: a host and perhaps a port');
  return url;
}

/**
 * Where requests go. One table, as the SDK's rules have it; without the endpoints of an account.
 * @throws {InvalidOptionError} for an endpoint that is none, a missing region, and what cannot be had together.
 */
export function endpointOf(options: EndpointOptions, env: NodeJS.ProcessEnv = process.env): Endpoint {
  const isSet = (name: string) => env[name]?.toLowerCase() === 'true';
  const configured = isSet('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')
    ? ''
    : env['AWS_ENDPOINT_URL_DYNAMODB'] || env['AWS_ENDPOINT_URL'];
  const endpoint = options.endpoint ?? configured;
  const region = options.region ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION']);
  const isFips = options.useFipsEndpoint ?? isSet('AWS_USE_FIPS_ENDPOINT');
  const isDual = options.useDualstackEndpoint ?? isSet('AWS_USE_DUALSTACK_ENDPOINT');
  if (!region) throw wrong('`region` to be given; or set AWS_REGION');
  // It becomes part of a host: one with a dot or a slash would lead elsewhere.
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(region))
    throw wrong('`region` to be the name of a region, such as eu-central-1');
  if (endpoint || region === 'local') {
    if (isFips || isDual) throw wrong('no `endpoint` together with one for FIPS or dual-stack');
    return endpoint
      ? { url: readEndpoint(endpoint), region }
      : { url: new URL('http://localhost:8000'), region: 'us-east-1' };
  }
  const [, domain, dualStack] = PARTITIONS.find(([regions]) => regions.test(region)) ?? ['', '', ''];
  const service = isFips && (isDual || !GOV.test(region)) ? 'dynamodb-fips' : 'dynamodb';
  return { url: new URL(`https://${service}.${region}.${isDual ? dualStack : domain}`), region };
}
