import { errorsOf } from '../compile.ts';
import type { Scenario } from '../scenario.ts';

const HANDLERS: readonly [version: string, answer: string][] = [
  ['V2', 'APIGatewayProxyResultV2'],
  ['V2', 'APIGatewayProxyStructuredResultV2'],
  ['', 'APIGatewayProxyResult'],
];

export const i18: Scenario = {
  id: 'I18',
  title: 'a handler with the types of @types/aws-lambda does not compile',
  async run(subject) {
    const modules = HANDLERS.map(([version, answer]) => {
      const handler = `async (_event: APIGatewayProxyEvent${version}, _context: Context): Promise<${answer}> => ({ statusCode: 201, body: '' })`;
      return `import type { APIGatewayProxyEvent${version}, APIGatewayProxyHandler${version}, ${answer}, Context } from 'aws-lambda';
${subject.typed('http', handler)}
export const handler: APIGatewayProxyHandler${version} = wrapped;`;
    });
    const errors = await errorsOf(modules);
    const refused = HANDLERS.filter((_, at) => errors[at]?.length !== 0).map(([, answer]) => answer);
    return {
      ok: refused.length === 0,
      observed:
        refused.length === 0
          ? `${HANDLERS.length} of ${HANDLERS.length} compile`
          : `does not compile: ${refused.join(', ')}`,
    };
  },
};
