/** How a handler is bundled. */
export interface BundlingProps {
  /**
   * Which credential providers of the AWS SDK are in the bundle. `lambda`: those of the environment and of containers, which are all
   * that a function uses that does not ask for others. The providers of profiles, SSO, logins, processes and web identities are a
   * fifth of a client's bundle or more; one that is left out says so when it is used.
   * @default all
   */
  readonly credentialProviders?: 'all' | 'lambda';
  /** Conditions by which the `exports` of packages are resolved, besides those of esbuild. @default - none */
  readonly conditions?: string[];
  /** Replaced in the code: an expression by another. @default - nothing */
  readonly define?: { readonly [expression: string]: string };
  /**
   * Packages that are not part of the bundle, such as `@aws-sdk/*`, which the runtime has. A bundle with its own SDK starts
   * faster, and does not change with the runtime.
   * @default - none
   */
  readonly external?: string[];
  /**
   * Whether Node's own modules are got by `process.getBuiltinModule` and not by `import`, which loads more of them: a client of the
   * AWS SDK takes a sixth less CPU to load. `false` for tools that hook into `import`, as those of OpenTelemetry do.
   * @default true
   */
  readonly lazyBuiltins?: boolean;
  /**
   * Fields of `package.json` by which packages without `exports` are resolved, the first one that is there. ES modules are bundled
   * without what is not used.
   * @default module, main
   */
  readonly mainFields?: string[];
  /** @default true */
  readonly minify?: boolean;
  /** Whether stack traces name the lines of the sources. @default true */
  readonly sourceMap?: boolean;
}
