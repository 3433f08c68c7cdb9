import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LIMIT_MS = 240_000;

/** Runs a command to its end, and gives what it said, whatever its exit code. It ends with this process or after minutes. */
export async function said(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Said> {
  try {
    const limits = { maxBuffer: 64 * 1_024 * 1_024, timeout: LIMIT_MS, killSignal: 'SIGKILL' } as const;
    return { code: 0, ...(await promisify(execFile)(command, [...args], { ...options, ...limits })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, stdout: stdout ?? '', stderr: stderr ?? '' };
  }
}

/** The same for a command that has to succeed. */
export async function succeeded(...asked: Parameters<typeof said>): Promise<string> {
  const { code, stdout, stderr } = await said(...asked);
  if (code === 0) return stdout;
  throw new Error(
    `${asked[0]} ${asked[1].join(' ')} ended with ${code}:\n${`${stdout}${stderr}`.slice(-4_000)}`,
  );
}
