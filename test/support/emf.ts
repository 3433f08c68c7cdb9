interface EmfLine {
  readonly [member: string]: unknown;
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly {
        readonly Name: string;
        readonly Unit: string;
        readonly StorageResolution?: number;
      }[];
    }[];
  };
}

/** Reads a line as CloudWatch does: its metrics, with units and resolutions, and its dimensions. */
export function readEmf(line: string) {
  const { _aws, ...members } = JSON.parse(line) as EmfLine;
  const [directive] = _aws.CloudWatchMetrics;
  if (directive === undefined) throw new Error('expected a line with a metric directive');
  const pick = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, members[name]]));
  return {
    namespace: directive.Namespace,
    timestamp: _aws.Timestamp,
    metrics: pick(directive.Metrics.map(({ Name }) => Name)),
    units: Object.fromEntries(directive.Metrics.map(({ Name, Unit }) => [Name, Unit])),
    resolutions: Object.fromEntries(
      directive.Metrics.map(({ Name, StorageResolution = 60 }) => [Name, StorageResolution]),
    ),
    dimensions: pick(directive.Dimensions[0] ?? []),
  };
}
