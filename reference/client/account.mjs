// Accounts of other providers, which no route of a server under test makes.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

// linker returns the function that gives a user an account {userId, providerId,
// accountId, scope}. Where is the URL of upstream-server.mjs for that, or a
// program with its first arguments, such as ["accounts", "gatehouse.db"].
export function linker(where) {
  if (where.length === 0) return undefined;
  if (/^https?:/.test(where[0])) {
    return async (account) => {
      const response = await fetch(where[0], { method: "POST", body: JSON.stringify(account) });
      if (!response.ok) throw new Error(`${where[0]} answers ${response.status}`);
    };
  }
  const [program, ...args] = where;
  return async ({ userId, providerId, accountId, scope }) => {
    await promisify(execFile)(program, [...args, userId, providerId, accountId, scope]);
  };
}
