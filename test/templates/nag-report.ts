interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    /** What a plugin threw, which the CDK keeps here. */
    readonly metadata?: { readonly error?: string };
    readonly violations: readonly {
      readonly ruleName: string;
      readonly description: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

/** The rule packs that have to have been there. */
const PACKS = ['AwsSolutions', 'Serverless'];
/** The package's own checks, of which the report says nothing where they find nothing. */
const OWN = 'Fibrin';

/**
 * What cdk-nag and the package's own checks have found and nobody has acknowledged: a line for each rule, with where.
 * @throws where a pack has not looked, or has thrown.
 */
export function findingsOf(report: Report): readonly string[] {
  const missing = PACKS.filter((pack) => !report.pluginReports.some(({ pluginName }) => pluginName === pack));
  if (missing.length > 0) throw new Error(`cdk-nag has not looked with ${missing.join(' and ')}`);
  for (const { metadata } of report.pluginReports) if (metadata?.error) throw new Error(metadata.error);
  return report.pluginReports
    .filter(({ pluginName }) => [...PACKS, OWN].includes(pluginName))
    .flatMap(({ violations }) =>
      violations.map(({ ruleName, description, violatingConstructs }) => {
        const paths = violatingConstructs.map(({ constructPath }) => constructPath);
        return `${ruleName}: ${description}\n${paths.map((path) => `      ${path}`).join('\n')}`;
      }),
    );
}
