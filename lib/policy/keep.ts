import type { Call } from './call.ts';

/**
 * Makes the call with `policies` around it. A value that the call has brought is kept: when the policies fail after it,
 * because the time ended while they told others of it, the caller gets the value and not that error.
 */
export function keepValue<T>(call: Call<T>, policies: (call: Call<T>) => Call<T>): Call<T> {
  return async (context) => {
    let brought = undefined as { readonly value: T } | undefined;
    const noted: Call<T> = async (attempt) => {
      const value = await call(attempt);
      brought = { value };
      return value;
    };
    try {
      return await policies(noted)(context);
    } catch (error) {
      if (brought) return brought.value;
      throw error;
    }
  };
}
