import { COMMANDS } from './commands.ts';

interface UrlEvent {
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** Runs a command inside of the deployed app, with the clients and the rights that its functions have. */
export async function handler({ body = '', isBase64Encoded = false }: UrlEvent): Promise<object> {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  const { command, input } = JSON.parse(text) as { readonly command: string; readonly input?: unknown };
  const run = COMMANDS[command];
  const answer = await (async () => {
    if (run === undefined) return { error: `the driver has no command ${command}` };
    return { result: await run(input) };
  })().catch((error: unknown) => ({ error: String(error) }));
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(answer),
  };
}
