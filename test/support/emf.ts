interface EmfLine {
  readonly [member: string]: unknown;
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

/** A line as CloudWatch reads it: the values of its metrics, and under which dimensions. */
export function readEmf(line: string) {
  const { _aws, ...members } = JSON.parse(line) as EmfLine;
  const [directive] = _aws.CloudWatchMetrics;
  if (directive === undefined) throw new Error('expected a line with metrics');
  const pick = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, members[name]]));
  return {
    namespace: directive.Namespace,
    timestamp: _aws.Timestamp,
    metrics: pick(directive.Metrics.map(({ Name }) => Name)),
    units: Object.fromEntries(directive.Metrics.map(({ Name, Unit }) => [Name, Unit])),
    dimensions: pick(directive.Dimensions[0] ?? []),
  };
}
