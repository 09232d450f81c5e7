// Runs scenarios in workers. Scenarios that leave nothing behind share one;
// others, which count requests in module state or need another environment, get
// a fresh one each.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

const file = new URL("./play.mjs", import.meta.url);

function environment(scenario) {
  return { NODE_ENV: scenario.profile.production ? "production" : "development", BETTER_AUTH_TELEMETRY: "0", ...scenario.environment };
}

// Plugins of 1.6.9 keep the names that an option gives to their tables, for good.
const renames = (s) => Object.values(s.profile.plugins ?? {}).some((options) => options?.schema);
const alone = (s) => s.profile.rateLimit?.enabled || s.profile.production || Object.keys(s.environment).length > 0 || renames(s);

class One {
  #worker;
  #waiting;
  #said = "";

  constructor(upstream, env) {
    this.#worker = new Worker(file, { workerData: { upstream }, env, stdout: true, stderr: true });
    const listen = (stream) => stream.on("data", (text) => (this.#said = (this.#said + text).slice(-4000)));
    listen(this.#worker.stdout);
    listen(this.#worker.stderr);
    this.#worker.on("message", (message) => message.ready || this.#waiting?.resolve(message));
    this.#worker.on("error", (error) => this.#waiting?.resolve({ error: `${error.stack ?? error}\n${this.#said}` }));
  }

  async play(scenario) {
    const limit = AbortSignal.timeout(60_000);
    const answer = await new Promise((resolve) => {
      this.#waiting = { resolve };
      limit.addEventListener("abort", () => resolve({ error: `took longer than a minute\n${this.#said}` }));
      this.#worker.postMessage({ scenario });
    });
    if (answer.error) throw new Error(answer.error);
    return answer.recording;
  }

  close() {
    return this.#worker.terminate();
  }
}

// playAll plays the scenarios and tells of each with done(index, recording or
// undefined, error).
export async function playAll(upstream, scenarios, done) {
  const queue = scenarios.map((scenario, index) => ({ scenario, index }));
  const lane = async () => {
    let shared;
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { scenario, index } = next;
      const one = alone(scenario) ? new One(upstream, environment(scenario)) : (shared ??= new One(upstream, environment(scenario)));
      try {
        done(index, await one.play(scenario));
        if (one !== shared) await one.close();
      } catch (error) {
        // Whatever happened to the worker, the next scenario gets another one.
        if (one === shared) shared = undefined;
        await one.close();
        done(index, undefined, error);
      }
    }
    await shared?.close();
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), scenarios.length) }, lane));
}
