import type { Template } from 'aws-cdk-lib/assertions';

/** A template without what depends on where the sources lie: hashes of code that is bundled at synthesis. */
export const stable = (template: Template): unknown =>
  JSON.parse(
    JSON.stringify(template.toJSON())
      .replaceAll(/[0-9a-f]{64}\.zip/g, 'code.zip')
      .replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1'),
  );
