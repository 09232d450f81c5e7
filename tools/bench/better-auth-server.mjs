// Better Auth itself, to be measured:
//
//	node better-auth-server.mjs <folder with better-auth in node_modules> <host:port> <specification.json>
//
// The specification is {options, database, pool, workers, redis}: options as the
// configuration of Gatehouse has them, plugins by the names of their factories;
// database is the URL of a PostgreSQL, pool how many connections to it there are in
// all, workers how many processes answer; redis, {url, prefix}, where sessions are.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, address, file] = process.argv.slice(2);
const { options, database, pool, workers, redis } = JSON.parse(readFileSync(file, "utf8"));

if (cluster.isPrimary && workers > 1) {
  for (let n = 0; n < workers; n++) cluster.fork();
  cluster.on("exit", (worker, code) => process.exit(code || 1));
  process.once("SIGTERM", () => process.exit(0));
} else {
  await serve();
}

async function serve() {
  const require = createRequire(join(resolve(folder), "package.json"));
  const load = (name) => import(pathToFileURL(require.resolve(name)));
  const { betterAuth } = await load("better-auth");
  const { toNodeHandler } = await load("better-auth/node");
  const factories = await load("better-auth/plugins");
  const { default: pg } = await load("pg");
  const auth = betterAuth({
    ...options,
    plugins: Object.entries(options.plugins ?? {}).map(([name, given]) => factories[name](given)),
    database: new pg.Pool({ connectionString: database, max: Math.floor(pool / workers) }),
    ...(redis && { secondaryStorage: await storage(load) }),
    telemetry: { enabled: false },
  });
  const [host, port] = address.split(":");
  http.createServer(toNodeHandler(auth)).listen(Number(port), host);
}

async function storage(load) {
  const { Redis } = await load("ioredis");
  const { redisStorage } = await load("@better-auth/redis-storage");
  return redisStorage({ client: new Redis(redis.url), keyPrefix: redis.prefix });
}
