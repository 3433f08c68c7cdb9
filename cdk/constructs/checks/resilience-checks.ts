import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from 'aws-cdk-lib';
import { resourcesOf } from './cross-stack.ts';
import type { CheckRule, Finding } from './rule.ts';
import { CHECK_RULES } from './rules.ts';
import { readTemplates, type SynthesizedTemplate } from './templates.ts';

export interface ResilienceChecksProps {
  /** Rules of your own, besides those of fibrin. @default - none */
  readonly extraRules?: CheckRule[];
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
    this.#rules = [...CHECK_RULES, ...(props.extraRules ?? [])];
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
