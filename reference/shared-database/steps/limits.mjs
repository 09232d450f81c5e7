// A limit that both servers count towards. The configuration limits GET /ok to
// three requests a minute, and nothing else.
import assert from "node:assert/strict";
import { Device } from "../people.mjs";

export default ({ first, second, kind }) => {
  const { address } = new Device();
  const ask = (server) => fetch(`${server.origin}/api/auth/ok`, { headers: { "x-forwarded-for": address } });
  const passes = async (server) => assert.equal((await ask(server)).status, 200);
  const blocks = async (server) => {
    const answer = await ask(server);
    assert.equal(answer.status, 429, "the limit is not reached");
    const wait = Number(answer.headers.get("x-retry-after"));
    // On PostgreSQL 1.6.9 gets the time of the last request as a text, to which it
    // appends the window.
    const absurd = server.name === "Better Auth" && kind === "PostgreSQL";
    assert.ok(wait > 0 && (wait <= 60 || absurd), `x-retry-after is ${wait}`);
  };

  return [
    [first, "a first request is counted", () => passes(first)],
    [second, "a second request is counted", () => passes(second)],
    [first, "a third request is counted", () => passes(first)],
    [first, "a fourth request is too many", () => blocks(first)],
    [second, "a fifth request is too many on the other server", () => blocks(second)],
  ];
};
