interface Task {
  /** What the function returns. */
  readonly answer?: unknown;
  /** The message of what it throws instead. */
  readonly throws?: string;
  /** How long it takes before. */
  readonly waitMs?: number;
  readonly exits?: boolean;
  /** It returns a text of so many bytes. */
  readonly bytes?: number;
}

interface Request {
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** Does what the body of its request says. */
export async function handler({ body, isBase64Encoded = false }: Request): Promise<unknown> {
  const text = Buffer.from(body ?? '{}', isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  const { answer, throws, waitMs = 0, exits = false, bytes } = JSON.parse(text) as Task;
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  if (throws !== undefined) throw new RangeError(throws);
  if (exits) process.exit(7);
  return bytes === undefined ? answer : { statusCode: 200, body: 'x'.repeat(bytes) };
}
