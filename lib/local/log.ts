import { printable } from '../terminal/printable.ts';

/** Where the local run tells people what it does. */
export interface Log {
  /** A line about the run itself. */
  say(line: string): void;
  /** What a function printed, a line at a time. Metrics are left out. */
  output(source: string, line: string): void;
}

/** A metric is for CloudWatch, which takes it out of the log: hundreds a second would bury what a function says. */
const isMetric = (line: string): boolean => line.startsWith('{"_aws":');

/** What a function prints, its colours included, is shown as text. It may use tabs. */
const printed = (line: string): string => line.split('\t').map(printable).join('\t');

export function streamLog(stream: NodeJS.WritableStream = process.stdout): Log {
  return {
    say: (line) => void stream.write(`${printable(line)}\n`),
    output(source, line) {
      if (!isMetric(line)) stream.write(`${printable(source)} | ${printed(line)}\n`);
    },
  };
}
