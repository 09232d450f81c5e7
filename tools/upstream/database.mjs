// The scenario's database: what is in it, and what a step does to it.

const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

function nameRow(names, model, id, at) {
  names.give(`${model}.id`, id);
  if (model === "session") names.give("session.token", at("token"));
  if (model === "account") names.give("hash", at("password"));
  if (model === "verification") names.identifier(at("identifier"));
}

// Stateless stands for the database of a server without one. Upstream keeps its
// rows in memory then, where a scenario does not look.
export class Stateless {
  #adapter;
  #tables;

  constructor(adapter, tables) {
    this.#adapter = adapter;
    this.#tables = tables;
  }

  rows = () => ({});
  pairs = () => [];

  async nameValues(names) {
    for (const model of Object.keys(this.#tables)) {
      for (const row of await this.#adapter.findMany({ model })) nameRow(names, model, row.id, (field) => row[field]);
    }
  }

  #refuse = () => {
    throw new Error("the profile has database: none, so there are no rows");
  };
  schema = this.#refuse;
  set = this.#refuse;
  empty = this.#refuse;
  fault = this.#refuse;
  close() {}
}

export class Database {
  #db;
  #tables;
  #broken = new Map();

  // tables are upstream's declared tables by model.
  constructor(db, tables) {
    this.#db = db;
    this.#tables = tables;
  }

  #table(model) {
    const table = this.#tables[model];
    if (!table) throw new Error(`there is no model ${model}, only ${Object.keys(this.#tables).join(", ")}`);
    return table;
  }

  #column(table, field) {
    return field === "id" ? "id" : (table.fields[field]?.fieldName ?? field);
  }

  // rows returns each model's rows as SQL holds them, in the order of insertion.
  // A model without rows is left out.
  rows() {
    const out = {};
    for (const [model, table] of Object.entries(this.#tables)) {
      const name = this.#broken.get(model) ?? table.modelName;
      const rows = this.#db.prepare(`SELECT * FROM ${quoted(name)} ORDER BY rowid`).all();
      if (rows.length) out[model] = rows;
    }
    return out;
  }

  // schema returns the names of tables and columns by model.
  schema() {
    const out = {};
    for (const [model, { modelName }] of Object.entries(this.#tables)) {
      out[model] = { table: modelName, columns: this.#db.pragma(`table_info(${quoted(modelName)})`).map((c) => c.name) };
    }
    return out;
  }

  // nameValues names what upstream makes up for its rows.
  nameValues(names) {
    const rows = this.rows();
    for (const [model, table] of Object.entries(this.#tables)) {
      for (const row of rows[model] ?? []) nameRow(names, model, row.id, (field) => row[this.#column(table, field)]);
    }
  }

  // pairs lists the key pairs of the jwt plugin by field.
  pairs() {
    const table = this.#tables.jwks;
    const at = (row, field) => row[this.#column(table, field)];
    return (this.rows().jwks ?? []).map((row) => ({ id: row.id, publicKey: at(row, "publicKey"), privateKey: at(row, "privateKey") }));
  }

  // set changes fields of every row of a model.
  set(change) {
    for (const [model, fields] of Object.entries(change)) {
      const table = this.#table(model);
      for (const [field, value] of Object.entries(fields)) {
        const sql = `UPDATE ${quoted(table.modelName)} SET ${quoted(this.#column(table, field))} = ?`;
        this.#db.prepare(sql).run(typeof value === "boolean" ? Number(value) : value);
      }
    }
  }

  // empty deletes every row of a model.
  empty(model) {
    this.#db.prepare(`DELETE FROM ${quoted(this.#table(model).modelName)}`).run();
  }

  // fault makes an operation on a model fail from now on; "all" is any.
  fault(faults) {
    for (const [model, operation] of Object.entries(faults)) {
      const { modelName } = this.#table(model);
      if (operation === "all") {
        this.#broken.set(model, `${modelName} is broken`);
        this.#db.exec(`ALTER TABLE ${quoted(modelName)} RENAME TO ${quoted(this.#broken.get(model))}`);
      } else if (["insert", "update", "delete"].includes(operation)) {
        const name = quoted(`fault ${model} ${operation}`);
        this.#db.exec(`CREATE TRIGGER ${name} BEFORE ${operation} ON ${quoted(modelName)} BEGIN SELECT RAISE(ABORT, 'fault'); END`);
      } else {
        throw new Error(`fault: ${operation} is not insert, update, delete or all`);
      }
    }
  }

  close() {
    this.#db.close();
  }
}
