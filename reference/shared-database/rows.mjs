// The form of a row: its columns in the database's own text, with everything
// that differs from row to row replaced by what it looks like.
const shapes = [
  ["id of 32 characters", /^[A-Za-z0-9]{32}$/],
  ["UUID of version 4", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ["password hash", /^[0-9a-f]{32}:[0-9a-f]{128}$/],
  ["milliseconds since 1970", /^1[6-9]\d{11}$/],
];
// As the databases write dates; never finer than milliseconds. PostgreSQL leaves
// zeros at the end out.
const date = /^(\d{4}-\d\d-\d\d)([ T])(\d\d:\d\d:\d\d)(\.\d{1,3})?(Z|[+-]\d\d(?::\d\d)?)?$/;

// formOf returns the row with values replaced. Ids are "serial" where the numbers
// of the database are meant.
export function formOf(row, { ids, person, device }) {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, form(column, value)]));

  function form(column, value) {
    if (value === null) return "null";
    if (ids === "serial" && /^(id|userId|accountId|value)$/.test(column) && /^\d+$/.test(value)) return "a number";
    for (const [name, shape] of shapes) if (shape.test(value)) return name;
    const time = value.match(date);
    // A date that a client gave stays as it is.
    if (time && column !== "born") return `date, as ${time[1].replace(/\d/g, "0")}${time[2]}00:00:00${time[5] ?? ""}`;
    for (const [what, text] of [["the address", person?.email], ["the client's address", device?.address]]) {
      if (text) value = value.replaceAll(text, `<${what}>`);
    }
    return value.replace(/[A-Za-z0-9]{24,}/g, "<token>").replace(/\b1[6-9]\d{11}\b/g, "<milliseconds>");
  }
}
