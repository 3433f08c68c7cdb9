import { type FibrinError, isFibrinError, type Store } from 'fibrin';
import { log, reasonOf } from './log.ts';

type Operation<A extends readonly unknown[], R> = (...args: A) => Promise<R>;

function whenItFails<A extends readonly unknown[], R>(
  run: Operation<A, R>,
  message: string,
  isLogged: (error: unknown) => boolean = () => true,
): Operation<A, R> {
  return async (...args) => {
    try {
      return await run(...args);
    } catch (error) {
      if (isLogged(error)) log('error', message, reasonOf(error));
      throw error;
    }
  };
}

const isAnswered = (error: unknown): error is FibrinError =>
  isFibrinError(error) && (error.status ?? 0) >= 500;

/** A run whose failures `idempotentHttp` answers with 500 or more, without a log. */
export const loggedRun = <A extends readonly unknown[], R>(run: Operation<A, R>): Operation<A, R> =>
  whenItFails(run, 'A request failed', isAnswered);

/** The store of the claims, whose failures are answered in the same way. What it does within a run is the run's to log. */
export const loggedStore = <S extends Store>(store: S): S => ({
  ...store,
  get: whenItFails(store.get, 'A claim was not read'),
  put: whenItFails(store.put, 'A claim was not written'),
});
