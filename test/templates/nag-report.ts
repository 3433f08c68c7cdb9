interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly {
      readonly ruleName: string;
      readonly description: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

/** The rule packs that have to have been there. */
const PACKS = ['AwsSolutions', 'Serverless'];

/**
 * What cdk-nag has found and nobody has acknowledged: a line for each rule, with where.
 * @throws where a pack has not looked.
 */
export function findingsOf(report: Report): readonly string[] {
  const missing = PACKS.filter((pack) => !report.pluginReports.some(({ pluginName }) => pluginName === pack));
  if (missing.length > 0) throw new Error(`cdk-nag has not looked with ${missing.join(' and ')}`);
  return report.pluginReports
    .filter(({ pluginName }) => PACKS.includes(pluginName))
    .flatMap(({ violations }) =>
      violations.map(({ ruleName, description, violatingConstructs }) => {
        const paths = violatingConstructs.map(({ constructPath }) => constructPath);
        return `${ruleName}: ${description}\n${paths.map((path) => `      ${path}`).join('\n')}`;
      }),
    );
}
