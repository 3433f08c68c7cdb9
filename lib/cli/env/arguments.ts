import { parseArgs } from 'node:util';
import { UsageError } from '../usage.ts';

export interface EnvRequest {
  /** The file with the synthesized template. */
  readonly template: string;
  /** A file with what CloudFormation says of the deployed resources. */
  readonly resources: string | undefined;
  /** What references stand for: `Users` or `Users.Arn`, as the template names them. */
  readonly known: ReadonlyMap<string, string>;
  /** Variables that get a value of their own in every function that has them. */
  readonly variables: ReadonlyMap<string, string>;
}

const OPTIONS = {
  resources: { type: 'string' },
  set: { type: 'string', multiple: true },
  variable: { type: 'string', multiple: true },
  help: { type: 'boolean', default: false },
} as const;

function pairsOf(option: string, texts: readonly string[], name: RegExp, example: string) {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=');
      const key = text.slice(0, Math.max(at, 0));
      if (name.test(key)) return [key, text.slice(at + 1)] as const;
      throw new UsageError(`--${option}: expected ${example}, got ${JSON.stringify(text)}`);
    }),
  );
}

/** @throws {UsageError} or what `parseArgs` throws, for a wrong usage. */
export function readArguments(args: readonly string[]): EnvRequest | 'help' {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (values.help) return 'help';
  const [template, ...rest] = positionals;
  if (template === undefined || rest.length > 0)
    throw new UsageError('expected one template, such as cdk.out/orders.template.json; see --help');
  return {
    template,
    resources: values.resources,
    known: pairsOf(
      'set',
      values.set ?? [],
      /^(AWS::)?[A-Za-z0-9]+(\.[\w.]+)?$/,
      'ID=VALUE or ID.ATTRIBUTE=VALUE',
    ),
    variables: pairsOf('variable', values.variable ?? [], /^[A-Za-z]\w*$/, 'NAME=VALUE'),
  };
}
