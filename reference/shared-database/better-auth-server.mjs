// Better Auth itself, on a database that it shares:
//
//	node better-auth-server.mjs <specification.json>
//
// The specification is {options, database, redis}: options as both servers take
// them, without functions; database and redis as databases.mjs names them.
// Prints the base URL when it answers. Beside the API there are GET /dev/outbox,
// as of Gatehouse, GET /dev/missing with what the schema lacks for Better Auth,
// {tables, columns}, and POST /dev/migrate, which adds it.
import { readFileSync } from "node:fs";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { connectSenders } from "../../tools/upstream/functions.mjs";
import { plugins } from "../../tools/upstream/plugins.mjs";
import { open } from "../../tools/upstream/upstream.mjs";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { connectBetterAuth, redisOfBetterAuth } from "./databases.mjs";

const { options: given, database, redis } = JSON.parse(readFileSync(process.argv[2], "utf8"));

const server = http.createServer();
await new Promise((listening) => server.listen(0, "localhost", listening));
const baseURL = `http://localhost:${server.address().port}`;

const outbox = [];
connectSenders(given, outbox);
if (given.plugins) given.plugins = await plugins(open(fileURLToPath(new URL(".", import.meta.url))), given.plugins);
const connection = await connectBetterAuth(database);
const storage = redis && (await redisOfBetterAuth(redis));
const auth = betterAuth({
  ...given,
  baseURL,
  database: connection.database,
  ...(storage && { secondaryStorage: storage.storage }),
  telemetry: { enabled: false },
});
const migrations = () => getMigrations(auth.options);

const answer = toNodeHandler(auth);
server.on("request", (request, response) => {
  handle(request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end(String(error));
  });
});
async function handle(request, response) {
  const json = (value) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  switch (`${request.method} ${request.url}`) {
    case "GET /dev/outbox":
      return json(outbox);
    case "GET /dev/missing": {
      const { toBeCreated, toBeAdded } = await migrations();
      return json({
        tables: toBeCreated.map(({ table }) => table),
        columns: toBeAdded.flatMap(({ table, fields }) => Object.keys(fields).map((field) => `${table}.${field}`)),
      });
    }
    case "POST /dev/migrate":
      await (await migrations()).runMigrations();
      return json({});
  }
  return answer(request, response);
}
process.once("SIGTERM", async () => {
  server.close();
  server.closeAllConnections();
  await connection.close();
  await storage?.close();
});
console.log(`${baseURL}/api/auth`);
