import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from 'aws-cdk-lib';
import { resourcesOf } from './cross-stack.ts';
import { RUNTIME_ENDS, RUNTIMES_READ_ON } from './ended-runtime.ts';
import type { CheckRule, Finding } from './rule.ts';
import { checkRules } from './rules.ts';
import { readTemplates, type SynthesizedTemplate } from './templates.ts';

export interface ResilienceChecksProps {
  /** Rules of your own, besides those of fibrin. @default - none */
  readonly extraRules?: CheckRule[];
  /** Days on which the support of runtimes ends, as `YYYY-MM-DD`, which win over those of fibrin. @default - none */
  readonly runtimeEnds?: { readonly [runtime: string]: string };
  /**
   * The day by which a runtime must not have ended, as `YYYY-MM-DD`. With that of the synthesis it finds what has ended since fibrin's
   * table was made.
   * @default '2026-11-30' - when the table was made, so that the same app gives the same findings on each day
   */
  readonly today?: string;
}

function violationOf(
  { id }: CheckRule,
  { resource, message, fix }: Finding,
  templates: readonly SynthesizedTemplate[],
): PolicyViolation {
  const template = templates.find(({ stack }) => stack === resource.stack);
  return {
    ruleName: id,
    description: message,
    fix,
    // Without one, an acknowledgement of one finding would let all others pass.
    severity: 'error',
    violatingResources: [
      {
        constructPath: resource.path,
        ...(resource.logicalId && { resourceLogicalId: resource.logicalId }),
        ...(template && { templatePath: template.file }),
        locations: [],
      },
    ],
  };
}

/**
 * Refuses what the templates of an app show to be broken: failures that vanish, timeouts that cut each other off, open routes.
 * It looks at every stack of the app or stage it is added to, made of these constructs or of others. What cannot be known from the
 * templates is not a finding.
 *
 * A finding is accepted where it is meant by `Validations.of(construct).acknowledge({ id: 'Fibrin::…', reason })`.
 * @example
 * ```ts
 * import { App, Validations } from 'aws-cdk-lib';
 * import { ResilienceChecks } from 'fibrin/cdk';
 *
 * const app = new App();
 * Validations.of(app).addPlugins(new ResilienceChecks());
 * ```
 */
export class ResilienceChecks implements IPolicyValidationPlugin {
  /** The prefix of its rules in acknowledgements. */
  readonly name = 'Fibrin';
  readonly ruleIds: string[];
  readonly #rules: readonly CheckRule[];

  constructor(props: ResilienceChecksProps = {}) {
    for (const day of [props.today ?? RUNTIMES_READ_ON, ...Object.values(props.runtimeEnds ?? {})])
      if (!/^\d{4}-\d{2}-\d{2}$/.test(day))
        throw new Error(`ResilienceChecks: expected a day as YYYY-MM-DD, got ${JSON.stringify(day)}`);
    const { extraRules = [], runtimeEnds, today = RUNTIMES_READ_ON } = props;
    this.#rules = [...checkRules({ ...RUNTIME_ENDS, ...runtimeEnds }, today), ...extraRules];
    this.ruleIds = this.#rules.map(({ id }) => id);
  }

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const templates = readTemplates(context);
    const resources = resourcesOf(templates);
    const violations = this.#rules.flatMap((rule) =>
      rule.check(resources).map((finding) => violationOf(rule, finding, templates)),
    );
    return {
      success: violations.length === 0,
      violations,
      metadata: { resources: String(resources.length), rules: String(this.#rules.length) },
    };
  }
}
