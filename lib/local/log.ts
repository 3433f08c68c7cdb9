/** Where the local run tells people what it does. */
export interface Log {
  /** A line about the run itself. */
  say(line: string): void;
  /** What a function printed, a line at a time. */
  output(source: string, line: string): void;
}

export function streamLog(stream: NodeJS.WritableStream = process.stdout): Log {
  return {
    say: (line) => void stream.write(`${line}\n`),
    output: (source, line) => void stream.write(`${source} | ${line}\n`),
  };
}
