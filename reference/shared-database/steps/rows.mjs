// Rows of both servers, column by column, and values in Redis: the same form,
// whoever wrote them.
import assert from "node:assert/strict";
import { succeeded } from "../../client/answers.mjs";
import { Device, mail, newPerson } from "../people.mjs";
import { formOf } from "../rows.mjs";

export default ({ first, second, query, redis, ids, tables }) => {
  const people = new Map([[first, newPerson()], [second, newPerson()]]);
  const laptops = new Map([[first, new Device()], [second, new Device()]]);
  const bare = new Map([[first, newPerson()], [second, newPerson()]]);
  const rowsOf = async (table, { email }, order) => {
    const [user] = await query(`SELECT * FROM "user" WHERE email = ?`, [email]);
    switch (table) {
      case "user":
        return [user];
      case "verification":
        return query(`SELECT * FROM verification WHERE value = ? ORDER BY ${order}`, [user.id]);
      default:
        return query(`SELECT * FROM ${table} WHERE "userId" = ${ids === "serial" ? Number(user.id) : `'${user.id}'`} ORDER BY ${order}`);
    }
  };
  const same = async (table, group, count, order = `"createdAt"`) => {
    const forms = [];
    for (const server of [first, second]) {
      const rows = await rowsOf(table, group.get(server), order);
      assert.equal(rows.length, count, `rows that ${server.name} wrote`);
      forms.push(rows.map((row) => formOf(row, { ids, person: group.get(server), device: laptops.get(server) })));
    }
    assert.deepEqual(forms[1], forms[0]);
  };
  const act = async (server) => {
    const device = laptops.get(server);
    const { name, email, password, fields } = people.get(server);
    const { auth } = device.at(server);
    succeeded(await auth.signUp.email({ name, email, password, ...fields, image: "https://example.com/ann.png" }));
    succeeded(await auth.signIn.email({ email, password, rememberMe: false }));
    succeeded(await auth.updateSession({ theme: "dark" }));
    succeeded(await auth.updateUser({ nickname: null }));
    await mail(server, "reset-password", people.get(server), async () => {
      succeeded(await auth.requestPasswordReset({ email, redirectTo: "/reset" }));
    });
    await mail(server, "delete-account", people.get(server), async () => void succeeded(await auth.deleteUser()));
    const other = bare.get(server);
    succeeded(await new Device().at(server).auth.signUp.email({ name: other.name, email: other.email, password: other.password }));
  };

  // What Redis has of a session and its user, and of the list of sessions.
  const inRedis = async (server) => {
    const { session, user } = await laptops.get(server).session(server);
    const formed = (record) => {
      const texts = Object.entries(record).map(([name, v]) => [name, v === null || typeof v === "string" ? v : `${typeof v} ${v}`]);
      return formOf(Object.fromEntries(texts), { ids, person: people.get(server), device: laptops.get(server) });
    };
    const stored = JSON.parse(await redis.get(session.token));
    const list = JSON.parse(await redis.get(`active-sessions-${user.id}`));
    assert.ok(list.some(({ token }) => token === session.token), `${server.name} does not list the session`);
    return { members: Object.keys(stored).sort(), session: formed(stored.session), user: formed(stored.user), list: list.map(formed) };
  };
  const counters = new Map();
  const counted = async (server) => {
    const { address } = new Device();
    assert.equal((await fetch(`${server.origin}/api/auth/ok`, { headers: { "x-forwarded-for": address } })).status, 200);
    const rows = await query(`SELECT * FROM "rateLimit" WHERE "key" = ?`, [`${address}|/ok`]);
    assert.equal(rows.length, 1, `counters of ${server.name}`);
    counters.set(server, formOf(rows[0], { ids, device: { address } }));
    return counters.get(server);
  };

  return [
    [first, "rows are written", () => act(first)],
    [second, "rows are written by the other one", () => act(second)],
    [second, "users are alike", () => same("user", people, 1)],
    [second, "users without fields of the application are alike", () => same("user", bare, 1)],
    [second, "accounts are alike", () => same("account", people, 1)],
    ...(tables.includes("session") ? [[second, "sessions are alike", () => same("session", people, 2)]] : []),
    ...(tables.includes("verification") ? [[second, "verifications are alike", () => same("verification", people, 2)]] : []),
    ...(redis ? [[second, "sessions in Redis are alike", async () => assert.deepEqual(await inRedis(second), await inRedis(first))]] : []),
    ...(tables.includes("rateLimit")
      ? [
          [first, "a counter is written", () => counted(first)],
          [second, "a counter of the other one is alike", async () => assert.deepEqual(await counted(second), counters.get(first))],
        ]
      : []),
  ];
};
