/** A resource of a synthesized template. */
export interface TemplateResource {
  /** Of the construct, e.g. `Shop/Charge/Function/Resource`. */
  readonly path: string;
  readonly logicalId: string;
  /** Construct path of the stack. Logical ids are unique within it. */
  readonly stack: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}
/** What a rule found: the numbers, and the fix. One sentence each. */
export interface Finding {
  readonly resource: TemplateResource;
  readonly message: string;
  readonly fix: string;
}
export interface CheckRule {
  /** What an acknowledgement names, e.g. `WarmCapacityZero`. */
  readonly id: string;
  readonly description: string;
  readonly check: (resources: readonly TemplateResource[]) => readonly Finding[];
}
