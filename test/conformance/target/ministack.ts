import type { Processes } from '../../../lib/local/processes.ts';
import { installMinistack, startMinistack } from '../../deploy/ministack.ts';
import { type SignedRequest, sendSigned } from '../../deploy/signed.ts';
import { eventsOf } from '../../deploy/stacks.ts';
import { until } from '../../deploy/steps.ts';
import { zipOf } from '../../support/zip.ts';
import type { ConformanceApp } from '../case.ts';
import { templateOf } from '../template.ts';
import { type CodeFolders, codeOf } from './code.ts';
import { deploymentOf } from './deployment.ts';
import type { Target } from './target.ts';

const BUCKET = 'conformance-code';
/** It knows no other pace than that of AWS. */
const TIME_SCALE = 1;
const LIMIT_MS = 120_000;

async function ask(asked: SignedRequest): Promise<string> {
  const { status, text } = await sendSigned(asked);
  if (status >= 300) throw new Error(`${asked.service} answered ${status}: ${text.slice(0, 1_000)}`);
  return text;
}

const cloudFormation = (endpoint: URL, parameters: Readonly<Record<string, string>>) =>
  ask({
    ...{ endpoint, service: 'cloudformation', method: 'POST' },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...parameters, Version: '2010-05-15' }).toString(),
  });

const textOf = (xml: string, tag: string): string | undefined =>
  new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];

/** The address at which the emulator answers for one that AWS would. */
const addressOn = ({ port }: URL, value: string): string =>
  value
    .replace(/^https?:/, 'http:')
    .replace(/\.execute-api\.[^/]+/, `.execute-api.localhost:${port}`)
    .replace(/(\.lambda-url\.[^.]+)\.[^/]+/, `$1.localhost:${port}`);

function outputsIn(xml: string, endpoint: URL): Readonly<Record<string, string>> {
  const outputs = [...xml.matchAll(/<OutputKey>([^<]*)<\/OutputKey>\s*<OutputValue>([^<]*)<\/OutputValue>/g)];
  return Object.fromEntries(outputs.map(([, key = '', value = '']) => [key, addressOn(endpoint, value)]));
}

/** Deploys each app as a stack of CloudFormation. Gives the reason where there is no ministack. */
export async function ministackTarget(
  processes: Processes,
  folder: string,
  signal: AbortSignal,
): Promise<Target | string> {
  const python = await installMinistack(signal);
  if (typeof python === 'string') return python;
  const { endpoint, output } = await startMinistack(python, processes, folder);
  await ask({ endpoint, service: 's3', method: 'PUT', path: `/${BUCKET}` });

  async function upload(app: ConformanceApp, folders: CodeFolders): Promise<void> {
    for (const [name, files] of Object.entries(folders)) {
      const path = `/${BUCKET}/${app.name}-${name}.zip`;
      await ask({ endpoint, service: 's3', method: 'PUT', path, body: zipOf(files) });
    }
  }

  return {
    name: 'ministack',
    async deploy(app) {
      await upload(app, await codeOf(app));
      const StackName = `conformance-${app.name}`;
      const template = await templateOf(app, TIME_SCALE, (name) => ({
        S3Bucket: BUCKET,
        S3Key: `${app.name}-${name}.zip`,
      }));
      await cloudFormation(endpoint, {
        ...{ Action: 'CreateStack', StackName, TemplateBody: JSON.stringify(template) },
        'Capabilities.member.1': 'CAPABILITY_IAM',
      });
      const describe = () => cloudFormation(endpoint, { Action: 'DescribeStacks', StackName });
      const xml = await until(
        `the stack ${StackName}`,
        LIMIT_MS,
        describe,
        (text) => !/_IN_PROGRESS$/.test(textOf(text, 'StackStatus') ?? ''),
      );
      if (textOf(xml, 'StackStatus') !== 'CREATE_COMPLETE') {
        const events = (await eventsOf(endpoint, StackName)).map(
          ({ logicalId, status }) => `${logicalId} ${status}`,
        );
        throw new Error(
          `the stack ${StackName} is ${textOf(xml, 'StackStatus')}: ${events.join(', ')}\n${output().slice(-2_000)}`,
        );
      }
      return {
        deployment: deploymentOf('ministack', TIME_SCALE, outputsIn(xml, endpoint)),
        end: async () => void (await cloudFormation(endpoint, { Action: 'DeleteStack', StackName })),
      };
    },
  };
}
