// What the client makes of an answer: {data, error}, one of them null.
import assert from "node:assert/strict";
import { STATUS_CODES } from "node:http";

// succeeded returns the data.
export function succeeded({ data, error }) {
  assert.equal(error, null, `the client reports ${JSON.stringify(error)}`);
  return data;
}

// failed wants an error with nothing else in it. Some of upstream's have no
// code, and some no message either.
export function failed({ data, error }, status, code, message) {
  assert.equal(data, null, "there are data beside the error");
  const want = { status, statusText: STATUS_CODES[status], code, message };
  for (const name of ["code", "message"]) if (want[name] === undefined) delete want[name];
  assert.deepEqual({ ...error }, want);
}

// isUser wants a user as the server shows one; what the third argument leaves
// out is that of somebody who has just signed up.
export function isUser(user, { name, email }, { emailVerified = false, image = null } = {}) {
  assert.equal(typeof user.id, "string");
  assert.ok(user.createdAt instanceof Date && user.updatedAt instanceof Date, "dates are ISO strings");
  assert.deepEqual(
    { name: user.name, email: user.email, emailVerified: user.emailVerified, image: user.image ?? null },
    { name, email: email.toLowerCase(), emailVerified, image },
  );
}

// becomes waits until an atom's value satisfies a condition, and returns it.
export function becomes(atom, what, holds) {
  return new Promise((resolve, reject) => {
    let last, stop;
    const deadline = setTimeout(() => {
      stop();
      reject(new Error(`useSession is not ${what}: ${JSON.stringify(last)}`));
    }, 20_000);
    stop = atom.subscribe((value) => {
      last = value;
      if (!holds(value)) return;
      clearTimeout(deadline);
      // subscribe calls back before it returns.
      queueMicrotask(() => stop());
      resolve(value);
    });
  });
}

// settles is becomes for an atom that is not waiting for an answer.
export const settles = (atom, what, holds) => becomes(atom, what, (s) => !s.isPending && !s.isRefetching && holds(s));
