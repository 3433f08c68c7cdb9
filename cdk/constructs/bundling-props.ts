/** How a handler is bundled. */
export interface BundlingProps {
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
  /** @default true */
  readonly minify?: boolean;
  /** Whether stack traces name the lines of the sources. @default true */
  readonly sourceMap?: boolean;
}
