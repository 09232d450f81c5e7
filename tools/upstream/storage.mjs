// The secondary storage of a scenario: a map whose values end with the clock.

const operations = ["get", "set", "delete"];

// parsed shows JSON as what is in it, whose order of members means nothing.
function parsed(text) {
  try {
    return /^[[{]/.test(text) ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

export class Storage {
  #values = new Map();
  #broken = new Set();
  #before = new Map();

  // option is what upstream takes; lifetimes are in seconds.
  option = {
    get: async (key) => {
      this.#check("get");
      this.#expire();
      return this.#values.get(key)?.text ?? null;
    },
    set: async (key, text, ttl) => {
      this.#check("set");
      this.#values.set(key, { text, ttl: ttl ?? null, ends: ttl ? Date.now() + ttl * 1000 : Infinity });
    },
    delete: async (key) => {
      this.#check("delete");
      this.#values.delete(key);
    },
  };

  #check(operation) {
    if (this.#broken.has(operation) || this.#broken.has("all")) throw new Error("fault");
  }

  #expire() {
    for (const [key, { ends }] of this.#values) {
      if (ends <= Date.now()) this.#values.delete(key);
    }
  }

  // mark is where changes begins to look.
  mark() {
    this.#expire();
    this.#before = new Map(this.#values);
  }

  // changes lists by key what was written since mark, with its lifetime in
  // seconds, and null for what was taken away.
  changes() {
    this.#expire();
    const out = {};
    for (const [key, { text, ttl, ends }] of this.#values) {
      const before = this.#before.get(key);
      if (before?.text !== text || before.ends !== ends) out[key] = { value: parsed(text), ttl };
    }
    for (const key of this.#before.keys()) {
      if (!this.#values.has(key)) out[key] = null;
    }
    return out;
  }

  // nameValues names what upstream makes up for sessions and verifications.
  nameValues(names) {
    for (const { text } of this.#values.values()) {
      const value = parsed(text);
      names.give("session.id", value?.session?.id);
      names.give("session.token", value?.session?.token);
      names.identifier(value?.identifier);
    }
  }

  empty() {
    this.#values.clear();
  }

  // fault makes an operation fail from now on; "all" is any.
  fault(operation) {
    if (operation !== "all" && !operations.includes(operation)) throw new Error(`fault: ${operation} is not ${operations.join(", ")} or all`);
    this.#broken.add(operation);
  }
}
