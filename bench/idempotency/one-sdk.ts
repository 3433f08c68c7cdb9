import { registerHooks } from 'node:module';

/**
 * From here on lib/ is given the AWS SDK that is installed here, which Powertools and the clients have: with two copies in one
 * process the commands of one pass through the code of the other, which costs what no function of anybody's pays.
 */
export function useOneSdk(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(
        specifier,
        specifier.startsWith('@aws-sdk/') ? { ...context, parentURL: import.meta.url } : context,
      ),
  });
}
