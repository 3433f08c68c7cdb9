import type { MockModel } from './apis.ts';
import { brief } from './brief.ts';
import type { Properties } from './properties.ts';
import { refuse } from './refuse.ts';

const FIX =
  "make it a Lambda function for -c stage=local, or an answer without templates like the CDK's CORS preflight";

/**
 * The template by which the CDK answers more than one origin: each of those that it lists is answered with itself.
 * @see https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_apigateway.CorsOptions.html
 */
const ORIGINS =
  /^#set\(\$origin = \$input\.params\(\)\.header\.get\("Origin"\)\)\s*#if\(\$origin == ""\)\s*#set\(\$origin = \$input\.params\(\)\.header\.get\("origin"\)\)\s*#end\s*#if\(([^\n]*)\)\s*#set\(\$context\.responseOverride\.header\.Access-Control-Allow-Origin = \$origin\)\s*#end\s*$/;

function originsOf(template: string): readonly string[] | undefined {
  const conditions = ORIGINS.exec(template)?.[1]?.split(' || ');
  const origins = conditions?.map((condition) => /^\$origin == "([^"]*)"$/.exec(condition)?.[1]);
  return origins?.every((origin) => origin !== undefined) ? origins : undefined;
}

/** The body and the origins of an answer's template: only text, or that one template, is run. */
function readTemplate(logicalId: string, template: string): Pick<MockModel, 'body' | 'origins'> {
  const origins = originsOf(template);
  if (origins) return { body: '', origins };
  if (/[#$]/.test(template)) refuse(logicalId, 'a mapping template of a mock integration', FIX);
  return { body: template, origins: [] };
}

/** A mock integration that always gives one answer. */
export function readMock(logicalId: string, integration: Properties): MockModel {
  const requests = Object.values((integration['RequestTemplates'] ?? {}) as Properties).map(String);
  if (requests.length !== 1 || !/^\s*\{\s*"?statusCode"?\s*:\s*\d+\s*\}\s*$/.test(requests[0] ?? ''))
    refuse(logicalId, 'a mock integration whose request template is no status', FIX);
  const answers = (integration['IntegrationResponses'] ?? []) as readonly Properties[];
  const answer = answers.find(
    ({ SelectionPattern }) => SelectionPattern === undefined || SelectionPattern === '',
  );
  if (answer === undefined || answers.length !== 1)
    return refuse(logicalId, 'a mock integration with more or less than one answer', FIX);
  const parameters = Object.entries((answer['ResponseParameters'] ?? {}) as Properties);
  const headers = parameters.map(([name, value]) => {
    const text = /^'(.*)'$/s.exec(String(value))?.[1];
    if (text === undefined) return refuse(logicalId, `the answer's ${name} = ${brief(value)}`, FIX);
    return [name.replace('method.response.header.', '').toLowerCase(), text] as const;
  });
  const templates = Object.values((answer['ResponseTemplates'] ?? {}) as Properties).map(String);
  if (templates.length > 1) refuse(logicalId, 'a mock integration with several answer templates', FIX);
  return {
    kind: 'mock',
    statusCode: Number(answer['StatusCode']),
    headers: Object.fromEntries(headers),
    ...readTemplate(logicalId, templates[0] ?? ''),
  };
}
