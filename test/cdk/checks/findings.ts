import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { ResilienceChecks, type ResilienceChecksProps } from 'fibrin/cdk';

interface Violation {
  readonly ruleName: string;
  readonly description: string;
  readonly suggestedFix?: string;
  readonly severity: string;
  readonly reason?: string;
  readonly violatingConstructs: readonly {
    readonly constructPath: string;
    readonly cloudFormationResource?: { readonly templatePath: string; readonly logicalId: string };
  }[];
}

interface PluginReport {
  readonly pluginName: string;
  readonly conclusion: string;
  readonly violations: readonly Violation[];
  readonly suppressedViolations?: readonly Violation[];
  /** What a plugin threw, which the CDK keeps here. */
  readonly metadata?: { readonly error?: string };
}

interface Report {
  readonly pluginReports: readonly PluginReport[];
}

/** An app whose synthesis gives its findings and does not fail because of them. */
export const newApp = (context: Readonly<Record<string, unknown>> = {}): App =>
  new App({
    // The CDK's own takes longer than all else.
    builtinCloudFormationValidation: false,
    context: {
      'aws:cdk:bundling-stacks': [],
      '@aws-cdk/core:failSynthOnValidationErrors': false,
      ...context,
    },
  });

export const newStack = (props: StackProps = {}): Stack => new Stack(newApp(), 'Shop', props);

/** Synthesizes an app, and reads what those plugins of it say in the report that have found something. */
export function reportsOf(app: App): readonly PluginReport[] {
  const { directory } = app.synth();
  const report = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8')) as Report;
  return report.pluginReports.filter(({ pluginName, metadata }) => {
    if (metadata?.error !== undefined) throw new Error(metadata.error);
    return pluginName === 'Fibrin';
  });
}

/** Synthesizes an app with the plugin. */
export function reportOf(app: App, props?: ResilienceChecksProps): PluginReport | undefined {
  Validations.of(app).addPlugins(new ResilienceChecks(props));
  return reportsOf(app)[0];
}

const lineOf = ({ ruleName, violatingConstructs, description }: Violation): string =>
  `${ruleName} at ${violatingConstructs.map(({ constructPath }) => constructPath).join()}: ${description}`;

/** What the plugin finds in an app: a line for each finding. */
export const findingsOf = (of: App | Stack, props?: ResilienceChecksProps): readonly string[] =>
  (reportOf(of.node.root as App, props)?.violations ?? []).map(lineOf);

/** How to fix what the plugin finds. */
export const fixesOf = (of: App | Stack, props?: ResilienceChecksProps): readonly (string | undefined)[] =>
  (reportOf(of.node.root as App, props)?.violations ?? []).map(({ suggestedFix }) => suggestedFix);
